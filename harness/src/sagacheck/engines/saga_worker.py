"""A worker of the SDK that runs a saga under test."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from temporalio.client import Client
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from sagacheck.saga import SagaUnderTest

CACHED_WORKFLOWS = 1000
THREADS = 32
"""How many synchronous activities run at once."""
BUILD_ID = "under-test"
"""Without one the SDK hashes the code of every loaded module, which takes most of a second."""


def saga_worker(  # noqa: PLR0913 - as few as an SDK worker can do with
    client: Client,
    saga: SagaUnderTest,
    task_queue: str,
    *,
    interceptors: Sequence[Interceptor] = (),
    cached_workflows: int = CACHED_WORKFLOWS,
    threads: ThreadPoolExecutor | None = None,
) -> Worker:
    """A worker for `saga`, to be entered with ``async with``.

    Args:
        client: The connection to the server.
        saga: The saga under test.
        task_queue: The queue that the worker polls.
        interceptors: What stands around the saga's own interceptors, the first outermost.
        cached_workflows: How many workflows the worker keeps in memory between their tasks.
        threads: Where synchronous activities run; threads of the worker's own by default.
    """
    needs_threads = any(not inspect.iscoroutinefunction(each) for each in saga.activity_functions)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[saga.workflow, *saga.children],
        activities=saga.activity_functions,
        activity_executor=(threads or ThreadPoolExecutor(THREADS)) if needs_threads else None,
        max_concurrent_activities=THREADS if needs_threads else None,
        interceptors=[*interceptors, *saga.activity_interceptors],
        max_cached_workflows=cached_workflows,
        build_id=BUILD_ID,
        workflow_runner=(
            SandboxedWorkflowRunner() if saga.sandboxed else UnsandboxedWorkflowRunner()
        ),
    )
