"""The seed of a workflow's random numbers, which Core computes from the id of the run.

A replay draws the numbers that the run drew, so every replayer has to compute the same seed. Core's
is SipHash-1-3 (Aumasson and Bernstein, 2012) with a key of zeros over the bytes of the id and one
more, with which Rust ends a text (``str_to_randomness_seed`` in
``worker/workflow/machines/workflow_machines.rs``).
"""

from __future__ import annotations

from functools import lru_cache

_MASK = (1 << 64) - 1
_END_OF_TEXT = b"\xff"
_State = tuple[int, int, int, int]
_START: _State = (
    0x736F6D6570736575,
    0x646F72616E646F6D,
    0x6C7967656E657261,
    0x7465646279746573,
)


@lru_cache(maxsize=10_000)
def seed_of(run_id: str) -> int:
    """The seed of the run with this id. Runs of different trials often have the same ids."""
    data = run_id.encode() + _END_OF_TEXT
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append((len(data) & 0xFF) << 56 | int.from_bytes(data[whole:], "little"))
    state = _START
    for word in words:
        v0, v1, v2, v3 = state
        v0, v1, v2, v3 = _round((v0, v1, v2, v3 ^ word))
        state = v0 ^ word, v1, v2, v3
    v0, v1, v2, v3 = state
    state = v0, v1, v2 ^ 0xFF, v3
    for _ in range(3):
        state = _round(state)
    v0, v1, v2, v3 = state
    return v0 ^ v1 ^ v2 ^ v3


def _round(state: _State) -> _State:
    v0, v1, v2, v3 = state
    v0 = (v0 + v1) & _MASK
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 = (v2 + v3) & _MASK
    v3 = _rotated(v3, 16) ^ v2
    v0 = (v0 + v3) & _MASK
    v3 = _rotated(v3, 21) ^ v0
    v2 = (v2 + v1) & _MASK
    v1 = _rotated(v1, 17) ^ v2
    v2 = _rotated(v2, 32)
    return v0, v1, v2, v3


def _rotated(word: int, bits: int) -> int:
    """The word of 64 bits, rotated to the left."""
    return (word << bits | word >> (64 - bits)) & _MASK
