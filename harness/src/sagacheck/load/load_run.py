"""One run: from the first order to the verdict, in the process that users started."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from temporalio.service import RPCError

from sagacheck.checks import Ending, OrderStatus
from sagacheck.load.audit.audit import Audit
from sagacheck.load.audit.drain import Drain, SystemDeathError
from sagacheck.load.audit.server_view import ListedWorkflow, ServerView
from sagacheck.load.audit.verdict import Judgement, Observed, judge
from sagacheck.load.command_line import command_to_repeat
from sagacheck.load.options import Options
from sagacheck.load.results.figures import ended_orders
from sagacheck.load.results.results import Results
from sagacheck.load.system.control_client import ControlError
from sagacheck.load.system.nemesis import Nemesis
from sagacheck.load.system.processes import SystemStartError
from sagacheck.load.system.reaper import DeadAttemptReaper
from sagacheck.load.system.stack import Stack
from sagacheck.load.system.usage import Usage
from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.client_log import ClientLog
from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.order_plans import Planner
from sagacheck.load.users.people import People
from sagacheck.plural import count
from sagacheck.result_files import write_text

MOST_HISTORIES = 20
"""For so many orders that violate an invariant, their histories are written."""
COUNT_SECONDS = 60.0
"""The server's count lags behind its workflows, but not for longer than this."""


