"""Workflows for the SDK's sandbox, which imports their module anew for each run."""

from __future__ import annotations

import asyncio
import time

from temporalio import workflow


@workflow.defn
class Sandboxed:
    """Does what the sandbox allows."""

    @workflow.run
    async def run(self) -> str:
        """Sleep."""
        await asyncio.sleep(60)
        return "slept in the sandbox"


@workflow.defn
class Refused:
    """Does what the sandbox does not allow."""

    @workflow.run
    async def run(self) -> None:
        """Sleep in real time."""
        time.sleep(60)  # noqa: ASYNC251 - that is the point
