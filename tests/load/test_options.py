"""The options of a run: given, from the environment, or wrong."""

from __future__ import annotations

import sys
from argparse import Namespace

import configargparse  # type: ignore[import-untyped]
import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.load.command_line import add_options, command_to_repeat
from sagacheck.load.options import Options, options_of_test, read_options
from sagacheck.load.system.fault_mixes import read_mix


def parsed(*words: str) -> Namespace:
    """What Locust's parser makes of a command line."""
    parser = configargparse.ArgumentParser()
    parser.add_argument("-t", "--run-time")
    add_options(parser, task_queue="orders")
    found: Namespace = parser.parse_args(list(words))
    return found


def read(*words: str) -> Options:
    """The options that a command line gives."""
    return read_options(parsed(*words), temporal_in_environment=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--cancels 5", "--cancels 5: it must be at least 0 and at most 1"),
        ("--rate 0", r"--rate 0: it must be at least 0\.01"),
        ("--rate nan", "--rate nan: it must be a number"),
        ("--orders 0", "--orders 0: it must be at least 1"),
        ("--workers -1", "--workers -1: it must be at least 0"),
        ("--call-timeout 60", r"--call-timeout 60: it must be at least 0\.01 and at most 29"),
        *(
            (f"--fakes-url {url}", f"--fakes-url {url}: it must be a URL, such as http://local")
            for url in ("foo", "localhost:8080", "ftp://fakes", "http://", "http://fakes:99999")
        ),
        ("--shape ramp", "--shape ramp: it needs the length of the run, such as -t 5m"),
        ("--temporal-address a:1 --server-db f", "--server-db is for the server that a run starts"),
    ],
)
def test_a_wrong_option_is_an_error(words: str, message: str) -> None:
    """The message has the option, its value and the rule."""
    with pytest.raises(ValueError, match=message):
        read(*words.split())


def test_an_unknown_mix_is_an_error_that_names_the_mixes() -> None:
    """A mix is a name or a file."""
    with pytest.raises(ValueError, match="--faults hevy: there is no such file; the mixes are no"):
        read_mix("hevy", ORDER_OPERATIONS)


def test_each_option_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Locust's own can; the command line comes first."""
    monkeypatch.setenv("LOAD_RATE", "3")
    monkeypatch.setenv("LOAD_FAKES_URL", "http://fakes:8080")

    assert read("--rate", "4").rate == 4
    assert read().rate == 3
    assert read().fakes_url == "http://fakes:8080"


def changed(asked: str, **form: str) -> Options:
    """The options of a test: those of the command line, with those of a form."""
    words = asked.split()
    return options_of_test(read(*words), Namespace(**{**vars(parsed(*words)), **form}))


@pytest.mark.parametrize(
    ("asked", "form", "again"),
    [
        ("--rate 3", {}, "--rate 3"),
        ("--rate 3", {"rate": "3"}, "--rate 3"),
        ("--rate 3 --chaos", {"rate": "4.5"}, "--chaos --rate 4.5"),
        ("--rate=3 --chaos", {"rate": ""}, "--chaos"),
        ("--cancels 0.5", {"cancels": "0.25", "orders": "9"}, "--orders 9 --cancels 0.25"),
    ],
)
def test_the_command_to_repeat_has_what_a_form_has_changed(
    asked: str, form: dict[str, str], again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It replaces what the command line said."""
    monkeypatch.setattr(sys, "argv", ["locust", "--seed", "1", *asked.split()])

    assert command_to_repeat(changed(asked, **form)) == f"locust --seed 1 {again}"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"rate": "fast"}, "--rate fast: it must be a number"),
        ({"orders": "2.5"}, "--orders 2.5: it must be a whole number"),
        ({"orders": "inf"}, "--orders inf: it must be a number"),
        ({"cancels": ""}, "--cancels : it must be a number"),
        ({"queries": "2"}, "--queries 2: it must be at least 0 and at most 1"),
    ],
)
def test_a_wrong_form_is_an_error(form: dict[str, str], message: str) -> None:
    """The message has the option, the value and the rule."""
    with pytest.raises(ValueError, match=message):
        changed("", **form)


def test_a_form_changes_no_option_that_it_does_not_show() -> None:
    """Whatever gets past the web UI: Locust has a field of each name for all options."""
    options = changed("", saga="evil.py:SAGA", chaos_every="-1", fakes_url="http://elsewhere")

    assert options == read("--seed", str(options.seed))
