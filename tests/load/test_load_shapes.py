"""Load shapes: how many users are active at each moment of a run."""

from __future__ import annotations

import pytest

from sagacheck.load.users.load_shapes import SHAPES, LoadProfile


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("steady", [1.0, 1.0, 1.0, 1.0]),
        ("ramp", [0.0, 0.25, 0.5, 0.75]),
        ("spike", [0.25, 0.25, 1.0, 0.25]),
        ("soak", [0.0, 1.0, 1.0, 1.0]),
    ],
)
def test_shapes(name: str, expected: list[float]) -> None:
    """The fraction of users that are active at each quarter."""
    assert [SHAPES[name](part / 4) for part in range(4)] == expected


def test_the_last_moment_of_a_shape_is_the_end_of_the_run() -> None:
    """There is always a user before it, however few a shape asks for."""
    profile = LoadProfile(SHAPES["ramp"], users=8, spawn_rate=2.0, seconds=60.0)

    assert [profile.at(seconds) for seconds in (0.0, 30.0, 59.9)] == [(1, 2.0), (4, 2.0), (8, 2.0)]
    assert profile.at(60.0) is None
