"""``locust -f load/``: orders under load, and a verdict on whether they are consistent.

    locust -f load/ --headless -u 8 -r 4 -t 60s          everything it needs is started
    locust -f load/ --headless -u 8 --rate 10 -t 5m --faults heavy --chaos
    locust -f load/ --headless -u 8 -t 60s --saga tests/sagas/naive.py:SAGA     must be found bad
    locust -f load/                                      with the web UI

Exit codes: 0 valid, 1 invalid, 2 wrong usage, 3 unknown.
"""

from sagacheck.load import Customer, listen

__all__ = ["Customer"]

listen()
