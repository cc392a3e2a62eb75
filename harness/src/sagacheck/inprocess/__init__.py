"""HTTP clients of activities, answered in this process by the world of their order."""

from sagacheck.inprocess.attempt_context import AttemptContext, in_context
from sagacheck.inprocess.fakes_client import FakesClient
from sagacheck.inprocess.httpx_patch import httpx_patch

__all__ = ["AttemptContext", "FakesClient", "httpx_patch", "in_context"]
