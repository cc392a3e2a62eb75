"""A saga during which a person presses Ctrl-C: in the middle of an order of customer-2."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

from sagacheck import interrupts

with workflow.unsafe.imports_passed_through():
    from scenarios import OrderSagaUnderTest


@activity.defn
async def press_ctrl_c(customer: str) -> None:
    """Send this process what the terminal sends on Ctrl-C, and wait until it has seen that."""
    if customer != "customer-2":
        return
    os.kill(os.getpid(), signal.SIGINT)
    while not (interrupts._handler and interrupts._handler.has_come):
        time.sleep(0.001)  # noqa: ASYNC251 - or the order would end


@workflow.defn
class Pressed:
    """Does nothing else."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, str]:
        """Complete."""
        await workflow.execute_activity(
            press_ctrl_c,
            str(order["customer_id"]),
            start_to_close_timeout=timedelta(seconds=10),
        )
        return {"status": "completed"}


SAGA = OrderSagaUnderTest(workflow=Pressed, activities=[press_ctrl_c], completed_means=())
