"""The calls that the simulated service takes, by their names."""

from __future__ import annotations

from typing import Any

from sagacheck.temporal.frontend.activity_reports import REPORTS
from sagacheck.temporal.frontend.reads import (
    describe_workflow_execution,
    get_workflow_execution_history,
    query_workflow,
)
from sagacheck.temporal.frontend.writes import (
    execute_multi_operation,
    poll_workflow_execution_update,
    request_cancel_workflow_execution,
    signal_with_start_workflow_execution,
    signal_workflow_execution,
    start_workflow_execution,
    terminate_workflow_execution,
    update_workflow_execution,
)

CALLS: dict[str, Any] = {
    call.__name__: call
    for call in (
        start_workflow_execution,
        signal_with_start_workflow_execution,
        execute_multi_operation,
        signal_workflow_execution,
        request_cancel_workflow_execution,
        terminate_workflow_execution,
        update_workflow_execution,
        poll_workflow_execution_update,
        query_workflow,
        get_workflow_execution_history,
        describe_workflow_execution,
    )
} | REPORTS
