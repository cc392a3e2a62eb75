"""The saga under test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import temporalio.converter
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.worker import Interceptor
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from sagacheck.config import read_horizon
from sagacheck.errors import UnplayableError
from sagacheck.inprocess import ActivityEffect, EffectInterceptor, EffectTable, read_host
from sagacheck.language import (
    AnyOrder,
    CancelBy,
    Dialect,
    Event,
    EventKind,
    GivenWords,
    Message,
    Messages,
    OrderWords,
    WrittenOrder,
)
from sagacheck.network import Callback
from sagacheck.saga.handlers import names_in
from sagacheck.saga.messages import (
    Webhook,
    Written,
    cancel_message,
    check_name,
    read_message,
    sent_by_people,
    sent_by_webhook,
)
from sagacheck.saga.results import nothing_means_completed, reading
from sagacheck.saga.workflow_ids import AN_ID, check_workflow_id, order_in
from sagacheck.saga.workflow_input import input_problem
from sagacheck.services import OperationTable, Service, ServiceFactory, operations_of
from sagacheck.temporal import workflow_definition
from sagacheck.world import World, duration_text

DAY = 86_400.0
"""Seconds."""
DEFAULT_HORIZON = 2 * DAY

CANCEL_SIGNAL, CANCEL_UPDATE = "cancel", "request_cancel"
"""The messages by which a workflow is asked to cancel its order."""


_UNKNOWN_TERMS = (
    "{word}= is compared with what was ordered, which the words of an order do not say; "
    "give SagaUnderTest orders= a class with {method}()"
)


def _no_services(_: World) -> list[Service]:
    return []


@dataclass(frozen=True, kw_only=True)
class SagaUnderTest:
    """A saga and how it is run.

    Attributes:
        workflow: The workflow class.
        activities: Its activities, as a worker takes them; `effect` puts one under test that makes
            no HTTP call.
        data_converter: The converter that its workers and clients use.
        workflow_id: The id of the workflow that runs an order: a text with ``{order_id}`` in it.
            All submissions of an order mean one workflow; one id for each click, such as
            ``{order_id}-{n}``, is refused.
        id_reuse_policy: What its client does with an order id that was used before.
        completed_means: The creates whose effects must be live when an order completes; by default
            all creates of the services but messages that tell something else than success, and what
            another create uses up.
        children: The workflows that `workflow` starts as its children. Where the id of a child
            begins with its parent's id and a slash, its calls are known to be the order's.
        order_of: The order that a workflow belongs to, by the workflow's id, for children with
            other ids; ``None`` for a workflow of no order. On a server, trials of such a saga are
            played one after another, as their children have the same ids.
        task_queues: The task queues that its workers poll, beside that of the orders' workflows.
        cancel_granted: How the answers of its update ``request_cancel`` read: whether an answer, as
            the data converter decodes it, grants the cancellation; ``None`` where it leaves that
            open. By default a text, a truth value or an object with a field such as ``accepted``
            is understood, and a handler or validator that raises refuses.
        ending: How its workflows say how an order ended, where they do not return an object with
            ``status``, ``error`` and ``left`` in it: makes of a result, as the data converter
            decodes it, or of the exception with which the workflow failed, a status such as
            ``"failed"``, a tuple ``(status, error, left)``, or such an object. ``None`` is for what
            it does not understand: then the verdict is unknown, and for a failure it is a failure.
            Without it a workflow that returns nothing has completed its order, if it never returns
            anything else.
        arguments: What goes into its workflow: makes of an order, which has the keys of `orders`
            as attributes, the positional arguments, such as ``lambda order: [Transfer(order.id)]``.
            By default one argument, a mapping of all keys (`OrderWords.as_input`).
        cancel_signal: The signal that asks its workflow to cancel: its name, which is sent with the
            reason where the handler takes an argument, or ``("stop", "by", "ann")`` with arguments.
        cancel_update: The same for an update.
        people: What people send to each order, one message after another and then from the first
            again, whenever nothing of it has been under way for a minute: ``["approve"]`` or
            ``[("approve", "ann"), ("confirm", 10)]``, signals or updates. They stay away from a
            scenario that sends a signal or an update itself.
        webhook: What comes of a callback of a service (`Operation.callback`): makes of it a signal
            or an update of the order's workflow, ``"paid"`` or ``("paid", 10)``, or ``None``. By
            default a signal with the name of the callback's event, and its body as argument.
        horizon: How long an order may take, as text (``"30d"``) or timedelta; by default what
            pyproject.toml says, else two days. An order that has not ended by then is stuck. Faults
            end a day before, or in the middle of a horizon of less than two days.
        attempt_limit: How many attempts at activities a trial may make, before all faults end. An
            order that makes as many again spins.
        reset: Called before each trial, so that what activities keep by themselves, in memory or in
            a database, begins anew. On a server trials of such a saga are played one after another.
        allow_hosts: Hosts that its activities may reach over sockets: ``"db.internal"`` at any
            port, ``"localhost:5432"``, or the path of a Unix socket. What they send there suffers
            no fault; a connection to anywhere else is refused.
        search_attributes: Those that its workflows set. They are added to the Temporal server; an
            attribute that is not among them is refused, as a server does that does not have it.
        interceptors: Those of its workers, the first outermost.
        services: Makes the services around it; those of declared effects are made beside them.
        orders: How scenarios write an order; an id alone by default.
        given: How scenarios write the world at the beginning; by default with the settings that all
            services have.
    """

    workflow: type
    activities: Sequence[Callable[..., Any] | ActivityEffect]
    data_converter: temporalio.converter.DataConverter = temporalio.converter.DataConverter.default
    workflow_id: str = AN_ID
    id_reuse_policy: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE
    completed_means: tuple[str, ...] | None = None
    children: Sequence[type] = ()
    order_of: Callable[[str], str | None] | None = None
    task_queues: Sequence[str] = ()
    cancel_granted: Callable[[Any], bool | None] | None = None
    ending: Callable[[Any], Any] | None = None
    arguments: Callable[[Any], Sequence[Any]] | None = None
    cancel_signal: Written = CANCEL_SIGNAL
    cancel_update: Written = CANCEL_UPDATE
    people: Sequence[Written] = ()
    webhook: Webhook | None = None
    horizon: str | timedelta | None = None
    attempt_limit: int = 10_000
    reset: Callable[[], object] | None = None
    allow_hosts: Sequence[str] = ()
    search_attributes: Sequence[SearchAttributeKey[Any]] = ()
    interceptors: Sequence[Interceptor] = ()
    services: ServiceFactory = _no_services
    orders: type[OrderWords] = OrderWords
    given: type[GivenWords] = GivenWords

    def __post_init__(self) -> None:
        """Check what can be checked without the workflow.

        Raises:
            ValueError: The ids of workflows cannot be made, an effect cannot be as declared, or a
                host is none.
        """
        check_workflow_id(self.workflow_id)
        self._check_hosts()
        if self.effects.effects:
            self._check_effects()

    @cached_property
    def horizon_seconds(self) -> float:
        """How long an order may take.

        Raises:
            ValueError: `horizon` is no duration.
        """
        return DEFAULT_HORIZON if self.horizon is None else read_horizon(self.horizon)

    @property
    def faults_end_at(self) -> float:
        """Seconds after which all faults end, so that an order has time to end without them."""
        return max(self.horizon_seconds / 2, self.horizon_seconds - DAY)

    @property
    def horizon_in_words(self) -> str:
        """How long an order may take and what sets it, for messages."""
        return f"{duration_text(self.horizon_seconds)} (SagaUnderTest.horizon)"

    @cached_property
    def activity_functions(self) -> Sequence[Callable[..., Any]]:
        """Its activities, as a worker takes them."""
        return [e.activity if isinstance(e, ActivityEffect) else e for e in self.activities]

    @cached_property
    def effects(self) -> EffectTable:
        """The effects that its activities have by themselves."""
        return EffectTable(tuple(e for e in self.activities if isinstance(e, ActivityEffect)))

    @cached_property
    def activity_interceptors(self) -> Sequence[Interceptor]:
        """What stands around its activities and workflows, the first outermost."""
        if not self.effects.effects:
            return self.interceptors
        return [*self.interceptors, EffectInterceptor(self.effects)]

    @cached_property
    def reading(self) -> Callable[[Any], Any] | None:
        """How results and failures of its workflow read; ``None`` for the usual words."""
        return reading(self.workflow, self.ending)

    @cached_property
    def nothing_is_open(self) -> bool:
        """Whether only the services show what a workflow means that returns nothing."""
        return self.ending is None and nothing_means_completed(self.workflow) is None

    @property
    def plays_alone(self) -> bool:
        """Whether two trials in one process would disturb each other."""
        return self.order_of is not None or self.reset is not None

    def order_id_of(self, workflow_id: str) -> str:
        """The order that a workflow belongs to: its own, or that of the parent workflow."""
        named = self.order_of(workflow_id) if self.order_of else None
        return order_in(workflow_id, self.workflow_id) if named is None else named

    def all_services(self, world: World) -> list[Service]:
        """All services around it, made over `world`."""
        return [*self.services(world), *self.effects.services(world)]

    @cached_property
    def operations(self) -> OperationTable:
        """The operations of its services."""
        return operations_of(self.all_services)

    def _check_hosts(self) -> None:
        if isinstance(self.allow_hosts, str):
            msg = f"allow_hosts={self.allow_hosts!r} is a text: write a list of hosts"
            raise ValueError(msg)  # noqa: TRY004 - what is wrong is the setting's value
        for each in self.allow_hosts:
            read_host(each)

    def _check_effects(self) -> None:
        """Check what effects say beside other settings.

        Raises:
            ValueError: They need an operation or a property of orders that there is not.
        """
        names = self.operations.names
        for each in self.effects.effects:
            for needed in each.needs:
                if needed not in self.operations:
                    raise each.problem(f"needs={needed!r} is not among {', '.join(names)}")
            if each.amount is not None and self.orders.price is OrderWords.price:
                raise each.problem(_UNKNOWN_TERMS.format(word="amount", method="price"))
            if each.lines is not None and self.orders.lines is OrderWords.lines:
                raise each.problem(_UNKNOWN_TERMS.format(word="lines", method="lines"))

    @cached_property
    def dialect(self) -> Dialect:
        """The language of its scenarios."""
        signals = self._handled(workflow_definition(self.workflow).signals, "signal")
        updates = self._handled(workflow_definition(self.workflow).updates, "update")
        return Dialect(self.operations, self.orders, self.given, Messages(signals, updates))

    def _handled(self, handlers: Collection[str | None], kind: str) -> tuple[str, ...] | None:
        """The names of messages of a kind that the workflow handles; ``None`` if it may any.

        Its code may add handlers while it runs, which nobody can know before.
        """
        adds = {f"set_{kind}_handler", f"set_dynamic_{kind}_handler"}
        if None in handlers or not adds.isdisjoint(names_in(self.workflow)):
            return None
        return tuple(sorted(name for name in handlers if name))

    @cached_property
    def promised(self) -> tuple[str, ...]:
        """The creates whose effects must be live when an order completes."""
        if self.completed_means is not None:
            return self.completed_means
        creates = self.operations.creates
        used_up = {operation.uses_up for operation in creates}
        return tuple(
            operation.name
            for operation in creates
            if (
                operation.tells in ("success", "nothing") or self.operations.undo_of(operation.name)
            )
            and operation.name not in used_up
        )

    @cached_property
    def workflow_name(self) -> str:
        """The name under which the workflow is registered."""
        return workflow_definition(self.workflow).name or self.workflow.__name__

    @cached_property
    def signals(self) -> frozenset[str]:
        """The signals that the workflow handles."""
        return frozenset(name for name in workflow_definition(self.workflow).signals if name)

    @cached_property
    def updates(self) -> frozenset[str]:
        """The updates that the workflow handles."""
        return frozenset(name for name in workflow_definition(self.workflow).updates if name)

    @cached_property
    def queries(self) -> frozenset[str]:
        """The queries that the workflow answers."""
        return frozenset(name for name in workflow_definition(self.workflow).queries if name)

    @property
    def means_to_cancel(self) -> tuple[CancelBy, ...]:
        """The means by which the workflow can be cancelled, the best one first."""
        return (
            *([CancelBy.SIGNAL] if _name_of(self.cancel_signal) in self.signals else []),
            *([CancelBy.UPDATE] if _name_of(self.cancel_update) in self.updates else []),
            CancelBy.WORKFLOW,
        )

    def is_cancel(self, event: Event) -> bool:
        """Whether an event asks for a cancellation, be it by the name of a message."""
        if event.message is None:
            return event.kind is EventKind.CANCEL
        by_signal = event.kind is EventKind.SIGNAL
        return event.message.name == _name_of(
            self.cancel_signal if by_signal else self.cancel_update
        )

    def cancel_message(self, by: CancelBy, reason: str) -> Message:
        """The signal or update that asks the workflow to cancel its order."""
        definition = workflow_definition(self.workflow)
        if by is CancelBy.SIGNAL:
            signal = definition.signals.get(_name_of(self.cancel_signal))
            return cancel_message(self.cancel_signal, signal.fn if signal else None, reason)
        update = definition.updates.get(_name_of(self.cancel_update))
        return cancel_message(self.cancel_update, update.fn if update else None, reason)

    def events_of_people(self, order: str) -> list[Event]:
        """What people send to an order, one after another, whenever it waits for a message."""
        return sent_by_people(self.people, self.updates, order)

    @cached_property
    def callbacks(self) -> tuple[str, ...]:
        """The events of which its services tell it by themselves."""
        named = (each.callback for each in self.operations.operations)
        return tuple(dict.fromkeys(filter(None, named)))

    def event_of_callback(self, callback: Callback, at: float) -> Event | None:
        """What a callback that arrives at `at` sends to its order; ``None`` for nothing.

        Raises:
            UnplayableError: `webhook` fails, or makes no message.
        """
        return sent_by_webhook(self.webhook, callback, self.updates, at)

    def check_messages(self) -> None:
        """Check that the workflow handles what its settings name.

        Raises:
            ValueError: It does not.
        """
        known = self.dialect.messages
        if self.cancel_signal != CANCEL_SIGNAL:
            check_name("cancel_signal", self.cancel_signal, known.signals)
        if self.cancel_update != CANCEL_UPDATE:
            check_name("cancel_update", self.cancel_update, known.updates)
        any_name = known.signals is None or known.updates is None
        handled = None if any_name else (*(known.signals or ()), *(known.updates or ()))
        for each in self.people:
            check_name("people", each, handled)
        if self.webhook is None:
            for event in self.callbacks:
                check_name("webhook", event, known.signals)

    @cached_property
    def sandboxed(self) -> bool:
        """Whether the SDK's workflow sandbox can import the workflow; if not, it runs without."""
        try:
            SandboxedWorkflowRunner().prepare_workflow(workflow_definition(self.workflow))
        except Exception:  # noqa: BLE001 - an import may fail with any error
            return False
        return True

    def input_of(self, order: AnyOrder) -> Any:
        """What goes into the workflow for `order`, as one argument."""
        return order.as_json()

    def arguments_of(self, order: AnyOrder) -> Sequence[Any]:
        """What goes into the workflow for `order`.

        Raises:
            UnplayableError: `arguments` makes no list of it, or the workflow cannot take them.
        """
        arguments = self._arguments_of(order)
        if not self._inputs_checked:
            converter = self.data_converter.payload_converter
            if problem := input_problem(self.workflow, converter, arguments):
                raise UnplayableError(problem)
            self._inputs_checked.append(True)
        return arguments

    @cached_property
    def _inputs_checked(self) -> list[bool]:
        """Not empty once its workflow could take an order: they are all written alike."""
        return []

    def _arguments_of(self, order: AnyOrder) -> Sequence[Any]:
        if self.arguments is None:
            return [self.input_of(order)]
        try:
            return list(self.arguments(order.entry if isinstance(order, WrittenOrder) else order))
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            msg = f"SagaUnderTest.arguments makes no list of arguments of order {order.id}: {why}"
            raise UnplayableError(msg) from error


def _name_of(message: Written) -> str:
    return read_message(message).name
