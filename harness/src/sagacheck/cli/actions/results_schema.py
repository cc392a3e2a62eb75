"""What ``run --json`` writes, as models: its JSON Schema is made from them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sagacheck.checks import UnmetKind, Verdict


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ViolationEntry(_Strict):
    """A fact that breaks an invariant."""

    invariant: str = Field(
        description="The id of the invariant.", examples=["I7"], pattern=r"^I\d+$"
    )
    order: str = Field(
        description="The order concerned; empty if it is about several.", examples=["o1"]
    )
    detail: str = Field(
        description="What is wrong, with the effects concerned.",
        examples=["payments.charge (pay_1 over 10.00 USD) is left behind: o1 ended as failed"],
    )


class UnmetEntry(_Strict):
    """An expected observation that is missing."""

    kind: UnmetKind = Field(
        description="An expectation that is not met makes a scenario invalid; a fault that never "
        "fired, an event that never happened, a check that crashed, a run that came to no end or "
        "did not repeat make it unknown.",
        examples=["fault"],
    )
    detail: str = Field(
        description="The expectation, and what was found.",
        examples=["reject 503 on payments.charge never fired: it waits for call 2"],
    )
    line: int | None = Field(
        description="The line of the expectation in the scenario's file; null if it has none.",
        examples=[4],
        ge=1,
    )


class ScenarioEntry(_Strict):
    """The result of one scenario on one engine."""

    scenario: str = Field(description="Its name.", examples=["the card is declined"])
    file: str = Field(
        description="Its file, as the command named it.",
        examples=["scenarios/catalogue/payments/card-declined.yaml"],
    )
    engine: str = Field(description="The engine that played it.", examples=["simulated", "server"])
    verdict: Verdict = Field(description="Its verdict.", examples=["valid"])
    seconds: float = Field(description="Real time until its verdict.", examples=[0.031], ge=0)
    violations: list[ViolationEntry] = Field(
        description="Invariants that were broken; any makes the scenario invalid.", examples=[[]]
    )
    unmet: list[UnmetEntry] = Field(
        description="Expected observations that are missing.", examples=[[]]
    )


class RunResults(_Strict):
    """The results of `sagacheck run --json FILE`."""

    scenarios: list[ScenarioEntry] = Field(
        description="The scenarios in the order of their files; of two engines, one after another.",
        examples=[[]],
    )
    verdict: Verdict = Field(
        description="Over all: one invalid makes all invalid, else one unknown makes all unknown.",
        examples=["valid"],
    )
    orders_placed: int = Field(
        description="How many orders the scenarios have, over all engines.", examples=[2], ge=0
    )
    orders_completed: int = Field(
        description="How many of them completed; where none does, little is shown.",
        examples=[1],
        ge=0,
    )


def results_schema() -> dict[str, Any]:
    """The JSON Schema of ``run --json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RunResults.model_json_schema(),
    }


def results_schema_text() -> str:
    """The same as text."""
    return json.dumps(results_schema(), indent=2, ensure_ascii=False) + "\n"
