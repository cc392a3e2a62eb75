"""`sagacheck init`: what it writes runs at once, or it says which line is to be completed."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from sagacheck.explore import Search, explore
from sagacheck.language import plain_orders
from sagacheck.saga import load_saga
from tests.cli._commands import command
from tests.shapes.shapes import SHAPES, Shape

PROJECT = '[project]\nname = "shop"  # a comment\nversion = "1"\n'
TO_COMPLETE = {"async_sqlite": "the values of an order are not right for this workflow, or"}
"""There is one seat in its database, and no source says which."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a team's project; what was imported from it is forgotten afterwards."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    yield tmp_path
    for name in {*sys.modules} - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def init(*words: str) -> Result:
    """Run it."""
    return command("init", *words)


def write(project: Path, name: str, text: str) -> None:
    """Write a module of the team."""
    head = "from dataclasses import dataclass\nfrom datetime import timedelta\n"
    head += "from temporalio import activity, workflow\n"
    head += "from temporalio.exceptions import ApplicationError\n"
    (project / f"{name}.py").write_text(head + text, encoding="utf-8")


STEPS = """
LIMIT = timedelta(seconds=30)

@activity.defn
async def charge_card(order_id: str) -> None:
    if not order_id:
        raise ApplicationError(f"no card ({order_id})", type="Declined", non_retryable=True)

@activity.defn
async def refund_card(order_id: str) -> None: ...


@activity.defn
async def get_price(order_id: str) -> int:
    return 3

@activity.defn
async def send_apology(order_id: str) -> None: ...
"""


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_runs_at_once_for_each_shape(project: Path, shape: Shape) -> None:
    """The first scenario is valid, or the message names the line with what is wrong."""
    ran = init(f"{shape.name}.workflow:{shape.workflow}", "--file", f"{shape.name}_glue.py")

    told = TO_COMPLETE.get(shape.name)
    assert (ran.exit_code == 0) == (told is None), ran.output
    assert (told or "an order goes through: valid") in ran.output
    text = (project / f"{shape.name}_glue.py").read_text(encoding="utf-8")
    assert all(word in text for word in shape.means)
    assert max(map(len, text.splitlines())) <= 100
    assert (project / "scenarios" / "first.yaml").is_file()


def test_what_it_has_written_finds_the_bug(project: Path) -> None:
    """Without a change: the refund after three tries makes money."""
    ran = init("injected_client.workflow:RefundsAfterThreeTries", "--file", "made_glue.py")
    assert ran.exit_code == 0, ran.output

    saga = load_saga("made_glue:SAGA")
    base = plain_orders(1, saga.dialect)
    tally = explore(Search(base=base, saga_reference="made_glue:SAGA", faults=1)).tally

    found = {each.violation.detail for each in tally.smallest_first()}
    assert "banking.deposit (banking_2) is left behind: o1 ended as failed" in found


def test_pyproject_keeps_what_it_says(project: Path) -> None:
    """The table is added at the end, and comments stay."""
    assert init("plain_text.workflow:BookTrip", "--file", "kept_glue.py").exit_code == 0

    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert text.startswith(PROJECT)
    table = tomllib.loads(text)["tool"]["sagacheck"]
    assert table == {"saga": "kept_glue:SAGA", "scenarios": ["scenarios"]}
    assert command("run").exit_code == 0


def test_nothing_is_overwritten(project: Path) -> None:
    """What is there already is named, with what to do."""
    words = ("plain_text.workflow:BookTrip", "--file")
    (project / "mine.py").write_text("", encoding="utf-8")
    assert "mine.py exists already; pass --file with another name" in init(*words, "mine.py").output
    (project / "scenarios").mkdir()
    (project / "scenarios" / "mine.yaml").write_text("", encoding="utf-8")
    assert "has files already; pass --scenarios" in init(*words, "a_glue.py").output
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("[tool.sagacheck]\n")
    ran = init(*words, "a_glue.py", "--scenarios", "others")

    assert "has [tool.sagacheck] already; remove the table to begin anew" in ran.output
    assert ran.exit_code == 2
    assert {each.name for each in project.iterdir()} == {"mine.py", "scenarios", "pyproject.toml"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere:Flow"], "cannot import nowhere"),
        (["plain_text.workflow"], "write package.module:NAME"),
        (["plain_text.workflow:BookTrap"], "did you mean BookTrip"),
        (["plain_text.activities:Trip"], "@workflow.defn"),
        (["plain_text.workflow:BookTrip", "--activities", "json"], "no function with @activity"),
    ],
)
def test_what_cannot_be_looked_at_is_named(project: Path, words: list[str], told: str) -> None:
    """With exit code 2, and nothing is written."""
    ran = init(*words)

    assert ran.exit_code == 2
    assert told in ran.output
    assert [each.name for each in project.iterdir()] == ["pyproject.toml"]


