"""One run: from the first order to the verdict, in the process that users started."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.service import RPCError

from load._asking import Asking, Execution
from load._audit import Audit
from load._bridge import Bridge
from load._desk import Desk
from load._drain import Drain
from load._fakes import FakesError
from load._ledger import Ledger
from load._options import Options
from load._orders import Planner
from load._stack import Stack
from load._verdict import Judgement, Seen, judge
from scenarios.outcome import Ending
from scenarios.saga import SagaUnderTest

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
        journal = (self.folder / "journal.ndjson").open("w", encoding="utf-8")
        self.ledger = Ledger(journal)
        self.began_at = time.time()
        before, _, _ = self.saga.workflow_id.partition("{order_id}")
        self._asking = Asking(self.desk, f"{before}{self.planner.run}-")
        self.audit = Audit(
            self.stack.fakes,
            self.bridge,
            self._asking,
            self.ledger,
            self.planner,
            self.saga,
            self._order_of,
        )

    def conclude(self) -> Judgement:
        """End the faults, wait for all orders, judge, and write it all down."""
        self.state = "draining"
        try:
            judgement = self._judge()
        except RPCError as error:
            judgement = Judgement.without_sight(f"the server does not answer: {error.message}")
        except FakesError as error:
            judgement = Judgement.without_sight(f"the services do not answer: {error}")
        except KeyboardInterrupt:
            judgement = Judgement.without_sight("interrupted before every order had ended")
        self.judgement = judgement
        self.state = str(judgement.verdict)
        self._leave_behind(judgement)
        return judgement

    def look(self) -> None:
        """Judge what has ended meanwhile; what cannot be seen now is seen the next time."""
        with suppress(RPCError, FakesError):
            self.audit.look()

    def _judge(self) -> Judgement:
        self.stack.fakes.heal()
        self.say("no more orders, no more faults; waiting until every order has ended")
        drain = Drain(self.bridge, self._asking, self._order_of, self.options.patience, self.say)
        drained = drain.run()
        executions = {
            self._order_of(name): each
            for name, each in drained.executions.items()
            if "/" not in name  # or it is the child of an order's workflow
        }
        self.say(f"{len(executions)} orders have ended; checking those of the last moments")
        stuck = {self._order_of(name): why for name, why in drained.stuck.items()}
        findings = self.audit.conclude(executions, self._resolved(executions), stuck)
        listed = Counter(status for each in drained.executions.values() for status in each.runs)
        seen = Seen(
            accounts=self.ledger.accounts,
            executions=executions,
            listed=listed,
            counted=self._counts(listed.total()),
            workflow_may_fail=self.options.saga is not None,
        )
        return judge(seen, findings, self.audit.statuses)

    def _resolved(self, executions: Mapping[str, Execution]) -> Mapping[str, Ending]:
        """How orders ended whose clients do not know it."""
        accounts = self.ledger.accounts
        unknown = [
            order
            for order, each in executions.items()
            if not each.is_open and not (order in accounts and accounts[order].told)
        ]
        return self.bridge.call(self._asking.endings, unknown)

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
            self.ledger.note("violation", **violation.as_json(), moment=violation.at)
        self.ledger.flush()
        text = json.dumps(self.as_json(), indent=2, default=str)
        (self.folder / "verdict.json").write_text(text + "\n", encoding="utf-8")
        self._keep_histories(judgement)

    def as_json(self) -> dict[str, Any]:
        """The run as ``verdict.json`` holds it."""
        judgement = self.judgement or Judgement()
        return {
            **judgement.as_json(),
            "seed": self.options.seed,
            "saga": self.options.saga,
            "seconds": round(time.time() - self.began_at, 1),
        }

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
