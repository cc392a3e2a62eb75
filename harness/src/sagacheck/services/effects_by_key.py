"""Which effects of a service were made with which idempotency key."""

from __future__ import annotations

from collections.abc import Sequence

from sagacheck.world import Effect, EffectState


class EffectsByKey:
    """An index of effects. A key has several where the service ignores keys."""

    def __init__(self) -> None:
        self._effects: dict[tuple[str, str], list[Effect]] = {}

    def add(self, effect: Effect) -> None:
        """Find `effect` by its key from now on."""
        if effect.key is not None:
            self._effects.setdefault((effect.operation, effect.key), []).append(effect)

    def remove(self, effect: Effect) -> None:
        """Find `effect` no longer."""
        if effect.key is None:
            return
        same_key = self._effects[effect.operation, effect.key]
        same_key.remove(effect)
        if not same_key:
            del self._effects[effect.operation, effect.key]

    def find(self, operation: str, key: str) -> Effect | None:
        """What `operation` made with `key`: the first that is not undone, else the first."""
        found = self._effects.get((operation, key), [])
        standing = [effect for effect in found if effect.state is not EffectState.UNDONE]
        return next(iter(standing or found), None)

    def with_key_of(self, effect: Effect) -> Sequence[Effect]:
        """All effects with the key of `effect`, itself included; none where it has no key."""
        return self._effects[effect.operation, effect.key] if effect.key is not None else ()
