"""From scenarios to verdicts: each is played on an engine, and checked."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sagacheck.checks import (
    Evidence,
    Findings,
    OrderTerms,
    Unmet,
    UnmetKind,
    Verdict,
    Violation,
    check_all,
)
from sagacheck.engines import Engine, PlannedEvent, Trial
from sagacheck.language import AnyOrder, Scenario
from sagacheck.run.judging.expectations import unmet_by
from sagacheck.run.judging.memory import shuffled_memory
from sagacheck.run.judging.vacuity import shows_something, unmet_by_plain_order
from sagacheck.run.run_log import first_difference, log_of
from sagacheck.run.scenario_result import ScenarioResult
from sagacheck.saga import SagaUnderTest
from sagacheck.world import HUNDREDTHS, decimals_of

OnResult = Callable[[ScenarioResult], None]


async def run_all(
    scenarios: Sequence[Scenario],
    engine: Engine,
    saga: SagaUnderTest,
    *,
    at_once: int,
    on_result: OnResult = lambda _result: None,
) -> list[ScenarioResult]:
    """Run scenarios, `at_once` of them at a time; the results stand in the scenarios' order.

    Args:
        scenarios: What to run.
        engine: What plays them.
        saga: The saga under test.
        at_once: How many may be under way at the same time.
        on_result: Called with each result as soon as it is there.
    """
    slots = asyncio.Semaphore(at_once)

    async def run(scenario: Scenario) -> ScenarioResult:
        async with slots:
            result = await run_one(scenario, engine, saga)
        on_result(result)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(scenario)) for scenario in scenarios]
    return [task.result() for task in tasks]


MORE_PLAYS = "SAGACHECK_MORE_PLAYS"
"""The environment variable that says how often each scenario is played again, to compare."""


async def run_one(scenario: Scenario, engine: Engine, saga: SagaUnderTest) -> ScenarioResult:
    """Play one scenario and judge it; in the second run of a determinism check several times."""
    result = await _run_once(scenario, engine, saga)
    for number in range(int(os.environ.get(MORE_PLAYS, "0"))):
        with shuffled_memory(number):
            again = await _run_once(scenario, engine, saga)
        if where := first_difference(log_of(result), log_of(again)):
            unmet = Unmet(UnmetKind.DETERMINISM, where)
            return replace(result, unmet=(*result.unmet, unmet))
    return result


async def _run_once(scenario: Scenario, engine: Engine, saga: SagaUnderTest) -> ScenarioResult:
    """Play one scenario and judge it. What keeps it from being played makes it unknown."""
    started = time.perf_counter()
    trial = Trial(scenario, saga, engine.new_clock())
    findings = Findings()
    try:
        await engine.play(trial)
        findings, unmet = judge(trial)
        if not findings.violations and not shows_something(trial):
            unmet += await unmet_by_plain_order(trial, engine)
    except Exception as error:  # noqa: BLE001 - one scenario's trouble must not end the others
        detail = f"it could not be played: {type(error).__name__}: {error}"
        unmet = [Unmet(UnmetKind.RUN, detail)]
    return ScenarioResult(
        scenario=scenario,
        engine=engine.name,
        verdict=_verdict(findings.violations, unmet),
        seconds=time.perf_counter() - started,
        violations=tuple(findings.violations),
        unmet=tuple(unmet),
        trial=trial,
        facts=findings.facts,
    )


def judge(trial: Trial) -> tuple[Findings, list[Unmet]]:
    """Check all invariants and expectations on a trial that has been played."""
    findings = check_all(evidence_of(trial))
    return findings, [*unmet_by(trial), *findings.open]


def evidence_of(trial: Trial) -> Evidence:
    """The evidence for the invariants."""
    operations = trial.network.operations
    return Evidence(
        operations=operations,
        ledger=trial.world.ledger,
        journal=trial.world.journal,
        orders={order.id: terms_of(order) for order in trial.orders},
        outcomes=trial.outcomes,
        completed_means=trial.saga.promised,
        cancelled=frozenset(
            planned.event.order
            for planned in trial.messages
            if planned.event.order is not None and _is_granted_cancel(planned, trial.saga)
        ),
        unanswered=_unanswered(trial.events, trial.saga),
        orphans=trial.scenario.expect.orphans,
    )


def _is_granted_cancel(planned: PlannedEvent, saga: SagaUnderTest) -> bool:
    """Whether the event is a cancellation that happened and was not denied."""
    answer = planned.answer
    return saga.is_cancel(planned.event) and answer is not None and not answer.is_refused


def _unanswered(events: Sequence[PlannedEvent], saga: SagaUnderTest) -> dict[str, str]:
    """The orders whose cancellations may have been granted, and none of them certainly."""
    certain, open_ = set[str](), dict[str, str]()
    for planned in events:
        order = planned.event.order
        if order is None or planned.answer is None or not _is_granted_cancel(planned, saga):
            continue
        if planned.answer.is_unknown:
            open_.setdefault(order, planned.answer.text)
        else:
            certain.add(order)
    return {order: why for order, why in open_.items() if order not in certain}


def terms_of(order: AnyOrder) -> OrderTerms:
    """What the invariants want to know of an order."""
    decimals = decimals_of(order.currency)
    price = order.total.scaleb(HUNDREDTHS if decimals is None else decimals)
    return OrderTerms(
        price=int(price),
        lines=order.lines,
        currency=order.currency,
        data={"id": order.id, "price": order.total, **_currency(order), **order.data},
    )


def _currency(order: AnyOrder) -> dict[str, str]:
    """The currency as a datum, where the order has one."""
    return {"currency": order.currency} if order.currency else {}


def _verdict(violations: Sequence[Violation], unmet: Sequence[Unmet]) -> Verdict:
    found = [each.verdict for each in unmet]
    return Verdict.merge([Verdict.INVALID] if violations else found)
