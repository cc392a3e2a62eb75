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

from sagacheck.checks import Ending, Status
from sagacheck.load.audit import Audit
from sagacheck.load.bridge import Bridge
from sagacheck.load.client_log import ClientLog
from sagacheck.load.control_client import FakesError
from sagacheck.load.drain import Drain
from sagacheck.load.figures import ended_orders
from sagacheck.load.nemesis import Chaos
from sagacheck.load.options import Options, command_to_repeat
from sagacheck.load.order_client import Desk
from sagacheck.load.order_plans import Planner
from sagacheck.load.processes import StackError
from sagacheck.load.results import Results
from sagacheck.load.server_view import Asking, Execution
from sagacheck.load.stack import Stack
from sagacheck.load.usage import Usage
from sagacheck.load.verdict import Judgement, Observed, judge
from sagacheck.saga import SagaUnderTest

MOST_HISTORIES = 20
"""Histories of so many orders are kept that something is wrong with."""
COUNT_SECONDS = 10.0
"""The server's list lags behind its workflows, but not for longer than this."""


@dataclass
class Run:
    """One run, and what it came to.

    Attributes:
        options: What was asked for.
        saga: The saga under load.
        stack: What it runs on.
        bridge: The way to Temporal.
        desk: What can be done there.
        folder: Takes all that is left behind.
        planner: Knows what is ordered.
        say: Tells whoever watches how it goes.
    """

    options: Options
    saga: SagaUnderTest
    stack: Stack
    bridge: Bridge
    desk: Desk
    folder: Path
    planner: Planner
    say: Callable[[str], None]
    state: str = field(default="running", init=False)
    judgement: Judgement | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Each line goes to the file at once: an intent must be there before its call.
        journal = (self.folder / "journal.ndjson").open("a", buffering=1, encoding="utf-8")
        self.client_log = ClientLog(journal)
        self.began_at = time.time()
        before, _, _ = self.saga.workflow_id.partition("{order_id}")
        self._asking = Asking(self.desk, f"{before}{self.planner.run}-")
        self.audit = Audit(
            fakes=self.stack.fakes,
            bridge=self.bridge,
            asking=self._asking,
            client_log=self.client_log,
            planner=self.planner,
            saga=self.saga,
            order_of=self._order_of,
        )
        self.usage = Usage(self._processes)
        self._executions: dict[str, Execution] = {}
        self.chaos = Chaos(
            self.stack,
            self.options.seed,
            every=self.options.chaos_every,
            note=self.client_log.note,
            give_up=self._give_up,
            call_seconds=self.options.call_timeout,
        )

    def begin(self) -> None:
        """Begin to measure, and the chaos if there is to be any."""
        self.usage.start()
        if self.options.chaos:
            self.chaos.start()

    def conclude(self) -> Judgement:
        """End the faults, wait for all orders, judge, and write it all down."""
        self.state = "draining"
        self._stopped_at = time.time()
        try:
            judgement = self._judge()
        except (RPCError, FakesError, StackError, KeyboardInterrupt) as error:
            judgement = Judgement.without_sight(_why_unseen(error), self.audit.violations)
        finally:
            self.chaos.end()
        self.judgement = judgement
        self.state = str(judgement.verdict)
        self.usage.stop()
        self._leave_behind(judgement)
        return judgement

    def counts(self) -> dict[str, Any]:
        """How it goes: the state or the verdict, how many orders are where, what is wrong."""
        ended = self.judgement.statuses if self.judgement else self.client_log.ended
        violations = self.judgement.violations if self.judgement else self.audit.violations
        over = self.judgement is not None
        return {
            "state": self.state,
            "placed": len(self.client_log.accounts),
            "open": 0 if over else self.client_log.open,
            "compensating": 0 if over else len(self.audit.compensating),
            **{str(status): ended.get(str(status), 0) for status in Status if status.is_terminal},
            "judged": self.audit.judged,
            "violations": [f"{each.invariant}: {each.detail}" for each in violations],
        }

    def look(self) -> None:
        """Judge what has ended meanwhile; what cannot be seen now is seen the next time."""
        with suppress(RPCError, FakesError):
            self.audit.look()

    def _judge(self) -> Judgement:
        self.chaos.calm_down()
        self.stack.fakes.heal()
        self.say("no more orders, no more faults; waiting until every order has ended")
        drain = Drain(
            self.bridge,
            self._asking,
            self._order_of,
            self._unheard,
            patience=self.options.patience,
            say=self.say,
        )
        drained = drain.run()
        self._executions = executions = {
            self._order_of(name): each
            for name, each in drained.executions.items()
            if "/" not in name  # or it is the child of an order's workflow
        }
        self.say(f"{len(executions)} orders have ended; checking those of the last moments")
        stuck = {self._order_of(name): why for name, why in drained.stuck.items()}
        findings = self.audit.conclude(executions, self._resolved(executions), stuck)
        listed = Counter(status for each in drained.executions.values() for status in each.runs)
        seen = Observed(
            accounts=self.client_log.accounts,
            executions=executions,
            listed=listed,
            counted=self._counts(listed.total()),
            workflow_may_fail=self.options.saga is not None,
        )
        return judge(seen, findings, self.audit.statuses, calls=self.audit.calls)

    def _unheard(self) -> list[str]:
        """Orders that were sent, and of which no client has heard whether they arrived."""
        accounts = self.client_log.accounts.items()
        return [order for order, each in accounts if not (each.placed or each.told)]

    def _resolved(self, executions: Mapping[str, Execution]) -> Mapping[str, Ending]:
        """How orders ended whose clients do not know it."""
        accounts = self.client_log.accounts
        unknown = [
            order
            for order, each in executions.items()
            if not each.is_open and not (order in accounts and accounts[order].told)
        ]
        return self.bridge.call(self._asking.endings, unknown)

    def _give_up(self, seconds: float) -> Callable[[], None]:
        """Have the server give up attempts that began so long ago; returns how to undo it."""
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
        attempts = self.bridge.call(self._asking.attempts_since, moment)
        self.bridge.call(self._asking.limit_attempts, attempts, timedelta(seconds=1))
        return lambda: self.bridge.call(self._asking.limit_attempts, attempts, None)

    def _counts(self, expected: int) -> Mapping[str, int]:
        deadline = time.monotonic() + COUNT_SECONDS
        while True:
            counts = self.bridge.call(self._asking.counts)
            if counts.total() == expected or time.monotonic() > deadline:
                return counts
            time.sleep(0.2)

    def _order_of(self, workflow_id: str) -> str:
        before, _, after = self.saga.workflow_id.partition("{order_id}")
        return workflow_id.partition("/")[0].removeprefix(before).removesuffix(after)

    def _leave_behind(self, judgement: Judgement) -> None:
        for violation in judgement.violations:
            self.client_log.note("violation", **violation.as_json(), moment=violation.at)
        results = Results(
            judgement=judgement,
            began_at=self.began_at,
            stopped_at=self._stopped_at,
            orders=ended_orders(self.client_log.accounts, self._executions),
            blows=self.chaos.blows,
            faults=self.audit.struck,
            usage=self.usage,
            seed=self.options.seed,
            again=command_to_repeat(self.options),
            saga=self.options.saga,
        )
        results.leave_behind(self.folder)
        self._keep_histories(judgement)

    def _processes(self) -> dict[str, int]:
        """The processes of the run, by name."""
        ours = {child.name: child.pid for child in self.stack.children if child.pid is not None}
        clients = [
            child.pid for child in psutil.Process().children() if child.pid not in ours.values()
        ]
        names = {f"locust-client-{number}": pid for number, pid in enumerate(clients, 1)}
        return {**ours, "locust": os.getpid(), **names}

    def _keep_histories(self, judgement: Judgement) -> None:
        wrong = dict.fromkeys(each.order for each in judgement.violations if each.order)
        folder = self.folder / "histories"
        for order in list(wrong)[:MOST_HISTORIES]:
            folder.mkdir(exist_ok=True)
            try:
                history = self.bridge.call(self._asking.history, order)
            except RPCError:  # it may be what is wrong with the order that there is none
                continue
            (folder / f"{order}.json").write_text(history, encoding="utf-8")


def _why_unseen(error: BaseException) -> str:
    match error:
        case RPCError():
            return f"the server does not answer: {error}"
        case FakesError():
            return f"the services do not answer: {error}"
        case KeyboardInterrupt():
            return "interrupted before every order had ended"
    return str(error)
