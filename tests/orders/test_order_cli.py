"""The command line against a real server, real workers and services over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result

from orders.cli import commands
from sagacheck.engines import embedded_server
from tests.load._tls import make_certificate, serve_tls
from tests.orders._messages import ORDER_JSON

NO_SERVER = "127.0.0.1:1"
DECLINED = "pm_declined"


@contextmanager
def _program(
    *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python module as a process of its own, which is gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
            process.terminate()
    finally:
        process.kill()


def _first_line(stream: IO[str] | None) -> str:
    assert stream is not None, "it is a pipe"
    return stream.readline().strip()


@dataclass(frozen=True)
class Town:
    """A Temporal server and the services, with the command line in between.

    Attributes:
        address: Where Temporal is.
        services: Where the services are, as environment variables.
    """

    address: str
    services: Mapping[str, str]

    def orders(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run ``orders`` with these arguments."""
        command = [*arguments, "--address", self.address]
        return CliRunner().invoke(commands, command, input=stdin)

    def place(self, order_id: str, *options: str, payment_method_id: str = "pm_1") -> Result:
        """Place an order with this id."""
        tree = ORDER_JSON | {"order_id": order_id, "payment_method_id": payment_method_id}
        return self.orders("place", "-", *options, stdin=json.dumps(tree))


@pytest_asyncio.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """A Temporal server, and the services over HTTP, without any worker."""
    fakes = ("fakes", "--port", "0", "--declined-card", DECLINED)
    async with embedded_server() as address:
        with _program(*fakes) as services:
            url = _first_line(services.stdout).rpartition(" ")[2]
            names = ("INVENTORY", "PAYMENTS", "SHIPPING", "NOTIFICATIONS")
            yield Town(address, {f"ORDERS_{name}_URL": url for name in names})


@pytest.fixture(scope="module")
def staffed(town: Town) -> Iterator[Town]:
    """The same with a worker."""
    with ExitStack() as stack:
        worker = stack.enter_context(_worker(town))
        assert _first_line(worker.stdout).startswith("polling orders at")
        yield town


