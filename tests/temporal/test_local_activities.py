"""Local activities run again where nothing is written of them: crashes, evictions, refused ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import temporalio.activity
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError

from sagacheck.temporal import NeverReports
from tests.temporal.simulation import Simulation, in_virtual_time, simulation, virtual_time

A_WHILE = timedelta(hours=2)
TASK_TIMEOUT_SECONDS = 10.0


class Diary:
    """What has happened: which activity ran when, in virtual seconds."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float]] = []
        self._deaths: Counter[str] = Counter()

    def die_in(self, name: str, times: int = 1) -> None:
        """Let the worker die under the next calls of an activity."""
        self._deaths[name] += times

    @contextmanager
    def around(self, info: temporalio.activity.Info) -> Iterator[None]:
        """Write down that an attempt begins, and let the worker die after it where it is to."""
        name = info.activity_type
        self.lines.append((name, round(asyncio.get_running_loop().time(), 3)))
        yield
        if self._deaths[name]:
            self._deaths[name] -= 1
            raise NeverReports(name)


@activity.defn
async def step(name: str) -> str:
    """Do something."""
    return name


@activity.defn
async def undo(name: str) -> str:
    """Undo it."""
    return f"{name} undone"


@activity.defn
async def slow(seconds: float) -> float:
    """Take some time."""
    await asyncio.sleep(seconds)
    return seconds


@activity.defn
async def far() -> None:
    """Be an ordinary activity."""


async def _local(fn: Any, *args: Any) -> Any:
    return await workflow.execute_local_activity(
        fn,
        args=args,
        start_to_close_timeout=A_WHILE,
    )


@workflow.defn
class TwoLocals:
    """Two local activities, then an ordinary one."""

    @workflow.run
    async def run(self) -> list[Any]:
        """Run them."""
        done = [await _local(step, "a"), await _local(undo, "a")]
        await workflow.execute_activity(far, start_to_close_timeout=A_WHILE)
        return done


@workflow.defn
class TwoAtOnce:
    """Two local activities at the same time."""

    @workflow.run
    async def run(self) -> list[Any]:
        """Run them."""
        return list(await asyncio.gather(_local(step, "a"), _local(undo, "b")))


@workflow.defn
class SlowLocal:
    """A local activity that outlasts two workflow tasks."""

    @workflow.run
    async def run(self, seconds: float) -> list[Any]:
        """Run it, with a quick one before it."""
        self._done = [await _local(step, "a")]
        self._done.append(await _local(slow, seconds))
        return self._done

    @workflow.query
    def done(self) -> list[Any]:
        """What has been done so far."""
        return self._done


async def _play(
    diary: Diary, workflow_class: Any, *args: Any, cached: bool = True
) -> tuple[Any, list[str]]:
    """The result of a workflow, and the kinds of its events."""
    async with simulation(
        workflow_class, activities=[step, undo, slow, far], around=diary.around, cached=cached
    ) as simulated:
        result = await simulated.run(workflow_class.run, *args, id="w")
        return result, simulated.events("w")


@virtual_time
async def test_a_crash_undoes_what_has_no_marker() -> None:
    """The worker dies under the second: the task times out, and the first runs again, too."""
    diary = Diary()
    diary.die_in("undo")

    result, events = await _play(diary, TwoLocals)

    assert result == ["a", "a undone"]
    assert diary.lines == [
        ("step", 0.0),
        ("undo", 0.0),
        ("step", TASK_TIMEOUT_SECONDS),
        ("undo", TASK_TIMEOUT_SECONDS),
        ("far", TASK_TIMEOUT_SECONDS),
    ]
    assert events[2:9] == [
        "workflow_task_started",
        "workflow_task_timed_out",
        "workflow_task_scheduled",
        "workflow_task_started",
        "workflow_task_completed",
        "marker_recorded",
        "marker_recorded",
    ]


@virtual_time
async def test_each_crash_costs_another_timeout() -> None:
    """Only the first of them is written down."""
    diary = Diary()
    diary.die_in("step", times=3)

    _, events = await _play(diary, TwoLocals)

    assert [at for name, at in diary.lines if name == "step"] == [0.0, 10.0, 20.0, 30.0]
    assert events.count("workflow_task_timed_out") == 1


@virtual_time
async def test_a_crash_after_a_heartbeat_spares_what_has_a_marker() -> None:
    """What the first of two tasks has written down stays; what was under way begins anew."""
    diary = Diary()
    diary.die_in("slow")

    result, events = await _play(diary, SlowLocal, 12.0)

    assert result == ["a", 12.0]
    # The first heartbeat is after 8 s; the death, at 12 s, is noticed when the second task is over.
    assert diary.lines == [("step", 0.0), ("slow", 0.0), ("slow", 18.0)]
    assert events.count("marker_recorded") == 2
    assert events.count("workflow_task_timed_out") == 1


