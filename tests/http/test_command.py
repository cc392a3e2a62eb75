from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner

from fakes import order_services
from fakes.__main__ import main
from sagacheck.http.app import create_app
from sagacheck.http.server import bound_socket, serving, url_of
from tests.contract.faces import until

MAIL = {"order_id": "o1", "customer_id": "c1"}


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """``python -m fakes`` on any free port."""
    command = [sys.executable, "-m", "fakes", "--port", "0", "--stock", "WIDGET=5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_listens_and_ends_on_a_signal(
    process: subprocess.Popen[str], how: signal.Signals
) -> None:
    """The line comes when it listens; then four hints; a signal ends it with exit code 0."""
    assert process.stdout is not None
    first, *hints = (process.stdout.readline().strip() for _ in range(5))
    url = first.removeprefix("fakes listening on ")
    stock = httpx.get(f"{url}/stock", trust_env=False, timeout=60).json()
    process.send_signal(how)

    assert stock == {"WIDGET": {"available": 5, "reserved": 0, "shipped": 0}}
    services = ("INVENTORY", "PAYMENTS", "SHIPPING", "NOTIFICATIONS")
    assert hints == [f"ORDERS_{service}_URL={url}" for service in services]
    assert process.wait(timeout=300) == 0


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("reset_after_effect", httpx.ReadError),
        ("refuse", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
        ("drop_response", httpx.ReadTimeout),
    ],
)
def test_faults_are_real_on_the_wire_of_the_command(
    process: subprocess.Popen[str], fault: str, seen: type[Exception]
) -> None:
    """The command's event loop breaks connections as asyncio's does, and goes on serving."""
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        client.post(
            "/__fakes__/faults", json={"on": "notifications.send", "fault": fault, "calls": 1}
        )

        with pytest.raises(seen):
            client.post(
                "/emails",
                json=MAIL,
                timeout=httpx.Timeout(60, read=0.2 if fault == "drop_response" else 60),
            )

        assert client.post("/emails", json=MAIL).status_code == 202
        calls = client.get("/__fakes__/journal").json()["attempts"]

    assert [(call["fault"], call["outcome"]) for call in calls] == [(fault, "unknown"), ("", "ok")]


def test_a_port_that_is_taken_is_an_error() -> None:
    """Exit code 2, and what to do about it."""
    with bound_socket() as taken:
        taken.listen()
        port = url_of(taken).rpartition(":")[2]
        result = CliRunner().invoke(main, ["--port", port])

    assert result.exit_code == 2
    assert "--port 0 takes any free port" in result.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--ships-after", "soon"], "ships_after: 'soon' is not a duration"),
        (["--stock", "WIDGET"], "write SKU=N"),
        (["--default-stock", "-1"], "at least 0, not -1"),
        (["--idempotency", "replays"], "did you mean replay?"),
        (["--port", "70000"], "0<=x<=65535"),
        (["--hots", "x"], "--host"),
        (["--stock", "W=" + "9" * 5000], "write SKU=N"),
        (["--stock", "W=\u0665"], "write SKU=N"),
        (["--default-stock", "9" * 30], "at most 1000000000000"),
        (["--host", "ü" * 100], "this is no host name"),
        (["--host", "a\0b"], "this is no host name"),
        (["--host", "0.0.0.0", "--port", "0"], "other computers reach 0.0.0.0"),
        (["--host", "::", "--port", "0"], "other computers reach ::"),
        (["--host", "", "--port", "0"], "--public allows it"),
        (["--journal", "/dev/zero", "--port", "0"], "a journal is a regular file"),
    ],
    ids=range(15),
)
def test_a_wrong_option_is_explained(options: list[str], sentence: str) -> None:
    """Exit code 2, and a sentence with the value and the rule."""
    result = CliRunner().invoke(main, options)

    assert result.exit_code == 2
    assert sentence in result.output


def test_help_shows_examples() -> None:
    """The help has commands to try, and the control routes."""
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    assert "python -m fakes --port 0" in result.output
    assert "  POST finished                  {" in result.output


@pytest.mark.parametrize(
    ("host", "public"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True), ("", True)]
)
def test_loopback_needs_no_word(host: str, public: bool) -> None:
    """Nor does an address that other computers reach, where they may."""
    bound_socket(host, public=public).close()


@pytest.mark.asyncio
async def test_the_world_over_http_runs_in_real_time() -> None:
    """By default a delay is a real one, and the reply comes after it."""
    fault = {"on": "notifications.send", "fault": {"delay_response": "5ms"}}
    with bound_socket() as sock:
        async with (
            serving(create_app(order_services), sock) as url,
            httpx.AsyncClient(base_url=url, timeout=60) as client,
        ):
            await client.post("/__fakes__/faults", json=fault)
            response = await client.post("/emails", json=MAIL)
            (attempt,) = (await client.get("/__fakes__/journal")).json()["attempts"]

    assert response.status_code == 202
    assert attempt["ended_at"] - attempt["sent_at"] >= 0.005


@pytest.mark.asyncio
async def test_a_server_that_stops_lets_go_of_those_who_wait() -> None:
    """A caller whose reply was lost does not keep the server from stopping."""
    app = create_app(order_services)
    fault = {"on": "notifications.send", "fault": "drop_response"}
    with bound_socket() as sock:
        async with httpx.AsyncClient(base_url=url_of(sock), timeout=60) as client:
            async with serving(app, sock):
                await client.post("/__fakes__/faults", json=fault)
                waiting = asyncio.create_task(client.post("/emails", json=MAIL))
                await until(lambda: bool(app.state.served.world.ledger.effects))

            with pytest.raises(httpx.ReadError):
                await waiting
