"""A saga keeps its data converter, whatever there is to it, on the simulated engine."""

from __future__ import annotations

from dataclasses import replace

from temporalio.contrib.pydantic import pydantic_data_converter

from sagacheck.checks import Ending
from sagacheck.engines import SimulatedEngine, Trial
from sagacheck.inprocess import httpx_patch
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import is_plain
from scenarios import SAGA
from tests.shop import load_text
from tests.temporal.test_codecs import HIDING

STORY = """
scenario: the card is declined, and the order is placed again
why: it fails, and each client that asks learns how
orders: [{id: o1}]
faults: [{on: payments.charge, calls: all, fault: 402}]
events: [{submit: o1, when: {at: 1h}}]
expect: {o1: {status: failed}}
"""


def _told(saga: SagaUnderTest) -> list[Ending]:
    engine = SimulatedEngine(saga)
    trial = Trial(load_text(STORY), saga, engine.new_clock())
    with httpx_patch():
        engine.play_now(trial)
    findings, unmet = judge(trial)
    assert (findings.violations, unmet) == ([], [])
    return trial.outcomes["o1"].endings


def test_a_codec() -> None:
    """What goes through a codec goes through a client, and every client sees the same end."""
    plain = SAGA
    hiding = replace(pydantic_data_converter, payload_codec=HIDING.payload_codec)

    assert not is_plain(hiding)
    assert _told(replace(plain, data_converter=hiding)) == _told(plain)
