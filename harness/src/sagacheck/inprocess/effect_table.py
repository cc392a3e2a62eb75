"""The effects of a saga's activities together: their operations and their services."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sagacheck.inprocess.effect import ActivityEffect
from sagacheck.services import Operation, Service, activity_service
from sagacheck.world import World


@dataclass(frozen=True)
class EffectTable:
    """The effects that a saga declares, in the order of its steps.

    Attributes:
        effects: The declarations.
    """

    effects: tuple[ActivityEffect, ...]

    def __post_init__(self) -> None:
        """Check what the declarations say of each other.

        Raises:
            ValueError: They contradict each other, or name what there is not.
        """
        by_name: dict[str, ActivityEffect] = {}
        for each in self.effects:
            if each.operation in by_name:
                raise each.problem("two activities have it; give each a name of its own")
            by_name[each.operation] = each
        if len(self.by_activity) < len(self.effects):
            repeated = next(e for e in self.effects if self.by_activity[e.activity_name] is not e)
            raise repeated.problem(f"{repeated.activity_name} has another effect already")
        for each in self.effects:
            self._check_undo(each, by_name)

    @cached_property
    def by_activity(self) -> Mapping[str, ActivityEffect]:
        """The declarations by the names of their activities."""
        return {each.activity_name: each for each in self.effects}

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The rows of the table of operations, by their names."""
        return {e.operation: e.as_operation(self._undone_by.get(e.operation)) for e in self.effects}

    @cached_property
    def _undone_by(self) -> Mapping[str, str]:
        """For each undo the create that it undoes."""
        named = {each.undo: each.operation for each in self.effects if each.undo}
        return named | {each.operation: each.undoes for each in self.effects if each.undoes}

    def services(self, world: World) -> list[Service]:
        """The services that have these effects, made over `world`."""
        return [kind(world) for kind in self._kinds]

    @cached_property
    def _kinds(self) -> Sequence[type[Service]]:
        return [self._kind(name) for name in dict.fromkeys(e.service for e in self.effects)]

    def _kind(self, service: str) -> type[Service]:
        own = [each for each in self.effects if each.service == service]
        undone = set(self._undone_by.values())
        creates = [each.operation for each in own if each.operation not in self._undone_by]
        return activity_service(
            service,
            [self.operations[each.operation] for each in own],
            with_tombstones=[each.operation for each in own if each.tombstones],
            final=[name for name in creates if name not in undone],
        )

    def _check_undo(self, declared: ActivityEffect, by_name: Mapping[str, ActivityEffect]) -> None:
        for word, named in (("undo", declared.undo), ("undoes", declared.undoes)):
            if named is not None and named not in by_name:
                near = difflib.get_close_matches(named, by_name, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                why = f"{word}={named!r} is no declared effect: declare its activity with effect()"
                raise declared.problem(why + hint)
        create = by_name.get(self._undone_by.get(declared.operation, ""))
        if create is None:
            return
        for problem in _contradictions(declared, create):
            raise declared.problem(problem)


def _contradictions(undo: ActivityEffect, create: ActivityEffect) -> Iterator[str]:
    """What an undo and its create say that cannot both be."""
    if undo.service != create.service:
        yield f"it undoes {create.operation}: write it as {create.service}.…, one service has both"
    if create.undo not in (None, undo.operation):
        yield f"it undoes {create.operation}, whose undo= is {create.undo!r}"
    if undo.undo is not None:
        yield f"it undoes {create.operation}, and has an undo of its own"
    if undo.key is not None and create.key is None:
        yield f"it names by key= what it undoes, and {create.operation} has no key="
    if undo.lines is not None:
        yield f"it gives back the lines of {create.operation}, so it has no lines= of its own"
