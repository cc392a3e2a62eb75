"""Families of histories: those that make one choice more than their parent.

They are the tasks of a search, in this process and in others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sagacheck.explore.choices import History
from sagacheck.explore.history_player import HistoryPlayer
from sagacheck.explore.tally import Tally


def play_family(
    player: HistoryPlayer, parent: History | None, most: int, *, until_found: bool = False
) -> Tally:
    """Play the histories that make one choice more than `parent`.

    Args:
        player: Plays them.
        parent: Their beginning; ``None`` for the history without a choice.
        most: How many choices a history makes at most. What a longer one could do is not asked.
        until_found: Whether the first violation is enough.
    """
    tally = Tally()
    if parent is None:
        tally.add((), player.play(()))
        return tally
    for choice in player.play(parent).offered:
        history = (*parent, choice)
        tally.add(history, player.play(history, offer=len(history) < most))
        if until_found and tally.violating:
            break
    return tally


def parents(player: HistoryPlayer, faults: int) -> Iterator[History | None]:
    """The histories below which those with `faults` choices stand; ``None`` stands for the root."""
    if faults == 0:
        yield None
        return
    yield from _histories(player, (), faults - 1)


def _histories(player: HistoryPlayer, above: History, more: int) -> Iterator[History]:
    """The histories that make `more` choices more than the one above."""
    if more == 0:
        yield above
        return
    for choice in player.play(above).offered:
        yield from _histories(player, (*above, choice), more - 1)


class Shard:
    """Every n-th family, counted over all levels, so that the shards together are the whole.

    Args:
        number: Which of them, from 1.
        of: How many there are.
    """

    def __init__(self, number: int, of: int) -> None:
        self._rest = number - 1
        self._of = of
        self._count = 0

    def select(self, families: Iterable[History | None]) -> Iterator[History | None]:
        """Those of the families that belong to it."""
        for family in families:
            is_mine = self._count % self._of == self._rest
            self._count += 1
            if is_mine:
                yield family
