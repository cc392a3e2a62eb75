"""What all services have in common: idempotency keys, tombstones and undo, without any HTTP.

The key check and the effect are one atomic step: `Service.begin` never awaits. What a caller is
told is decided a second time when the reply leaves (`Service.finish`), so a create that was undone
while its reply was still being prepared answers ``key_cancelled`` and never its old success.

Limitations: an expired key is forgotten for creates only; an undo by it still finds what it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from sagacheck.services.keys import Keys, key_cancelled
from sagacheck.services.operations import Operation
from sagacheck.services.request import RefusedError, Request
from sagacheck.world import Effect, EffectState, Idempotency, KeyRecord, KeyState, Reply, World


class Handling(msgspec.Struct):
    """A request between its effect and its reply.

    Attributes:
        reply: The reply as it stands now; `Service.finish` may change it.
        entries: The numbers of the ledger' entries that the request caused.
        record: The key record that waits for the reply to leave.
    """

    reply: Reply
    entries: tuple[int, ...] = ()
    record: KeyRecord | None = None


class Service:
    """A stateful fake of one service. Subclasses hold the state and the business rules.

    Args:
        world: Where it keeps what it holds.

    Attributes:
        keys: What it knows of idempotency keys.
        ids_begin_after: The number after which it counts its ids.
    """

    operations: ClassVar[tuple[Operation, ...]]

    def __init__(self, world: World) -> None:
        self.ledger = world.ledger
        self.clock = world.clock
        self.settings = world.settings
        self.keys = Keys(world.clock, world.settings)
        self.ids_begin_after = 0
        self._made_with: dict[tuple[str, str], list[Effect]] = {}
        self._numbers: dict[str, int] = {}

    # -- what a subclass says ---------------------------------------------------------------

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Check the rules, write the ledger, and return the effect and the body of the reply.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def undo(self, request: Request, effect: Effect) -> None:
        """Check that the live `effect` may be undone and write the ledger.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any] | None:
        """The body that answers a successful undo; `effect` is ``None`` for a key never seen."""
        return None

    def repeated_undo_by_id(self, request: Request, effect: Effect) -> None:
        """Told that an effect undone already is to be undone by its id; a success by default.

        Raises:
            RefusedError: The service tells repeated undos apart.
        """

    def settle(self, effects: Iterable[Effect]) -> None:
        """What the outside world does to these effects once all is quiet. Nothing, by default."""

    def hold(self, effect: Effect) -> None:
        """Hold an effect that this service has made, now or before it was let go."""
        self.ledger.effects[effect.id] = effect
        if effect.key is not None:
            self._made_with.setdefault((effect.operation, effect.key), []).append(effect)

    def let_go(self, effect: Effect) -> None:
        """Forget an effect; the ledger have handed it over."""
        if effect.key is not None:
            siblings = self._made_with[effect.operation, effect.key]
            siblings.remove(effect)
            if not siblings:
                del self._made_with[effect.operation, effect.key]

    def will_change(self, effect: Effect) -> bool:
        """Whether the outside world will do something to `effect`, sooner or later. Never, here."""
        return False

    def reads(self) -> Mapping[str, Any]:
        """The read-only collections: path below ``/``, and the rows they show."""
        return {}

    # -- the protocol -----------------------------------------------------------------------

    def begin(self, request: Request) -> Handling:
        """Check the key and make the effect, in one atomic step."""
        first_entry = len(self.ledger.entries)
        try:
            handling = self._handle(request)
        except RefusedError as refused:
            handling = Handling(refused.reply())
        handling.entries = tuple(
            entry.number
            for entry in self.ledger.entries[first_entry:]
            if entry.operation == request.operation.name
        )
        return handling

    def finish(self, handling: Handling) -> Reply:
        """The reply as it leaves: not the old success if the effect was undone in the meantime."""
        record = handling.record
        if record is None:
            return handling.reply
        if record.state is KeyState.CANCELLED:
            return key_cancelled().reply()
        record.state = KeyState.DONE
        return handling.reply

    def remember_error(self, handling: Handling, reply: Reply) -> None:
        """Keep an error as the reply of the request's key, where the profile stores errors.

        Only a request that was the first with its key can have its reply stored.
        """
        if self.settings.idempotency is Idempotency.STORES_ERRORS and handling.record is not None:
            self.keys.replace_reply(handling.record, reply)

    def end_effect(self, effect: Effect, by: str) -> None:
        """Mark `effect` as undone, and its key so that no late create can bring it back."""
        effect.state = EffectState.UNDONE
        effect.undone_by = by
        effect.undone_at = self.clock.now()
        if effect.key is not None:
            self.keys.cancel(effect.operation, effect.key, effect.order)

    def order_of(self, request: Request) -> str:
        """The order that an undo is about, as far as the service can tell.

        Raises:
            RefusedError: The undo names nothing, or an id that is not known.
        """
        effect = self._target(request)
        return effect.order if effect else ""

    def new_id(self, prefix: str) -> str:
        """A fresh id: the prefix and a running number, so that the same run gives the same ids."""
        number = self._numbers[prefix] = self._numbers.get(prefix, self.ids_begin_after) + 1
        return f"{prefix}_{number}"

    def effects(self, operation: str) -> Iterator[Effect]:
        """The effects that `operation` made, oldest first."""
        return (effect for effect in self.ledger.effects.values() if effect.operation == operation)

    # -- one request ------------------------------------------------------------------------

    def _handle(self, request: Request) -> Handling:
        if request.malformed:
            raise RefusedError(400, "invalid_request", request.malformed)
        known = self.keys.answer(request)
        return Handling(known) if known else self._answer_first(request)

    def _answer_first(self, request: Request) -> Handling:
        """Do what is asked. The refusals of a key known already never come here to be stored."""
        try:
            reply = self._create(request) if request.operation.is_create else self._undo(request)
        except RefusedError as refused:
            stored = self.settings.idempotency is Idempotency.STORES_ERRORS
            if not stored or refused.status == HTTPStatus.BAD_REQUEST:
                raise
            reply = refused.reply()
        return Handling(reply, record=self.keys.remember(request, reply))

    def _create(self, request: Request) -> Reply:
        effect, body = self.create(request)
        self.hold(effect)
        return Reply(request.operation.success, body)

    def _undo(self, request: Request) -> Reply:
        effect = self._target(request)
        if effect is not None and effect.state is not EffectState.UNDONE:
            self._end(request, effect)
        elif effect is not None and request.target_id is not None:
            self.repeated_undo_by_id(request, effect)
        elif request.target_key is not None and request.operation.undoes is not None:
            # Never seen: the create may still be on its way, so it must find the door closed.
            self.keys.cancel(request.operation.undoes, request.target_key, request.order)
        return Reply(request.operation.success, self.undo_reply(request, effect))

    def _end(self, request: Request, first: Effect) -> None:
        """Undo `first`; by key also what else the key has made, where keys are not honoured."""
        effects = [first]
        if request.target_id is None and first.key is not None:
            siblings = self._made_with[first.operation, first.key]
            effects += [e for e in siblings if e is not first and e.state is EffectState.LIVE]
        for effect in effects:
            self.undo(request, effect)
            self.end_effect(effect, request.operation.name)

    def _target(self, request: Request) -> Effect | None:
        """The effect that an undo is about: an id decides, then a key; ``None`` if never seen.

        Raises:
            RefusedError: The request names neither, or an id that is not known.
        """
        if request.operation.undoes is None:
            return None
        if request.target_id is None:
            if request.target_key is None:
                named = (request.operation.target_id_at, request.operation.target_key_at)
                wanted = " or ".join(filter(None, named))
                raise RefusedError(400, "invalid_request", f"{wanted} is missing")
            return self._effect_by_key(request.operation.undoes, request.target_key)
        effect = self.ledger.effects.get(request.target_id)
        if effect is None or effect.operation != request.operation.undoes:
            raise RefusedError(404, "not_found", f"{request.target_id} is not known")
        return effect

    def _effect_by_key(self, operation: str, key: str) -> Effect | None:
        found = self._made_with.get((operation, key), [])
        live = [effect for effect in found if effect.state is not EffectState.UNDONE]
        return next(iter(live or found), None)
