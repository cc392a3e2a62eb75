"""What the web UI takes from a form, and from whom: without a browser, without a system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from sagacheck.load.command_line import add_options
from sagacheck.load.options import OF_EACH_TEST, check_users

with pytest.MonkeyPatch.context() as patch:
    # Imported as usual, Locust would replace sockets and threads of this whole process.
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

    from sagacheck.load.results.web_ui_tab import refuse_foreign_requests, refuse_wrong_forms


class WebUi:
    """Locust's web UI, of which only the routes count."""

    userclass_picker_is_active = False

    def __init__(self) -> None:
        self.app = Flask("locust")
        self.started: list[Mapping[str, str]] = []
        self.app.add_url_rule("/base/swarm", "locust.swarm", self._swarm, methods=["POST"])
        self.app.add_url_rule("/base/user", "locust.update_user", self._swarm, methods=["POST"])
        self.app.add_url_rule("/", "locust.index", lambda: "page")

    def _swarm(self) -> str:
        self.started.append(dict(request.form))
        return "started"


def web_ui(*, public: bool = False) -> tuple[WebUi, FlaskClient]:
    """A web UI with our rules, and a client of it."""
    ui: Any = WebUi()
    refuse_foreign_requests(ui, public=public)
    refuse_wrong_forms(
        ui, OF_EACH_TEST, lambda form: check_users(form.get("user_count", "1"), None)
    )
    return ui, ui.app.test_client()


RIGHT = {
    "user_count": "3",
    "spawn_rate": "1",
    "host": "",
    "run_time": "5s",
    "rate": "",
    "orders": "5",
    "faults": "light",
    "cancels": "0.1",
    "patience": "3",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("saga", "evil.py:SAGA"),
        ("load_run", "{}"),
        ("chaos_every", "-1"),
        ("locustfile", "/tmp/evil.py"),
        ("fakes_url", "http://elsewhere"),
        ("server_db", "/etc/passwd"),
        ("runs", "/tmp"),
        ("call_timeout", "1"),
        ("html_file", "/tmp/x"),
        ("user_count", "many"),
        ("user_count", "-1"),
    ],
)
def test_a_form_sets_what_it_shows_and_nothing_else(name: str, value: str) -> None:
    """Whatever else Locust has for an option is left to the command line."""
    ui, client = web_ui()

    answer = client.post("/base/swarm", data={**RIGHT, name: value}).get_json()

    assert (answer["success"], ui.started) == (False, [])
    assert name in answer["message"]


def test_a_form_with_all_that_it_shows_is_taken() -> None:
    """With and without our own fields."""
    ui, client = web_ui()

    for form in (RIGHT, {"user_count": "3", "spawn_rate": "1"}):
        assert client.post("/base/swarm", data=form).data == b"started"
    assert ui.started == [RIGHT, {"user_count": "3", "spawn_rate": "1"}]


def test_users_are_changed_only_where_the_form_shows_them() -> None:
    """Locust sets any attribute of any class of users."""
    ui, client = web_ui()
    assert client.post("/base/user", data={}).get_json()["success"] is False

    ui.userclass_picker_is_active = True
    assert client.post("/base/user", data={}).data == b"started"


STRANGERS = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost", "Origin": "http://evil.example"},
    {"Host": "localhost", "Origin": "null"},
]


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_a_foreign_page_is_refused_on_every_route(headers: dict[str, str]) -> None:
    """By its name, or by the name that it gave to this computer."""
    ui, client = web_ui()

    assert client.get("/", headers=headers).status_code == 403
    assert client.get("/nowhere", headers=headers).status_code == 403
    assert client.post("/base/swarm", data=RIGHT, headers=headers).status_code == 403
    assert ui.started == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:8089", "Origin": "http://localhost:8089"},
        {"Host": "127.0.0.1:8089"},
        {"Host": "[::1]:8089", "Origin": "http://[::1]:8089"},
    ],
    ids=str,
)
def test_its_own_page_is_answered(headers: dict[str, str]) -> None:
    """By any name of this computer."""
    _, client = web_ui()

    assert client.get("/", headers=headers).status_code == 200
    assert client.post("/base/swarm", data=RIGHT, headers=headers).data == b"started"


def test_a_web_ui_for_other_computers_has_any_name_and_no_foreign_page() -> None:
    """Where ``--web-host`` names an address that they reach."""
    _, client = web_ui(public=True)

    assert client.get("/", headers={"Host": "load.internal"}).status_code == 200
    evil = {"Host": "load.internal", "Origin": "http://evil.example"}
    assert client.get("/", headers=evil).status_code == 403


@pytest.mark.parametrize(
    ("arguments", "host"),
    [([], "127.0.0.1"), (["--web-host", "0.0.0.0"], "0.0.0.0"), (["--web-host", "*"], "*")],
)
def test_the_web_ui_listens_on_loopback_unless_told_otherwise(
    arguments: list[str], host: str
) -> None:
    """Locust's own default is every address."""
    parser = get_empty_argument_parser()
    setup_parser_arguments(parser)
    add_options(parser, task_queue="orders")

    assert parser.parse_args(arguments).web_host == host
