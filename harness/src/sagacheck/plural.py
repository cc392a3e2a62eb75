"""Numbers with their nouns."""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: ``1 fault``, ``2 faults``, ``12,478 histories``.

    Args:
        number: How many.
        noun: The noun for one.
        plural: The noun for several, where it is not `noun` with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
