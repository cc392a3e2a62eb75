"""Clients of activities, answered in this process by the world of their order."""

from sagacheck.inprocess.attempt_context import Caller, calling
from sagacheck.inprocess.fakes_client import FakesClient
from sagacheck.inprocess.httpx_patch import httpx_to_fakes

__all__ = ["Caller", "FakesClient", "calling", "httpx_to_fakes"]
