"""The bridge from greenlets to coroutines, in a process that is patched as Locust's are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.load._runs import ROOT

PREAMBLE = """
from gevent import monkey; monkey.patch_all()
import asyncio, os, time, gevent
from sagacheck.load.users.bridge import Bridge, BridgeClosedError
bridge = Bridge()

async def echo(value, seconds=0.0):
    await asyncio.sleep(seconds)
    return value

async def fail():
    raise LookupError("not there")

started, ended = [], []
async def note_end():
    started.append(True)
    try:
        await asyncio.sleep(60)
    finally:
        ended.append(True)

def wait_for(happened):
    while not happened:
        bridge.call(asyncio.sleep, 0.01)
"""

CASES = {
    "results come back, of many greenlets at once": """
jobs = [gevent.spawn(bridge.call, echo, n, 0.5) for n in range(200)]
began = time.monotonic()
assert [job.get() for job in jobs] == list(range(200))
assert time.monotonic() - began < 50, "they do not wait for each other"
""",
    "errors are raised where the result is awaited": """
try:
    bridge.call(fail)
except LookupError as error:
    assert str(error) == "not there"
else:
    raise AssertionError("it did not fail")
""",
    "a call that takes too long is cancelled on the loop": """
try:
    bridge.call(note_end, timeout=2)
except gevent.Timeout:
    pass
wait_for(ended)
""",
    "a greenlet that is killed takes its call with it": """
job = gevent.spawn(bridge.call, note_end)
wait_for(started)
job.kill()
wait_for(ended)
""",
    "a call that waits for a bridge that is closed is an error": """
job = gevent.spawn(bridge.call, note_end)
wait_for(started)
bridge.close()
job.join()
assert isinstance(job.exception, BridgeClosedError), job.exception
try:
    bridge.call(echo, 1)
except BridgeClosedError:
    pass
else:
    raise AssertionError("it is closed")
""",
    "a forked process has a bridge of its own": """
assert bridge.call(echo, 1) == 1
if (child := gevent.os.fork()) == 0:
    os._exit(0 if bridge.call(echo, 2, timeout=60) == 2 else 1)
_, status = os.waitpid(child, 0)
assert status == 0
assert bridge.call(echo, 3) == 3
""",
    "threads, which would hang, are refused": """
async def in_thread():
    return await asyncio.to_thread(print)
try:
    bridge.call(in_thread)
except RuntimeError as error:
    assert "executor" in str(error)
else:
    raise AssertionError("it ran")
""",
}


@pytest.mark.parametrize("case", CASES)
def test_bridge(case: str) -> None:
    """Each case is a script with its own assertions."""
    script = f"{PREAMBLE}{CASES[case]}\nos._exit(0)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
