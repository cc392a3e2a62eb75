"""The options of a run: given, from the environment, or wrong."""

from __future__ import annotations

import configargparse  # type: ignore[import-untyped]
import pytest

from load._mixes import read_mix
from load._options import Options, add_options, read_options


def read(*words: str) -> Options:
    """The options that a command line gives, as Locust's parser reads it."""
    parser = configargparse.ArgumentParser()
    parser.add_argument("-t", "--run-time")
    add_options(parser)
    return read_options(parser.parse_args(list(words)), temporal_in_environment=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--cancels 5", "--cancels 5: it must be at least 0 and at most 1"),
        ("--rate 0", r"--rate 0: it must be at least 0\.01"),
        ("--orders 0", "--orders 0: it must be at least 1"),
        ("--workers -1", "--workers -1: it must be at least 0"),
        ("--call-timeout 60", r"--call-timeout 60: it must be at least 0\.01 and at most 29"),
        ("--shape ramp", "--shape ramp: it goes over -t"),
        ("--temporal-address a:1 --server-db f", "--server-db is for the server that a run starts"),
    ],
)
def test_what_is_wrong_is_told(words: str, message: str) -> None:
    """A sentence with the option, its value and the rule."""
    with pytest.raises(ValueError, match=message):
        read(*words.split())


def test_an_unknown_mix_is_told_with_those_that_there_are() -> None:
    """A mix is a name or a file."""
    with pytest.raises(ValueError, match="--faults hevy: there is no such file; the mixes are no"):
        read_mix("hevy")


def test_each_option_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Locust's own can; the command line goes before it."""
    monkeypatch.setenv("LOAD_RATE", "3")
    monkeypatch.setenv("LOAD_FAKES_URL", "http://fakes:8080")

    assert read("--rate", "4").rate == 4
    assert read().rate == 3
    assert read().fakes_url == "http://fakes:8080"
