"""``sagacheck serve``: the fakes of any saga over HTTP."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from sagacheck.cli.actions.serve import example
from sagacheck.cli.main import main
from sagacheck.http.app import create_app
from sagacheck.saga import SagaUnderTest
from sagacheck.world import Settings
from scenarios import SAGA as ORDERS
from transfer.saga import SAGA as TRANSFER
from trip.saga import SAGA as TRIP

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_services_of_the_project_are_served_until_a_signal() -> None:
    """It says where each operation is; what it says to try has an effect; SIGTERM ends it well."""
    command = [sys.executable, "-m", "sagacheck", "serve", "--port", "0"]
    trip = EXAMPLES / "trip"
    with subprocess.Popen(command, cwd=trip, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(9)]
        url = lines[0].removeprefix("fakes listening on ")
        words = shlex.split(lines[8])
        reply = httpx.post(words[3], json=json.loads(words[-1]), trust_env=False, timeout=60)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=300)

    assert lines[1] == f"  hotel.book     POST {url}/stays"
    assert lines[6] == f"  car.cancel     DELETE {url}/rentals"
    assert (reply.status_code, reply.json()) == (201, {"booking_id": "hotel_1"})
    assert (rest, process.returncode) == ("", 0)


@pytest.mark.asyncio
@pytest.mark.parametrize("saga", [ORDERS, TRIP, TRANSFER], ids=["orders", "trip", "transfer"])
async def test_the_example_does_something(saga: SagaUnderTest) -> None:
    """A request for a create, or the effect of an activity, that is carried out."""
    words = shlex.split(example(saga, "http://localhost"))
    app = create_app(saga.all_services, Settings(default_stock=10))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        reply = await client.post(words[3], json=json.loads(words[-1]))

    assert reply.is_success, reply.text
    assert len(app.state.served.world.ledger.effects) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--saga", "scenarios:SAG"], "did you mean SAGA?"),
        (["--saga", "scenarios:SAGA", "--stock", "W"], "--stock W: write SKU=N"),
        (
            ["--saga", "trip.saga:SAGA", "--declined-card", "pm"],
            "--declined-card is for a PaymentService, and none of hotel, flight, car is one",
        ),
        (["--saga", "trip.saga:SAGA", "--ships-after", "1h"], "--ships-after is for a Shipment"),
        (["--saga", "scenarios:SAGA", "--host", "0.0.0.0", "--port", "0"], "--public allows it"),
    ],
    ids=range(5),
)
def test_what_cannot_be_served_is_explained(words: list[str], sentence: str) -> None:
    """Exit code 2, and a sentence with the value and the rule."""
    result = CliRunner().invoke(main, ["serve", *words])

    assert result.exit_code == 2, result.output
    assert sentence in " ".join(result.output.split())


def test_a_saga_without_services_has_nothing_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what would have fakes."""
    bare = replace(TRIP, services=lambda _: [])
    monkeypatch.setattr("trip.saga.TOO_LATE", bare)

    result = CliRunner().invoke(main, ["serve", "--saga", "trip.saga:TOO_LATE"])

    assert result.exit_code == 2
    assert "neither services= nor an activity with effect()" in " ".join(result.output.split())
