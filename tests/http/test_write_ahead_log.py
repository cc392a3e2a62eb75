from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import order_services
from sagacheck.http.served_world import ServedWorld
from sagacheck.http.write_ahead_log import WriteAheadLog, WriteAheadLogError
from sagacheck.network import WireReply, read_rule
from sagacheck.services import Service
from sagacheck.world import ManualClock, Settings, World
from tests.order_calls import ask

RESERVE, CHARGE, SHIP = "inventory.reserve", "payments.charge", "shipping.create"
REFUND = "payments.refund"
STOCKED = Settings(stock={"WIDGET": 5}, default_stock=9)


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return tmp_path / "fakes.ndjson"


@contextmanager
def serving(file: Path, settings: Settings = STOCKED, now: float = 0.0) -> Iterator[ServedWorld]:
    """The world of a file, at a moment of real time."""
    served = ServedWorld(order_services, settings, clock=ManualClock, journal=file, now=lambda: now)
    try:
        yield served
    finally:
        served.close()


def ask_for(served: ServedWorld, name: str, order: str = "o1") -> WireReply:
    """Send a call to the network that is served."""
    return asyncio.run(ask(served.network, name, order))


def held_by(world: World) -> tuple[object, ...]:
    """All that a world holds and knows."""
    ledger = world.ledger
    return ledger.entries, ledger.effects, ledger.balances(), world.journal.attempts


def test_a_world_began_when_its_clock_was_made() -> None:
    """However long it takes to make the services: real time less `began` is the world's time."""
    seconds = 100.0

    def slow_services(world: World) -> list[Service]:
        nonlocal seconds
        seconds += 5.0
        return order_services(world)

    served = ServedWorld(slow_services, STOCKED, clock=ManualClock, now=lambda: seconds)

    assert served.began == 100.0


def test_a_world_goes_on_where_it_was(file: Path) -> None:
    """Ledger, effects, balances and journal are equal, and so is what is made next."""
    with serving(file) as served:
        for name in (RESERVE, CHARGE, SHIP):
            ask_for(served, name)
        ask_for(served, CHARGE, "o2")
        ask_for(served, REFUND, "o2")
        before = held_by(served.world)

    with serving(file) as served:
        assert before == held_by(served.world)
        ask_for(served, RESERVE, "o3")
        numbers = [entry.number for entry in served.world.ledger.entries]
        calls = [attempt.call for attempt in served.world.journal if attempt.operation == CHARGE]

    assert numbers == list(range(len(numbers)))
    assert calls == [1, 1]


def test_ids_are_never_given_twice(file: Path) -> None:
    """An effect that is made after the restart has an id of its own."""
    made = set()
    for order in ("o1", "o2", "o3"):
        with serving(file) as served:
            ask_for(served, CHARGE, order)
            made |= set(served.world.ledger.effects)

    assert len(made) == 3


def test_what_fell_due_in_the_meantime_happens(file: Path) -> None:
    """Reservations expire while no process serves them, and only those whose time has come."""
    settings = Settings(default_stock=9, reservation_expires_after=100)
    with serving(file, settings) as served:
        ask_for(served, RESERVE)
    with serving(file, settings, now=99) as served:
        clock = served.world.clock
        assert isinstance(clock, ManualClock)
        assert clock.now() == 99
        assert served.world.ledger.balances()["reserved"] == {"WIDGET": 2}
        clock.advance_to(100)
        assert "reserved" not in served.world.ledger.balances()


def test_faults_are_followed_after_a_restart(file: Path) -> None:
    """Rules are part of the world; those that were cleared are not."""
    written = {"on": CHARGE, "fault": 503}
    with serving(file) as served:
        served.add_rule(written, read_rule(written, served.network.operations))
    with serving(file) as served:
        assert (ask_for(served, CHARGE)).status == 503
        served.clear_rules()
    with serving(file) as served:
        assert (ask_for(served, CHARGE)).status == 201


def test_finished_orders_stay_out_of_memory(file: Path) -> None:
    """They are found again when they are asked for."""
    with serving(file) as served:
        ask_for(served, CHARGE)
        ask_for(served, CHARGE, "o2")
        served.store.finish({"o1": []})
    with serving(file) as served:
        assert list(served.world.ledger.effects) == ["pay_2"]
        served.store.recall("pay_1")
        assert list(served.world.ledger.effects) == ["pay_2", "pay_1"]
    with serving(file) as served:
        assert {attempt.order for attempt in served.world.journal} == {"o1", "o2"}


def test_a_reset_begins_a_new_world_in_the_same_file(file: Path) -> None:
    """What was before the reset is not there after the restart."""
    with serving(file) as served:
        ask_for(served, CHARGE)
        served.reset(Settings(default_stock=3))
    with serving(file) as served:
        assert held_by(served.world) == ([], {}, {}, [])
        assert served.world.settings.default_stock == 3


