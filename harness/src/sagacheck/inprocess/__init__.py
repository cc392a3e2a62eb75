"""Activities and their HTTP clients, answered in this process by the world of their order."""

from sagacheck.inprocess.allowed_hosts import read_host
from sagacheck.inprocess.attempt_context import AttemptContext, in_context
from sagacheck.inprocess.client_patches import client_patches
from sagacheck.inprocess.effect import ActivityEffect, effect
from sagacheck.inprocess.effect_interceptor import EffectInterceptor
from sagacheck.inprocess.effect_table import EffectTable
from sagacheck.inprocess.fakes_client import FakesClient
from sagacheck.inprocess.httpx_patch import httpx_patch
from sagacheck.inprocess.socket_guard import guarded_trial

__all__ = [
    "ActivityEffect",
    "AttemptContext",
    "EffectInterceptor",
    "EffectTable",
    "FakesClient",
    "client_patches",
    "effect",
    "guarded_trial",
    "httpx_patch",
    "in_context",
    "read_host",
]