@virtual_time
async def test_a_worker_dies_once_under_two_local_activities() -> None:
    """The task is rolled back once, times out once, and both run again."""
    diary = Diary()
    diary.die_in("step")
    diary.die_in("undo")

    result, events = await _play(diary, TwoAtOnce)

    assert result == ["a", "b undone"]
    assert diary.lines == [("step", 0.0), ("undo", 0.0), ("step", 10.0), ("undo", 10.0)]
    assert events.count("workflow_task_timed_out") == 1


@virtual_time
async def test_a_workflow_task_is_kept_alive_for_half_an_hour_at_the_most() -> None:
    """Then it times out, and the local activity begins anew."""
    diary = Diary()
    async with simulation(SlowLocal, activities=[step, slow], around=diary.around) as simulated:
        handle = await simulated.start(SlowLocal.run, 4000.0, id="w")
        await asyncio.sleep(1900)
        await handle.terminate()
        events = simulated.events("w")

    assert events.count("workflow_task_timed_out") == 1
    assert [name for name, _ in diary.lines] == ["step", "slow", "slow"]


@virtual_time
@pytest.mark.parametrize("cached", [True, False])
async def test_a_query_is_answered_when_the_workflow_task_is_kept_alive(cached: bool) -> None:
    """It waits for the task under way, and not for the local activity, as on a server."""
    diary = Diary()
    async with simulation(
        SlowLocal, activities=[step, slow], around=diary.around, cached=cached
    ) as simulated:
        handle = await simulated.start(SlowLocal.run, 30.0, id="w")
        await asyncio.sleep(1)
        answer = await handle.query(SlowLocal.done)
        assert (asyncio.get_running_loop().time(), answer) == (8.0, ["a"])
        assert await handle.result() == ["a", 30.0]
    assert diary.lines == [("step", 0.0), ("slow", 0.0)]


def test_an_eviction_makes_no_difference() -> None:
    """A workflow that is rebuilt has its local activities from their markers."""
    usual, forgetful = Diary(), Diary()

    first = in_virtual_time(lambda: _play(usual, SlowLocal, 30.0))
    second = in_virtual_time(lambda: _play(forgetful, SlowLocal, 30.0, cached=False))

    assert first == second
    assert usual.lines == forgetful.lines


@virtual_time
async def test_an_eviction_under_a_local_activity_makes_no_difference() -> None:
    """The code is rebuilt when the activity has ended, and does not ask for it again."""
    diary = Diary()
    async with simulation(SlowLocal, activities=[step, slow], around=diary.around) as simulated:
        handle = await simulated.start(SlowLocal.run, 5.0, id="w")
        await asyncio.sleep(1)
        assert handle.first_execution_run_id is not None
        simulated.worker.evict(handle.first_execution_run_id)
        assert await handle.result() == ["a", 5.0]
    assert diary.lines == [("step", 0.0), ("slow", 0.0)]


@virtual_time
async def test_a_signal_at_the_end_makes_everything_run_again() -> None:
    """The end is refused until the code has seen the signal; what had no marker runs twice."""
    diary = Diary()
    async with simulation(SlowLocal, activities=[step, slow], around=diary.around) as simulated:
        handle: WorkflowHandle[object, object] = await simulated.start(SlowLocal.run, 5.0, id="w")
        await asyncio.sleep(1)
        await handle.signal("anything")
        await handle.result()
        events = simulated.events("w")

    assert [name for name, _ in diary.lines] == ["step", "slow", "step", "slow"]
    assert events[3:5] == ["workflow_task_failed", "workflow_execution_signaled"]


@activity.defn
async def hang() -> None:
    """Never return."""
    await asyncio.Event().wait()


@workflow.defn
class TrustsTheError:
    """Takes a local activity's timeout for an `ActivityError`, which it is, but not in a replay."""

    @workflow.run
    async def run(self, patient: bool) -> str:
        """Let it time out, and go on with an ordinary activity."""
        try:
            await workflow.execute_local_activity(
                hang,
                start_to_close_timeout=timedelta(seconds=1),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except FailureError as error:
            if not patient and not isinstance(error, ActivityError):
                raise
        await workflow.execute_activity(far, start_to_close_timeout=A_WHILE)
        await workflow.execute_activity(far, start_to_close_timeout=A_WHILE)
        return "done"


async def _replayed(patient: bool) -> str:
    async with simulation(TrustsTheError, activities=[hang, far], cached=False) as simulated:
        handle = await simulated.start(TrustsTheError.run, patient)
        await asyncio.wait({asyncio.ensure_future(handle.result())}, timeout=60)
        return _why_failing(simulated) or await handle.result()


def _why_failing(simulated: Simulation) -> str:
    run = simulated.temporal.find("TrustsTheError")
    assert run is not None, "it was started"
    return run.tasks.failure


@virtual_time
async def test_a_timeout_of_whatever_class_can_be_replayed() -> None:
    """Code that does not look at its class does the same again."""
    assert await _replayed(patient=True) == "done"


@virtual_time
@pytest.mark.does_not_replay  # that is the point, and the SDK's replayer says the same
async def test_a_timeout_is_another_error_when_it_is_replayed() -> None:
    """Code that waits for an `ActivityError` does not get it again: so it is in the SDK's core."""
    assert "[TMPRL1100]" in await _replayed(patient=False)
