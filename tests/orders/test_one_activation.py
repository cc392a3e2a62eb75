"""What happens in one activation of the workflow, where order and coincidence are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from tests.orders._activation import (
    Activations,
    Rules,
    query_status,
    signal_cancel,
    update_cancel,
    workflow_cancel,
)
from tests.orders._messages import order

STEPS = ("reserve_inventory", "charge_payment", "create_shipment", "send_confirmation")
UNDOS = ("release_inventory", "refund_payment", "cancel_shipment")
MEANS = {"signal": signal_cancel, "update": update_cancel, "workflow": workflow_cancel}

Cancel = Callable[[], WorkflowActivationJob]


@pytest.fixture(params=Rules, ids=[rules.name.lower() for rules in Rules])
def flow(request: pytest.FixtureRequest) -> Iterator[Activations]:
    """An order's workflow, by all the rules that the SDK may have for what arrives together."""
    with Activations(order(), request.param) as activations:
        yield activations


def _begin(flow: Activations, step: str) -> None:
    """Bring the workflow to the point where `step` is in flight."""
    flow.activate(flow.start())
    for done in STEPS[: STEPS.index(step)]:
        flow.activate(flow.completed(done))


def _undone(flow: Activations) -> list[str]:
    return [activity for activity in flow.scheduled if activity in UNDOS]


def _all_undone(step: str) -> list[str]:
    """The undos of all steps up to `step`, the last one first."""
    return list(reversed(UNDOS[: STEPS.index(step) + 1]))


@pytest.mark.parametrize("cancel_first", [True, False], ids=["cancel first", "step first"])
@pytest.mark.parametrize("step", STEPS)
def test_workflow_cancel_together_with_a_step(
    flow: Activations, step: str, cancel_first: bool
) -> None:
    """A workflow that is cancelled in the moment a step completes undoes all steps."""
    _begin(flow, step)
    together = [workflow_cancel(), flow.completed(step)]
    flow.activate(*(together if cancel_first else reversed(together)))
    flow.play_to_the_end()
    assert _undone(flow) == _all_undone(step)
    assert flow.status == "cancelled"


@pytest.mark.parametrize("cancel", [signal_cancel, update_cancel], ids=["signal", "update"])
@pytest.mark.parametrize("step", STEPS[:-1])
def test_customer_cancels_together_with_a_step(
    flow: Activations, step: str, cancel: Cancel
) -> None:
    """An order that is cancelled in the moment a step completes undoes all steps."""
    _begin(flow, step)
    flow.activate(cancel(), flow.completed(step))
    flow.play_to_the_end()
    assert _undone(flow) == _all_undone(step)
    assert flow.status == "failed"
    assert flow.result.error == "OrderCancelled: changed my mind"


@pytest.mark.parametrize("cancel", [signal_cancel, update_cancel], ids=["signal", "update"])
def test_customer_cancels_together_with_the_confirmation(flow: Activations, cancel: Cancel) -> None:
    """A cancel that comes together with the confirmation's completion is too late."""
    _begin(flow, "send_confirmation")
    flow.activate(cancel(), flow.completed("send_confirmation"))
    assert (flow.status, _undone(flow)) == ("completed", [])
    assert all(
        "is on its way" in answer.update_response.rejected.message for answer in flow.answers
    )


@pytest.mark.parametrize("cancel", MEANS.values(), ids=MEANS)
def test_cancelled_in_the_first_activation(flow: Activations, cancel: Cancel) -> None:
    """An order that is cancelled before its first task leaves nothing behind."""
    flow.activate(flow.start(), cancel())
    flow.play_to_the_end()
    steps = [activity for activity in flow.scheduled if activity in STEPS]
    assert _undone(flow) == [UNDOS[STEPS.index(step)] for step in reversed(steps)]
    assert flow.status == ("cancelled" if cancel is workflow_cancel else "failed")


@pytest.mark.parametrize("step", STEPS[:-1])
def test_all_means_of_cancelling_at_once(flow: Activations, step: str) -> None:
    """Signal, update and workflow cancel in one activation undo everything once."""
    _begin(flow, step)
    flow.activate(signal_cancel(), update_cancel(), workflow_cancel())
    flow.play_to_the_end()
    assert _undone(flow) == _all_undone(step)
    assert flow.status == "cancelled"


@pytest.mark.parametrize("cancel", MEANS.values(), ids=MEANS)
@pytest.mark.parametrize("undo", UNDOS)
def test_cancelled_together_with_an_undo(flow: Activations, undo: str, cancel: Cancel) -> None:
    """A rollback goes on to its end when a cancel comes together with the end of one undo."""
    _begin(flow, "send_confirmation")
    flow.activate(flow.failed("send_confirmation", "InvalidRequest"))
    while undo not in flow.scheduled:
        flow.activate(flow.completed(flow.scheduled[-1]))
    flow.activate(cancel(), flow.completed(undo))
    flow.play_to_the_end()
    assert _undone(flow) == list(reversed(UNDOS))
    assert flow.status == ("cancelled" if cancel is workflow_cancel else "failed")


@pytest.mark.parametrize("cancel", MEANS.values(), ids=MEANS)
def test_cancelled_while_the_order_stands(flow: Activations, cancel: Cancel) -> None:
    """Once the parcel has left nothing cancels the order: it completes, and says what came late."""
    _begin(flow, "create_shipment")
    flow.activate(flow.failed("create_shipment", "ReadTimeout"))
    flow.activate(flow.failed("cancel_shipment", "AlreadyShipped"))
    flow.activate(cancel())
    flow.play_to_the_end()
    assert flow.scheduled[-2:] == ["create_shipment", "send_confirmation"]
    assert flow.status == "completed"
    assert flow.result.too_late == "ReadTimeout: no"
    assert all("has left" in answer.update_response.rejected.message for answer in flow.answers)


@pytest.mark.parametrize("reached", [*STEPS, *UNDOS])
def test_eviction_leaves_nothing_running(reached: str) -> None:
    """A worker can drop the workflow at any point: leaving the block fails where a task stays."""
    with Activations(order()) as flow:
        flow.activate(flow.start())
        while reached not in flow.scheduled:
            activity = flow.scheduled[-1]
            last_step = activity == STEPS[-1]
            flow.activate(flow.failed(activity, "No") if last_step else flow.completed(activity))
    assert flow.ending is None


def test_status_of_a_cancelled_order(flow: Activations) -> None:
    """The status of a workflow that was cancelled is final, and not that it is being undone."""
    _begin(flow, "charge_payment")
    flow.activate(workflow_cancel())
    flow.play_to_the_end()
    flow.activate(query_status())
    assert flow.answers[-1].respond_to_query.succeeded.response.data == b'"cancelled"'


def test_result_that_cannot_be_read_fails_the_task_and_not_the_order() -> None:
    """An activity's unreadable result is a bug to be mended; the order waits and loses nothing."""
    with Activations(order()) as flow:
        flow.activate(flow.start())
        flow.activate(flow.completed("reserve_inventory"))
        flow.activate(flow.completed("charge_payment"))
        unreadable = flow.completed("create_shipment")
        unreadable.resolve_activity.result.completed.result.data = b'{"shipment": 1}'
        with pytest.raises(AssertionError, match="Failed decoding arguments"):
            flow.activate(unreadable)
    assert flow.ending is None