@dataclass
class LoadRun:
    """One run, and its verdict.

    Attributes:
        options: What was asked for.
        stack: The system under load.
        bridge: Runs calls to Temporal.
        client: Makes the calls.
        planner: Knows what was ordered.
        idempotency_key: The key of an order's requests, with ``{order_id}`` in it; ``None`` for
            the usual ones.
        workflow_may_fail: Whether a failed workflow is how the saga says that an order failed.
        folder: Takes the results.
        say: Prints the progress.
        state: Where the run is: running, draining, or its verdict.
        judgement: The verdict and its reasons, once there is one.
    """

    options: Options
    stack: Stack
    bridge: Bridge
    client: OrderClient
    planner: Planner
    idempotency_key: str | None
    workflow_may_fail: bool
    folder: Path
    say: Callable[[str], None]
    state: str = field(default="running", init=False)
    judgement: Judgement | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Each line goes to the file at once: an intent must be there before its call.
        self._journal = (self.folder / "journal.ndjson").open("a", buffering=1, encoding="utf-8")
        self.client_log = ClientLog(self._journal)
        self.began_at = time.time()
        self._server = ServerView(self.client, self.planner.run)
        self.audit = Audit(
            fakes=self.stack.fakes,
            bridge=self.bridge,
            server=self._server,
            client_log=self.client_log,
            planner=self.planner,
            saga=self.client.saga,
            idempotency_key=self.idempotency_key,
        )
        self._usage = Usage(self._processes)
        self._workflows: Mapping[str, ListedWorkflow] = {}
        self._nemesis = Nemesis(
            self.stack,
            self.options.seed,
            every=self.options.chaos_every,
            note=self.client_log.note,
        )
        self._people = People(self.bridge, self.client, self._server.open_orders)
        self._reaper = DeadAttemptReaper(self._time_out, call_seconds=self.options.call_timeout)

    def begin(self) -> None:
        """Begin to measure, and start the nemesis if ``--chaos`` asks for it."""
        self._usage.start()
        self._people.start()
        if self.options.chaos:
            self._nemesis.start()
            self._reaper.start()

    def conclude(self) -> Judgement:
        """End the faults, wait for all orders, judge them, and write the results."""
        self.state = "draining"
        self._stopped_at = time.time()
        try:
            judgement = self._judge()
        except (
            *(RPCError, ControlError, SystemStartError, SystemDeathError),
            KeyboardInterrupt,
        ) as error:
            reason = self.system_death() or _reason(error)
            judgement = Judgement.incomplete(reason, self.audit.violations)
        finally:
            self._nemesis.stop()
            self._reaper.stop()
            self._people.stop()
        self.judgement = judgement
        self.state = str(judgement.verdict)
        self._usage.stop()
        self._write_results(judgement)
        self._journal.close()
        return judgement

    def deaths(self) -> list[str]:
        """Each process of the system that has died by itself, and how."""
        down = self._nemesis.down
        return [each.ended_how for each in self.stack.dead(down)]

    def system_death(self) -> str:
        """What of the system has died, and how; empty while it may go on."""
        return self.stack.death(self._nemesis.down)

    def counts(self) -> dict[str, Any]:
        """The state or the verdict, how many orders there are of each kind, and violations."""
        ended = self.judgement.statuses if self.judgement else self.client_log.ended
        violations = self.judgement.violations if self.judgement else self.audit.violations
        over = self.judgement is not None
        return {
            "state": self.state,
            "placed": len(self.client_log.orders),
            "open": 0 if over else self.client_log.open,
            "compensating": 0 if over else len(self.audit.compensating),
            **{
                str(status): ended.get(str(status), 0)
                for status in OrderStatus
                if status.is_terminal
            },
            "judged": self.audit.judged,
            "violations": [f"{each.invariant}: {each.detail}" for each in violations],
        }

    def look(self) -> None:
        """Judge the orders that have ended meanwhile, if server and services answer now."""
        with suppress(RPCError, ControlError):
            self.audit.look()

    def _judge(self) -> Judgement:
        self._nemesis.recover()
        self.stack.fakes.heal()
        self.say("no more orders, no more faults; waiting until every order has ended")
        drain = Drain(
            self.bridge,
            self._server,
            self._unacknowledged,
            patience=self.options.patience,
            say=self.say,
            system_death=self.system_death,
        )
        drained = drain.run()
        self._workflows = workflows = self._server.by_order(drained.workflows)
        ended = count(len(workflows), "order")
        self.say(f"{ended} ended; checking the last of them")
        stuck, undecided = (
            {self._server.order_of(name): why for name, why in each.items()}
            for each in (drained.stuck, drained.undecided)
        )
        endings = self._unknown_endings(workflows)
        findings = self.audit.conclude(workflows, endings, stuck, undecided)
        listed = Counter(status for each in drained.workflows.values() for status in each.runs)
        observed = Observed(
            clients=self.client_log.orders,
            workflows=workflows,
            listed=listed,
            counted=self._server_counts(listed.total()),
            workflow_may_fail=self.workflow_may_fail,
        )
        audit = self.audit
        return judge(
            observed,
            findings,
            audit.statuses,
            calls=audit.calls,
            has_effects=audit.has_effects,
        )

    def _unacknowledged(self) -> list[str]:
        """Orders that were sent and of which no client knows whether the server has them."""
        orders = self.client_log.orders.items()
        return [order for order, view in orders if not view.is_acknowledged]

    def _unknown_endings(self, workflows: Mapping[str, ListedWorkflow]) -> Mapping[str, Ending]:
        """How the orders ended whose clients got no result."""
        clients = self.client_log.orders
        unknown = [
            order
            for order, each in workflows.items()
            if not each.is_open and not (order in clients and clients[order].endings)
        ]
        return self.bridge.call(self._server.endings, unknown)

    def _time_out(self, seconds: float) -> Callable[[], None]:
        """Let attempts time out that began so many seconds ago; returns how to undo that."""
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
        attempts = self.bridge.call(self._server.attempts_started_before, moment)
        self.bridge.call(self._server.limit_attempts, attempts, timedelta(seconds=1))
        return lambda: self.bridge.call(self._server.limit_attempts, attempts, None)

    def _server_counts(self, expected: int) -> Mapping[str, int]:
        deadline = time.monotonic() + COUNT_SECONDS
        while True:
            counts = self.bridge.call(self._server.counts)
            if counts.total() == expected or time.monotonic() > deadline:
                return counts
            time.sleep(0.2)

    def _write_results(self, judgement: Judgement) -> None:
        for violation in judgement.violations:
            self.client_log.note("violation", **violation.as_json(), moment=violation.at)
        results = Results(
            judgement=judgement,
            began_at=self.began_at,
            stopped_at=self._stopped_at,
            orders=ended_orders(self.client_log.orders, self._workflows),
            nemesis=self._nemesis.events,
            faults=self.audit.fired,
            usage=self._usage,
            seed=self.options.seed,
            again=command_to_repeat(self.options),
            saga=self.options.saga,
            saga_package=self.client.saga.workflow.__module__.partition(".")[0],
        )
        results.write(self.folder)
        self._write_histories(judgement)

    def _write_histories(self, judgement: Judgement) -> None:
        wrong = dict.fromkeys(each.order for each in judgement.violations if each.order)
        folder = self.folder / "histories"
        for order in list(wrong)[:MOST_HISTORIES]:
            folder.mkdir(exist_ok=True)
            try:
                history = self.bridge.call(self._server.history, order)
            except RPCError:  # that it has none may be what is wrong with the order
                continue
            write_text(folder / f"{order}.json", history)

    def _processes(self) -> dict[str, int]:
        """The ids of the run's processes, by name."""
        started = {child.name: child.pid for child in self.stack.children if child.pid is not None}
        clients = [
            child.pid for child in psutil.Process().children() if child.pid not in started.values()
        ]
        names = {f"locust-client-{number}": pid for number, pid in enumerate(clients, 1)}
        return {**started, "locust": os.getpid(), **names}


def _reason(error: BaseException) -> str:
    """Why a run was not seen to its end."""
    match error:
        case RPCError():
            return f"the server is not answering: {error}"
        case ControlError():
            return f"the services are not answering: {error}"
        case KeyboardInterrupt():
            return "interrupted before every order had ended"
    return str(error)
