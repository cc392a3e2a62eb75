from __future__ import annotations

import subprocess
import sys

IMPORTED_LATE = """
import sys
from sagacheck.inprocess import client_patches

def outcome():
    try: requests.get("http://127.0.0.1:9/emails", timeout=1)
    except RuntimeError as error: return str(error)
    except requests.ConnectionError: return "a socket"

with client_patches():
    with client_patches():
        print([each for each in ("urllib3", "aiohttp", "requests") if each in sys.modules])
        import requests, aiohttp.connector
        print(outcome())
    print(outcome(), aiohttp.connector.BaseConnector.connect.__module__)
print(outcome(), aiohttp.connector.BaseConnector.connect.__code__.co_filename[-12:])
print(len([each for each in sys.meta_path if "sagacheck" in type(each).__module__]))
"""


def test_a_client_that_is_imported_late_is_answered_too() -> None:
    """The harness imports none by itself, and all is as before when the patches are closed."""
    script = [sys.executable, "-c", IMPORTED_LATE]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)

    caught = "GET http://127.0.0.1/emails was sent outside of any world"
    assert done.stdout.splitlines() == [
        "[]",
        caught,
        f"{caught} aiohttp.connector",
        "a socket connector.py",
        "0",
    ], done.stderr
