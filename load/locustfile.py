"""``locust -f load/``: orders under load, and a verdict on whether they are consistent.

    locust -f load/ --headless -u 8 -r 4 -t 60s          everything it needs is started
    locust -f load/ --headless -u 8 --rate 10 -t 5m --faults heavy --chaos
    locust -f load/ --headless -u 8 -t 60s --saga tests/sagas/naive.py:SAGA     must be found bad
    locust -f load/                                      with the web UI

Exit codes: 0 valid, 1 invalid, 2 wrong usage, 3 unknown.
"""

import sys

from load._orders import DECLINED_CARD, SCARCE, OrdersClient, draw_order, worker_environment
from sagacheck.load import Customer, WorkerProgram, Workload, listen

__all__ = ["Customer"]

PIECES, LAST_PIECES = 10_000_000, 100
"""How much there is of each article, and of the one that is sold out."""
SHIPS_AFTER = "2s"
"""Parcels leave so soon that some are gone when their orders are to be undone."""

listen(
    Workload(
        saga="scenarios:SAGA",
        draw_order=draw_order,
        order_client=OrdersClient,
        services=(
            *(sys.executable, "-m", "fakes"),
            *("--default-stock", str(PIECES), "--stock", f"{SCARCE}={LAST_PIECES}"),
            *("--declined-card", DECLINED_CARD, "--ships-after", SHIPS_AFTER),
        ),
        worker=WorkerProgram(("orders", "worker"), worker_environment),
        workflow_may_fail=False,
        task_queue="orders",
    )
)
