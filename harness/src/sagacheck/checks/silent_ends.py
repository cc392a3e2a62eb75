"""Workflows that return nothing, where that may mean that their order completed, or did not."""

from __future__ import annotations

from collections.abc import Iterable

from sagacheck.checks.evidence import is_live
from sagacheck.services import OperationTable
from sagacheck.world import Effect


def holds_nothing(
    effects: Iterable[Effect], promised: Iterable[str], operations: OperationTable, *, free: bool
) -> bool:
    """Whether an order holds nothing, though completing it promises something.

    Args:
        effects: The order's effects.
        promised: The creates whose effects must be live when an order completes.
        operations: The services' operations.
        free: Whether the order costs nothing, so that no payment is promised.
    """
    due = {each for each in promised if not (free and operations[each].moves_money)}
    held = {effect.operation for effect in effects if is_live(effect)}
    return bool(due) and not any(each in due or operations.undo_of(each) for each in held)