def test_what_it_cannot_know_is_a_line_to_complete(project: Path) -> None:
    """A client that nothing stands in for."""
    write(
        project,
        "needs_client",
        """
class Clinic:
    def __init__(self, api: object) -> None:
        self.api = api

    @activity.defn
    async def book_bed(self, patient_id: str) -> None:
        self.api.book(patient_id)

@workflow.defn
class Admit:
    @workflow.run
    async def run(self, patient_id: str) -> None:
        await workflow.execute_activity_method(
            Clinic.book_bed, patient_id, start_to_close_timeout=timedelta(seconds=3)
        )
""",
    )

    ran = init("needs_client:Admit", "--file", "clinic_glue.py")

    assert "clinic_glue.py:6: TODO: what is api in a test?" in ran.output, ran.output
    assert "'NoneType' object has no attribute 'book'" in ran.output
    assert ran.exit_code == 1


def test_a_branch_that_was_not_taken_is_not_promised(project: Path) -> None:
    """`completed_means` is what the first order had; what reads has no effect."""
    write(
        project,
        "branches",
        STEPS
        + """
@activity.defn
async def upgrade_seat(order_id: str) -> None: ...

@workflow.defn
class Buy:
    @workflow.run
    async def run(self, order: dict) -> None:
        price = await workflow.execute_activity(
            get_price, order["id"], start_to_close_timeout=LIMIT
        )
        await workflow.execute_activity("charge_card", order["id"], start_to_close_timeout=LIMIT)
        if price > 5:
            await workflow.execute_activity(
                upgrade_seat, order["id"], start_to_close_timeout=LIMIT
            )
            await workflow.execute_activity(refund_card, "x", start_to_close_timeout=LIMIT)
            await workflow.execute_activity(send_apology, "x", start_to_close_timeout=LIMIT)
""",
    )

    ran = init("branches:Buy", "--file", "branch_glue.py")

    text = (project / "branch_glue.py").read_text(encoding="utf-8")
    assert ran.exit_code == 0, ran.output + text
    assert 'completed_means=("card.charge",)' in text
    assert 'undo="card.refund"' in text
    assert 'tells="failure"' in text
    assert "get_price,  # No effect: by its name it changes nothing." in text
    assert "key=lambda order_id: order_id" in text
    assert 'refusals=["Declined"]' in text


def test_results_and_cancels_are_read_as_they_are_written(project: Path) -> None:
    """Statuses of its own, an update that cancels, a list of activities, and an enum."""
    write(
        project,
        "tells",
        STEPS
        + """
import enum

class Speed(enum.StrEnum):
    SLOW = "slow"

@dataclass
class Order:
    price: float
    speed: Speed
    gift: bool = False

ALL = [charge_card, refund_card]

@workflow.defn
class Sell:
    @workflow.update
    async def abort_order(self, reason: str) -> None: ...

    @workflow.signal
    def stop(self) -> None: ...

    @workflow.run
    async def run(self, number: str, order: Order) -> dict:
        try:
            await workflow.execute_activity(charge_card, number, start_to_close_timeout=LIMIT)
        except Exception:
            return {"status": "error"}
        return {"status": "success"}
""",
    )

    ran = init("tells:Sell", "--file", "tells_glue.py", "--activities", "tells:ALL")

    text = (project / "tells_glue.py").read_text(encoding="utf-8")
    assert ran.exit_code == 0, ran.output + text
    assert 'statuses = {"success": "completed", "error": "failed"}' in text
    assert 'cancel_signal="stop"' in text
    assert "order_price: float = Field(10.0, " in text
    assert "speed=Speed.SLOW" in text


