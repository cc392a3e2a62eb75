"""Memory as another process may find it: objects have other addresses, and their sets other orders.

The hash of most objects is their address, so the order of a set of tasks, as `asyncio.wait` returns
it, is another one wherever memory has another past. That of a small process that does the same
again is nearly the same, in spite of address space randomisation, which moves whole pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

_SIZES = range(0, 480, 16)
"""Of bytes objects, so that each size class of Python's allocator is met."""
_BLOCKS = 300
"""So many of each size, of which half are freed again at random."""


@contextmanager
def shuffled_memory(seed: int) -> Iterator[None]:
    """While it is entered, new objects lie where others were freed, in an order of the seed's."""
    random = Random(seed)  # noqa: S311 - nothing is kept secret
    blocks = [bytes(size) for size in _SIZES for _ in range(_BLOCKS)]
    random.shuffle(blocks)
    del blocks[len(blocks) // 2 :]
    yield
    blocks.clear()
