"""The engine that plays trials in virtual time, one after another."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from sagacheck.engines.quiet import quiet_sdk
from sagacheck.engines.simulated.simulated_trial import SimulatedTrial
from sagacheck.engines.trial import Trial
from sagacheck.inprocess import client_patches, guarded_trial
from sagacheck.interrupts import interrupted_by
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import EPOCH, VirtualTimeLoop
from sagacheck.world import LoopClock


class SimulatedEngine:
    """Plays trials in virtual time; use it with ``async with``.

    Args:
        saga: The saga under test.
        seed: Decides what is random: run ids, and the workflows' own random numbers.
        epoch: When virtual time begins, in seconds since the Unix epoch.
        evict_always: Whether each workflow is evicted after each of its tasks, and rebuilt for
            the next by replaying its history.
    """

    name = "simulated"

    def __init__(
        self,
        saga: SagaUnderTest,
        *,
        seed: int = 0,
        epoch: float = EPOCH,
        evict_always: bool = False,
    ) -> None:
        self._saga = saga
        self._evict_always = evict_always
        self._seed = seed
        self._epoch = epoch
        self._stack = AsyncExitStack()
        self._loop: VirtualTimeLoop | None = None

    async def __aenter__(self) -> Self:
        self._stack.enter_context(client_patches(self._saga.allow_hosts))
        self._stack.enter_context(quiet_sdk())
        self._thread = self._stack.enter_context(ThreadPoolExecutor(max_workers=1))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()
        if self._loop is not None:
            self._loop.close()

    def new_clock(self) -> LoopClock:
        """A clock that follows the trial's own event loop."""
        return LoopClock()

    async def play(self, trial: Trial) -> None:
        """Play `trial` to its end, and write down its outcomes."""
        # A loop cannot run inside a running one, so the trial's runs in a thread of its own.
        await asyncio.get_running_loop().run_in_executor(self._thread, self.play_now, trial)

    def play_now(self, trial: Trial) -> None:
        """Play `trial` in this thread, in which no event loop may be running.

        Trials are played one after another, and none depends on those before it.
        """
        loop, self._loop = self._loop or VirtualTimeLoop(), None
        try:
            simulated = SimulatedTrial(
                trial,
                self._saga,
                seed=self._seed,
                epoch=self._epoch,
                cached=not self._evict_always,
            )
            with guarded_trial(trial.refuse), interrupted_by(loop.interrupt):
                loop.run_until_complete(simulated.play())
        except KeyboardInterrupt:
            _interrupted.append(loop)
            raise
        except BaseException:
            _close(loop)
            raise
        if loop.has_threads:
            _close(loop)  # a thread that hangs would hold up the time of the next trial
        else:
            loop.restart()
            self._loop = loop


_interrupted: list[VirtualTimeLoop] = []
"""Loops whose tasks are left as they are: to cancel them would let code under test go on."""


def _close(loop: VirtualTimeLoop) -> None:
    loop.cancel_tasks()
    loop.close()