@contextmanager
def _worker(town: Town, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = ("orders", "worker", "--address", town.address, *options)
    with _program(*command, env=town.services) as worker:
        yield worker


def test_order_without_worker(town: Town) -> None:
    """An order that no worker takes up is unknown; it is placed, and the message says so."""
    result = town.place("idle", "--patience", "0.1", "--task-queue", "nobody")
    assert result.exit_code == 3
    assert "order idle is placed, but no worker has answered for 0.1 s" in result.stderr


@pytest.mark.parametrize("option", ["--sandbox", "--no-sandbox"])
def test_worker_in_and_without_the_sandbox(town: Town, option: str) -> None:
    """A worker carries orders out, whether the sandbox watches its workflow or not."""
    queue = ("--task-queue", f"queue{option}")
    with _worker(town, *queue, option) as worker:
        assert _first_line(worker.stdout).startswith("polling queue")
        assert town.place(f"by{option}", *queue).exit_code == 0


def test_whole_journey(staffed: Town, tmp_path: Path) -> None:
    """A process of its own places an order from a file, and prints its result as JSON."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER_JSON))
    ended = subprocess.run(
        [sys.executable, "-m", "orders", "place", str(file)],
        env=os.environ | {"TEMPORAL_ADDRESS": staffed.address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["tracking_number"].startswith("TRACK-")
    lines = ended.stderr.splitlines()
    assert (lines[0], lines[-1]) == ("o1: placed", "o1: completed")


def test_order_that_fails(staffed: Town) -> None:
    """An order that fails exits with 1, and its result says why."""
    result = staffed.place("poor", payment_method_id=DECLINED)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"].startswith("PaymentDeclined: ")
    assert result.stderr.splitlines()[-1] == "poor: failed"


def test_status_and_cancel_after_the_end(staffed: Town) -> None:
    """An order that has ended has a status, and cannot be cancelled any more."""
    staffed.place("done")
    status = staffed.orders("status", "done")
    cancel = staffed.orders("cancel", "done", "--reason", "changed my mind")
    assert (status.exit_code, status.stdout) == (0, "completed\n")
    assert (cancel.exit_code, cancel.stdout) == (1, "refused: order done has ended: completed\n")


def test_no_wait(staffed: Town) -> None:
    """With --no-wait the command returns as soon as the order is placed."""
    result = staffed.place("quick", "--no-wait")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"order_id": "quick", "workflow_id": "order-quick"}


def test_conflict(staffed: Town) -> None:
    """An id that belongs to another order exits with 1, and does nothing."""
    staffed.place("taken")
    result = staffed.place("taken", payment_method_id="pm_2")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: order taken was placed before with other content\n"


@pytest.mark.parametrize("command", ["status", "cancel"])
def test_unknown_order(staffed: Town, command: str) -> None:
    """To ask for an order that does not exist is wrong input, in one clear sentence."""
    result = staffed.orders(command, "nobody-knows")
    assert result.exit_code == 2
    where = f"{staffed.address}, namespace default"
    assert result.stderr == f"Error: there is no order nobody-knows at {where}\n"


def test_status_and_cancel_without_worker(town: Town) -> None:
    """Where no worker answers it is unknown how far an order is, and whether it is cancelled."""
    town.place("waiting", "--no-wait", "--task-queue", "nobody")
    status = town.orders("status", "waiting", "--patience", "0.1")
    cancel = town.orders("cancel", "waiting", "--patience", "0.1")
    assert (status.exit_code, cancel.exit_code) == (3, 3)
    assert "no worker is answering" in status.stderr
    assert "order waiting may be cancelled or not" in cancel.stderr


def test_interrupted(town: Town, tmp_path: Path) -> None:
    """Ctrl-C while waiting for an order exits with 3, and says how to go on."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER_JSON | {"order_id": "interrupted"}))
    options = ("--task-queue", "nobody", "--address", town.address)
    with _program("orders", "place", str(file), *options) as place:
        assert _first_line(place.stderr) == "interrupted: placed"
        place.send_signal(signal.SIGINT)
        _, errors = place.communicate()
    assert place.returncode == 3
    assert errors.startswith("Error: interrupted; `orders status ORDER_ID` shows the status")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_worker_stops(town: Town, number: signal.Signals) -> None:
    """A worker that gets SIGTERM lets calls in flight finish, and exits with 0."""
    with _worker(town) as worker:
        _first_line(worker.stdout)
        worker.send_signal(number)
        _, errors = worker.communicate()
    assert worker.returncode == 0
    assert errors.startswith("stopping; calls in flight may finish\n")


def test_unknown_namespace(town: Town) -> None:
    """A namespace that does not exist is wrong input, and is not taken for an unknown order."""
    result = town.orders("status", "o1", "--namespace", "nowhere")
    assert result.exit_code == 2
    assert result.stderr == f"Error: there is no namespace nowhere at {town.address}\n"


@pytest.mark.parametrize("command", ["status o1", "cancel o1", "place -", "worker"])
def test_no_server_answers(command: str) -> None:
    """Where there is no server every command says so, and what to do."""
    valid = json.dumps(ORDER_JSON)
    result = CliRunner().invoke(commands, [*command.split(), "--address", NO_SERVER], input=valid)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"Error: no server answers at {NO_SERVER}; start one there")


def test_unknown_profile() -> None:
    """A profile that does not exist is wrong input."""
    result = CliRunner().invoke(commands, ["status", "o1", "--profile", "nowhere"])
    assert result.exit_code == 2
    assert "Profile 'nowhere' not found" in result.stderr


