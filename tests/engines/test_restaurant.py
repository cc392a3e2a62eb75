"""What a row of an operation says is what the verdict goes by: keys in headers, and more."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.errors import InvalidScenarioError
from sagacheck.network import Network, UnknownRouteError, read_collection, unknown_route
from sagacheck.run import ScenarioResult
from sagacheck.run.judging.judge import run_one
from sagacheck.saga import SagaUnderTest
from sagacheck.services import Services, Tells
from sagacheck.world import World
from tests.sagas import restaurant
from tests.shop import load_text

pytestmark = pytest.mark.asyncio

LOST = """
scenario: the reply is lost once
why: the retry carries the same key
orders: [{id: o1}]
faults: [{on: tables.book, fault: drop_response}]
expect: {o1: {status: completed}}
"""


async def played(text: str, saga: SagaUnderTest) -> ScenarioResult:
    """Play a scenario in virtual time."""
    async with SimulatedEngine(saga) as engine:
        return await run_one(load_text(text, dialect=saga.dialect), engine, saga)


@pytest.mark.parametrize(
    "saga",
    [restaurant.SAGA, restaurant.by_header("header:Idempotency-Key")],
    ids=["body", "header"],
)
async def test_a_key_protects_wherever_its_row_says_it_stands(saga: SagaUnderTest) -> None:
    """The retry gets the first reply; httpx may write the header's name in any case."""
    result = await played(LOST, saga)

    assert (result.verdict, result.violations) == (Verdict.VALID, ())


async def test_a_key_in_a_header_that_no_row_names_is_told() -> None:
    """Two tables are booked, and the violation says what the row needs."""
    result = await played(LOST, restaurant.by_header("key"))

    (violation,) = (each for each in result.violations if each.invariant == "I13")
    assert violation.detail.endswith(
        "the header Idempotency-Key was sent and not read: "
        'the operation needs key_at="header:Idempotency-Key"'
    )


LOST_FOR_GOOD = """
scenario: the reply is lost each time
why: the guest is told how it ended
orders: [{id: o1}]
faults: [{on: tables.book, calls: all, fault: drop_response}]
expect: {o1: {status: failed}}
"""

PLAIN = """
scenario: a table is left
why: the guest is told how it ended
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


@pytest.mark.parametrize(
    ("text", "tells", "broken"),
    [
        (LOST_FOR_GOOD, "success", ["I10", "I9"]),
        (LOST_FOR_GOOD, "failure", []),
        (LOST_FOR_GOOD, "anything", []),
        (PLAIN, "success", []),
        (PLAIN, "failure", ["I9"]),
        (PLAIN, "anything", []),
    ],
    ids=lambda each: each.split("\n")[1] if isinstance(each, str) and "\n" in each else str(each),
)
async def test_a_message_is_judged_by_what_its_row_says_it_tells(
    text: str, tells: Tells, broken: list[str]
) -> None:
    """A letter that the table is gone is right after an undo; one of success is not."""
    result = await played(text, restaurant.writes(tells))

    assert sorted({each.invariant for each in result.violations}) == broken


async def test_completed_means_no_message_of_failure() -> None:
    """An order that completes promises the letter of success alone."""
    assert restaurant.writes("success").promised == ("tables.book", "letters.write")
    assert restaurant.writes("failure").promised == ("tables.book",)
    assert restaurant.writes("anything").promised == ("tables.book",)


READ = """
scenario: the reply is lost, and the saga looks for its table
why: a read suffers faults as a create does
orders: [{{id: o1}}]
faults:
  - {{on: tables.book, fault: drop_response}}
  - {{on: tables.look, fault: {fault}}}
expect: {{o1: {{status: completed}}}}
"""


@pytest.mark.parametrize(
    ("fault", "looks"),
    [("503", 2), ("drop_request", 2), ("drop_response", 2), ("malformed", 2), ("evict", 1)],
)
async def test_a_read_suffers_faults_as_a_create_does(fault: str, looks: int) -> None:
    """It is asked again, finds the table that the lost reply was about, and is in the journal."""
    result = await played(READ.format(fault=fault), restaurant.RECONCILES)

    assert (result.verdict, result.unmet, result.violations) == (Verdict.VALID, (), ())
    called = [attempt.operation for attempt in result.trial.world.journal]
    assert called == ["tables.book", *["tables.look"] * looks]


async def test_a_stale_read_hides_what_was_made() -> None:
    """The saga that goes by it books a second table, with a key of its own: A19."""
    result = await played(READ.format(fault="{stale_read: 1h}"), restaurant.RECONCILES)

    assert {each.invariant for each in result.violations} == {"I13"}
    assert [attempt.call for attempt in result.trial.world.journal] == [1, 1, 2]


async def test_a_stale_read_fits_reads_alone() -> None:
    """On a create it is refused, with the operations that it fits."""
    text = LOST.replace("drop_response", "{stale_read: 1h}")

    with pytest.raises(InvalidScenarioError, match=r"stale_read .* fits tables\.look"):
        load_text(text, dialect=restaurant.RECONCILES.dialect)


async def test_a_service_without_reads_says_so() -> None:
    """A GET that nothing answers is an error with a sentence."""
    network = Network(Services(World(), restaurant.desk(restaurant.BOOK, restaurant.CANCEL)))

    with pytest.raises(UnknownRouteError, match="no fake answers GET /chairs; the nearest is GET"):
        read_collection(network.services, "/chairs")
    with pytest.raises(UnknownRouteError, match="no operation has a GET route"):
        raise unknown_route("GET", "/chairs", [])


PLACED_AGAIN = """
scenario: an order is placed again
why: an id is known for a day
given: {{retention: 24h}}
orders: [{{id: o1}}]
events: [{{submit: o1, when: {{at: {at}}}}}]
expect: {{o1: {{status: completed}}}}
"""


@pytest.mark.parametrize(
    ("at", "tables", "broken"),
    [("23h", 1, set()), ("25h", 2, {"I12", "I13"})],
    ids=["known", "forgotten"],
)
async def test_an_id_is_known_as_long_as_it_is_retained(
    at: str, tables: int, broken: set[str]
) -> None:
    """After that Temporal starts it anew, and the service has forgotten its key: A21."""
    result = await played(PLACED_AGAIN.format(at=at), restaurant.SAGA)

    assert len(result.trial.world.ledger.effects) == tables
    assert {each.invariant for each in result.violations} == broken