HOTEL = """
import httpx
from temporalio.common import RetryPolicy

ONCE = dict(start_to_close_timeout=LIMIT, retry_policy=RetryPolicy(maximum_attempts=3))

@dataclass
class Booking:
    booking_id: str
    nights: int

@activity.defn
async def book_room(booking: Booking) -> str:
    async with httpx.AsyncClient() as client:
        sent = {ROOM}
        reply = await client.post("http://hotel/rooms", json={ROOM})
        return reply.raise_for_status().json()["id"]

@activity.defn
async def cancel_room(CANCEL: str) -> None:
    async with httpx.AsyncClient() as client:
        (await client.delete(f"http://hotel/rooms/{CANCEL}")).raise_for_status()

@activity.defn
async def charge_card(booking: Booking) -> None:
    async with httpx.AsyncClient() as client:
        reply = await client.post("http://pay/charges", json={"ref": booking.booking_id})
        reply.raise_for_status()

@activity.defn
async def refund_card(booking_id: str) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post("http://pay/refunds", json={"ref": booking_id})).raise_for_status()

@workflow.defn
class Hotel:
    @workflow.run
    async def run(self, booking: Booking) -> dict:
        undos = []
        try:
            room = await workflow.execute_activity(book_room, booking, **ONCE)
            undos.append((cancel_room, PASSED))
            await workflow.execute_activity(charge_card, booking, **ONCE)
            undos.append((refund_card, booking.booking_id))
        except Exception as error:
            for undo, argument in reversed(undos):
                await workflow.execute_activity(undo, argument, **ONCE)
            return {"status": "failed", "error": str(error)}
        return {"status": "completed"}
"""


def hotel(room: str, cancel: str, passed: str) -> str:
    """What a room is booked with, the name by which it is cancelled, and what is passed for it."""
    text = HOTEL.replace("        sent = {ROOM}\n", "").replace("{ROOM}", room)
    head = "LIMIT = timedelta(seconds=30)\n"
    return head + text.replace("CANCEL", cancel).replace("PASSED", passed)


@pytest.mark.parametrize(
    ("room", "cancel", "passed", "told"),
    [
        (
            '{"booking": booking.booking_id, "nights": booking.nights}',
            "booking_id",
            "booking.booking_id",
            '"room.book", key="booking", reply=["id"]',
        ),
        ('{"nights": booking.nights}', "room_id", "room", 'id="room_id"'),
    ],
    ids=["by a key", "by the id of the reply"],
)
def test_an_undo_finds_what_it_undoes(
    project: Path, room: str, cancel: str, passed: str, told: str
) -> None:
    """By the field of the create that has the same value, or by the reply of the create."""
    write(project, f"{cancel}_hotel", hotel(room, cancel, passed))

    ran = init(f"{cancel}_hotel:Hotel", "--file", f"{cancel}_glue.py")

    assert ran.exit_code == 0, ran.output
    assert "Complete:" not in ran.output
    text = (project / f"{cancel}_glue.py").read_text(encoding="utf-8")
    assert told in text
    assert '"card.charge", key="ref"' in text


def test_an_undo_that_finds_nothing_is_a_line_to_complete(project: Path) -> None:
    """No request of the create has what the undo sends: that is said, and that it undid nothing."""
    text = hotel('{"nights": booking.nights}', "booking_id", "booking.booking_id")
    write(project, "lost_hotel", text)

    ran = init("lost_hotel:Hotel", "--file", "lost_glue.py")

    assert ran.exit_code == 3, ran.output
    assert "TODO: POST /rooms sends nights: which is the key, which is `booking_id` here?" in (
        ran.output
    )
    assert "room.cancel undid nothing, and room.book stayed" in ran.output
    (place,) = re.findall(r"lost_glue.py:(\d+): room.cancel undid", ran.output)
    line = (project / "lost_glue.py").read_text(encoding="utf-8").splitlines()[int(place) - 1]
    assert '"room.cancel"' in line
