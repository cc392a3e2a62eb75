"""Processes, shards, budgets and Ctrl-C change how long a search takes, not what it finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sagacheck.explore import Exploration, Search, explore
from sagacheck.explore import search as searching
from sagacheck.explore.choice_space import ChoiceSpace
from sagacheck.explore.history_player import HistoryPlayer
from sagacheck.explore.search import Progress
from sagacheck.services import Service
from scenarios import SAGA
from tests.sagas.restaurant import RECONCILES
from tests.shop import plain_orders

NAIVE = str(Path(__file__).parents[1] / "sagas" / "naive.py") + ":SAGA"
BASE = plain_orders(1)
SMALL = Search(base=BASE, only=frozenset({"payments", "drop_response", "submit"}))


class NoServicesError(Exception):
    """The harness itself has failed."""


def no_services(*_: object) -> list[Service]:
    """A world that cannot be made."""
    raise NoServicesError("the warehouse burnt down")


def choices_of(exploration: Exploration) -> Counter[tuple[str, str, int]]:
    """In how many histories each choice was made."""
    return exploration.tally.choices


@pytest.fixture(scope="module")
def alone() -> Exploration:
    """The search in this process."""
    return explore(SMALL)


def test_every_level_is_played(alone: Exploration) -> None:
    """None, one, two faults."""
    assert alone.complete
    assert [histories for histories, _ in alone.levels][:2] == [1, 4]
    assert sum(histories for histories, _ in alone.levels) == alone.tally.histories


def test_two_processes_find_what_one_finds(
    alone: Exploration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same histories with the same choices."""
    monkeypatch.setattr(searching, "_MANY", 0)
    together = explore(replace(SMALL, jobs=2))
    assert together.complete
    assert choices_of(together) == choices_of(alone)
    assert together.tally.histories == alone.tally.histories


def test_the_shards_are_the_whole_and_share_nothing(alone: Exploration) -> None:
    """Three machines do together what one does."""
    shards = [explore(replace(SMALL, shard=(number, 3))) for number in (1, 2, 3)]
    assert sum(each.tally.histories for each in shards) == alone.tally.histories
    assert sum(map(choices_of, shards), Counter()) == choices_of(alone)
    assert all(each.tally.histories for each in shards)


def test_the_first_violation_ends_the_search_if_that_is_asked_for() -> None:
    """It is enough to know that there is one."""
    exploration = explore(
        Search(
            base=plain_orders(1),
            saga_reference=NAIVE,
            until_found=True,
            faults=1,
            only=frozenset({"payments"}),
        )
    )
    assert not exploration.complete
    assert exploration.tally.violating


def test_a_search_whose_time_is_over_keeps_what_it_found() -> None:
    """It says that it is not complete."""
    exploration = explore(replace(SMALL, budget=0.0))
    assert not exploration.complete
    assert exploration.tally.histories == 1


def test_ctrl_c_keeps_what_was_found() -> None:
    """So does one that was interrupted."""

    def interrupt(progress: Progress) -> None:
        if progress.faults == 1:
            raise KeyboardInterrupt

    exploration = explore(SMALL, interrupt)
    assert not exploration.complete
    assert exploration.tally.histories == 1 + 4


def test_progress_knows_what_is_left(alone: Exploration) -> None:
    """At the end of each level all of it is done."""
    seen: list[Progress] = []
    explore(SMALL, seen.append)
    last = {each.faults: each for each in seen}
    assert [(each.done, each.total) for each in last.values()] == [
        (histories, histories) for histories, _ in alone.levels
    ]


def test_a_play_that_breaks_the_harness_is_unknown_and_ends_nothing() -> None:
    """It is about one history, not about all."""
    saga = replace(SAGA, services=no_services)
    player = HistoryPlayer(saga, BASE, ChoiceSpace(operations={}, means=()))
    with player.ready():
        played = player.play(())
    assert played.unknown == ["run: NoServicesError: the warehouse burnt down"]


def test_faults_of_reads_are_searched() -> None:
    """A lost reply and a stale look are two faults; a saga that goes by its look is wrong."""
    search = Search(
        base=plain_orders(1, RECONCILES.dialect),
        saga_reference=str(Path(__file__).parents[1] / "sagas" / "restaurant.py") + ":RECONCILES",
        only=frozenset({"drop_response", "stale_read"}),
    )
    found = explore(search)

    assert ("tables.look", "stale_read 3600s", 1) in choices_of(found)
    assert "I13" in {invariant for (invariant, _), _ in found.tally.counterexamples}
