from __future__ import annotations

import pytest

from sagacheck.world import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("45s", 45), ("10m", 600), ("2h", 7200), ("1d", 86400), ("1h30m", 5400)],
)
def test_durations_are_numbers_with_units(text: str, seconds: float) -> None:
    """Milliseconds to days, the larger unit first."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "1.5s", "-1s", "1m2h", " 1s", "1s\n", "1 s"])
def test_other_durations_are_refused(text: str) -> None:
    """A number without a unit could be anything, so it is nothing."""
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)