def test_the_file_decides_the_settings(file: Path) -> None:
    """A process that begins again with other options has the world of the file."""
    with serving(file):
        pass
    with serving(file, Settings(default_stock=1000)) as served:
        assert served.world.settings == STOCKED


def test_a_line_that_was_cut_off_is_dropped(file: Path) -> None:
    """No caller has seen it. Wherever the kill has struck, the rest of the file is whole."""
    with serving(file) as served:
        ask_for(served, CHARGE)
        served.store.commit()
        whole = file.stat().st_size
        ask_for(served, CHARGE, "o2")
    content = file.read_bytes()
    for cut in (whole + 1, (whole + len(content)) // 2, len(content) - 1):
        file.write_bytes(content[:cut])

        with serving(file) as served:
            assert list(served.world.ledger.effects) == ["pay_1"]
            assert (ask_for(served, CHARGE, "o2")).status == 201


@dataclass(frozen=True)
class Damage:
    """What happens to the lines of a file, and what is said about it."""

    what: str
    spoil: Callable[[list[bytes]], object]
    place: int
    reason: str

    def __str__(self) -> str:
        return self.what


DAMAGES = (
    Damage(
        "no UTF-8",
        lambda lines: lines.insert(2, lines.pop(2).replace(b"customer", b"\xff", 1)),
        3,
        "'utf-8' codec can't decode byte 0xff",
    ),
    Damage(
        "nested too deep",
        lambda lines: lines.insert(2, b'{"at":0,"rules":[{"a":' + b"[" * 5000 + b"\n"),
        3,
        "this is not a step of a world",
    ),
    Damage(
        "a number of 5,000 digits",
        lambda lines: lines.insert(2, b'{"at":0,"number":' + b"9" * 5000 + b"}\n"),
        3,
        "this is not a step of a world",
    ),
    Damage(
        "a byte is wrong",
        lambda lines: lines.insert(2, lines.pop(2).replace(b"{", b"#", 1)),
        3,
        "this is not a step of a world: JSON is malformed",
    ),
    Damage(
        "a member is wrong",
        lambda lines: lines.insert(2, lines.pop(2).replace(b'"call":1', b'"call":"one"')),
        3,
        "Expected `int`, got `str` - at `$.attempts[0].call`",
    ),
    Damage("a line is lost", lambda lines: lines.pop(2), 3, "this is step 4, lines are missing"),
    Damage("the first line is lost", lambda lines: lines.pop(0), 1, "this is step 2"),
    Damage(
        "it never was a write-ahead log",
        lambda lines: lines.__setitem__(slice(None), [b"dear diary"]),
        1,
        "this is not a step of a world",
    ),
    Damage("a line is there twice", lambda lines: lines.insert(2, lines[1]), 3, "this is step 2"),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_file_is_refused(file: Path, damage: Damage) -> None:
    """The message has the file and line, what is wrong with it, and what can be done."""
    with serving(file) as served:
        for order in ("o1", "o2", "o3", "o4"):
            ask_for(served, CHARGE, order)
            served.store.commit()
    lines = file.read_bytes().splitlines(keepends=True)
    damage.spoil(lines)
    file.write_bytes(b"".join(lines))

    with pytest.raises(WriteAheadLogError) as refused, serving(file):
        pass

    assert str(refused.value).startswith(f"{file}:{damage.place}: ")
    assert damage.reason in str(refused.value)
    assert "begin with a new one" in str(refused.value)


def test_a_file_is_for_one_process_at_a_time(file: Path) -> None:
    """A second one gets an error, and does no harm."""
    with serving(file), pytest.raises(WriteAheadLogError, match="another process is writing it"):
        WriteAheadLog.open(file)


def test_a_world_of_the_past_writes_no_more(file: Path) -> None:
    """A request that was under way at a reset leaves nothing in the file."""
    with serving(file) as served:
        old = served.store
        served.reset()
        asyncio.run(ask(old.network, CHARGE))
        old.commit()
    with serving(file) as served:
        assert served.world.ledger.effects == {}


@pytest.mark.parametrize("special", ["/dev/zero", "/dev/full", "fifo", "."])
def test_a_journal_is_a_regular_file(tmp_path: Path, special: str) -> None:
    """An endless file, a pipe and a folder are refused at once."""
    file = tmp_path / special
    if special == "fifo":
        os.mkfifo(file)

    with pytest.raises(WriteAheadLogError, match="a journal is a regular file"):
        WriteAheadLog.open(file)


def test_a_journal_of_other_services_is_refused(file: Path) -> None:
    """Its faults are for operations that these services have not."""
    with serving(file) as served:
        served.store.write_rules([{"on": "kitchen.cook", "fault": 503}])

    with pytest.raises(WriteAheadLogError, match="of other services"), serving(file):
        pass
