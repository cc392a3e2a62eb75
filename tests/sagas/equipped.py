"""Sagas that need more of their workers and of their server than workflows and activities."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

with workflow.unsafe.imports_passed_through():
    from tests.sagas.small import RESERVES, Order, reserve_goods

ORDER_STATUS = SearchAttributeKey.for_keyword("OrderStatus")
GIFT_WRAPPING = 5.0


@workflow.defn
class SaysHowFarItIs:
    """Reserves the goods, and says so in a search attribute."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, and say so."""
        workflow.upsert_search_attributes([ORDER_STATUS.value_set("reserving")])
        total = await workflow.execute_activity(
            reserve_goods, order, start_to_close_timeout=timedelta(minutes=1)
        )
        workflow.upsert_search_attributes([ORDER_STATUS.value_set("reserved")])
        return {"status": "completed", "total": total}


class Wraps(Interceptor):
    """Wraps the goods as a gift: an activity costs more, and a workflow tells."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Let an activity cost more."""
        return _DearerActivity(next)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """Let a workflow tell."""
        del input
        return _TellingWorkflow


class _DearerActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        return GIFT_WRAPPING + await super().execute_activity(input)


class _TellingWorkflow(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - the SDK's name
        return {**await super().execute_workflow(input), "wrapped": True}


FORGETFUL = replace(RESERVES, workflow=SaysHowFarItIs)
"""The server does not have its search attribute."""
SEARCHABLE = replace(FORGETFUL, search_attributes=[ORDER_STATUS])
MISTYPED = replace(FORGETFUL, search_attributes=[SearchAttributeKey.for_int(ORDER_STATUS.name)])
WRAPPED = replace(RESERVES, interceptors=[Wraps()])