def test_wrong_settings_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose settings make no sense says which variable is wrong, and exits with 2."""
    monkeypatch.setenv("ORDERS_PAYMENTS_TIMEOUT", "soon")
    result = CliRunner().invoke(commands, ["worker"])
    assert result.exit_code == 2
    assert result.stderr.startswith("ORDERS_PAYMENTS_TIMEOUT: 'soon': Input should be a valid")


def test_wrong_url_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that could reach no service says which variable is wrong, and the rule."""
    monkeypatch.setenv("ORDERS_PAYMENTS_URL", "payments:8080")
    result = CliRunner().invoke(commands, ["worker"])
    assert result.exit_code == 2
    rule = "it must be a URL such as https://payments.example.com, with no ?query or #fragment"
    assert result.stderr == f"ORDERS_PAYMENTS_URL: 'payments:8080': {rule}\n"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/nowhere.pem"}, "/nowhere.pem: No such file or"),
        ({"TEMPORAL_CONFIG_FILE": "/nowhere.toml"}, "/nowhere.toml: No such file or directory"),
        ({"TEMPORAL_CONFIG_FILE": "/"}, "Is a directory"),
        ({"TEMPORAL_TLS_CLIENT_CERT_DATA": "junk"}, "Must have both client cert and private key"),
        (
            {"TEMPORAL_TLS_CLIENT_CERT_DATA": "junk", "TEMPORAL_TLS_CLIENT_KEY_DATA": "junk"},
            "the client's certificate or key for 127.0.0.1:1 is no PEM file",
        ),
    ],
)
def test_wrong_configuration(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    """A configuration that cannot be used is wrong input, in one line that says what is wrong."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(commands, ["status", "o1", "--address", NO_SERVER])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.asyncio
async def test_certificate_that_is_not_trusted(
    tmp_path: Path, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a server is there, but not trusted, is said so; and so is a server without TLS."""
    monkeypatch.setenv("TEMPORAL_TLS", "true")
    server = await serve_tls(*make_certificate(tmp_path), town.address)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        untrusted = await _status_of_an_order(f"{host}:{port}")
        no_tls = await _status_of_an_order(town.address)
    assert (untrusted.exit_code, no_tls.exit_code) == (2, 3)
    assert "is not trusted" in untrusted.stderr
    assert f"{town.address} answers, but not by TLS" in no_tls.stderr


async def _status_of_an_order(address: str) -> Result:
    command = ["status", "o1", "--address", address]
    return await asyncio.to_thread(CliRunner().invoke, commands, command)


@pytest.mark.asyncio
async def test_server_that_goes_away(tmp_path: Path) -> None:
    """An order whose server goes away is not said to lack a worker; nothing else is printed."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER_JSON))
    async with embedded_server() as address:
        command = [sys.executable, "-m", "orders", "place", str(file), "--patience", "0.1"]
        place = await asyncio.create_subprocess_exec(
            *command,
            *("--address", address),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert place.stderr is not None
        assert await place.stderr.readline() == b"o1: placed\n"
    out, errors = await place.communicate()
    assert (place.returncode, out) == (3, b"")
    assert b"no worker" not in errors
    assert b"Temporal does not answer any more" in errors


@pytest.mark.parametrize("command", [[], ["worker"], ["place"], ["status"], ["cancel"]])
def test_help_teaches_by_examples(command: list[str]) -> None:
    """The help of every command has examples."""
    result = CliRunner().invoke(commands, [*command, "--help"])
    assert result.exit_code == 0
    assert "Examples:\n    orders " in result.stdout


@pytest.mark.parametrize("words", [["{}"], ["place", "{}"], ["place", "a", "{}"], ["cancel", "{}"]])
def test_wrong_usage_quotes_what_was_typed_in_a_line(words: list[str]) -> None:
    """What a customer has written may be typed: it steers neither a terminal nor a CI runner."""
    typed = "a\n::error::b\x1b[31m\x9b1m\u202e"
    words = [*(word.format(typed) for word in words), "--address", NO_SERVER]
    result = CliRunner().invoke(commands, words)

    assert result.exit_code in (2, 3)
    assert not any(line.startswith("::") for line in result.output.splitlines())
    assert not any(char in result.output for char in "\x1b\x9b\u202e")
