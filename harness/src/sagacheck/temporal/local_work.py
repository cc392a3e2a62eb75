"""The worker's half of a run's local activities: which are under way, and who waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sagacheck.temporal import sdk
from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.interfaces import Owner
from sagacheck.temporal.local_activity import LocalActivity
from sagacheck.temporal.local_core import End, Wanted, cancelled
from sagacheck.temporal.worker import SimulatedWorker


class LocalWork:
    """The local activities of one run that are under way.

    Args:
        owner: The run.
        ended: Told of each end.
        worker_lost: Told that the worker has died under an attempt.
    """

    def __init__(
        self, owner: Owner, ended: Callable[[End], None], worker_lost: Callable[[], None]
    ) -> None:
        self._owner = owner
        self._ended = ended
        self._worker_lost = worker_lost
        self._under_way: dict[int, LocalActivity] = {}
        self._dropped: set[LocalActivity] = set()

    @property
    def is_busy(self) -> bool:
        """Whether the workflow task has to wait for any of them."""
        return bool(self._under_way)

    def begin(self, wanted: Wanted, worker: SimulatedWorker) -> End | None:
        """Run one; its end, if its time is over before it has begun."""
        seq = wanted.command.seq
        local = LocalActivity(self._owner, wanted, worker, self._on_end, self._on_silence)
        if local.is_too_late:
            return local.too_late()
        self._under_way[seq] = local
        local.begin()
        return None

    def cancel(self, seq: int) -> End | None:
        """Ask one to cancel; its end, if it is between two attempts and nobody has to be asked."""
        local = self._under_way.get(seq)
        if local is None or local.cancel():
            return None
        del self._under_way[seq]
        return End(seq, attempt=0, seconds=0.0, failure=cancelled(), is_cancelled=True)

    def drop(self, seq: int) -> None:
        """Wait for one no longer; it goes on by itself."""
        if (local := self._under_way.pop(seq, None)) is not None:
            self._dropped.add(local)

    def stop(self) -> None:
        """Nobody waits for any of them any more: cancel them all, and hear of none."""
        for local in [*self._under_way.values(), *self._dropped]:
            local.forget()
        self._under_way.clear()
        self._dropped.clear()

    def _on_end(self, local: LocalActivity, end: End) -> None:
        # Workflow code goes on with it, which must not run inside of an activity's task.
        asyncio.get_running_loop().call_soon(self._deliver, local, end)

    def _deliver(self, local: LocalActivity, end: End) -> None:
        self._dropped.discard(local)
        if self._under_way.get(end.seq) is local:
            del self._under_way[end.seq]
            self._ended(end)

    def _on_silence(self, reason: BaseException) -> None:
        if isinstance(reason, sdk.CompleteAsync):
            error = UnsupportedError("asynchronous completion of a local activity")
            self._owner.service.break_down(error)
        else:
            asyncio.get_running_loop().call_soon(self._worker_lost)
