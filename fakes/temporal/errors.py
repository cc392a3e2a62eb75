"""What can go wrong in the simulated service, beside what goes wrong in the real one."""

from __future__ import annotations


class UnsupportedError(Exception):
    """The simulated service lacks a feature; the message names it."""


class NondeterminismError(Exception):
    """A workflow that was replayed did something else than it had done before."""
