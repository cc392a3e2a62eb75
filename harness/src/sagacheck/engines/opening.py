"""Opens an engine by its name.

*server* plays on a real Temporal server, embedded or by its address. *simulated* plays in virtual
time in this process. Both run the real workflow code and the real activities.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sagacheck.engines.engine import Engine
from sagacheck.saga import SagaUnderTest


def open_engine(
    name: str,
    saga: SagaUnderTest,
    *,
    address: str | None = None,
    skips_time: bool | None = None,
    evict_always: bool = False,
) -> AbstractAsyncContextManager[Engine]:
    """The engine called `name`, to be entered with ``async with``.

    Args:
        name: One of `ENGINES`.
        saga: The saga under test.
        address: For the server engine, a server that is running already.
        skips_time: Whether that server can skip time; by default it cannot.
        evict_always: Whether each workflow is evicted after each of its tasks, and rebuilt for
            the next by replaying its history.
    """
    # An engine is imported when it is opened: the SDK takes half a second.
    if name == "simulated":
        from sagacheck.engines.simulated.engine import SimulatedEngine  # noqa: PLC0415

        return SimulatedEngine(saga, evict_always=evict_always)
    from sagacheck.engines.server.engine import ServerEngine  # noqa: PLC0415

    return ServerEngine(saga, address=address, skips_time=skips_time, evict_always=evict_always)
