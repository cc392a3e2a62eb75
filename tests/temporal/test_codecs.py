"""Payload codecs and failure converters, wherever a value or a failure passes the service."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)
from temporalio.exceptions import ActivityError, ApplicationError

from tests.temporal.simulation import simulation, virtual_time

SHORT = timedelta(seconds=5)


class Hiding(PayloadCodec):
    """Hides what payloads say."""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Hide."""
        return [
            Payload(
                metadata={"encoding": b"hidden"},
                data=base64.b85encode(payload.SerializeToString()),
            )
            for payload in payloads
        ]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Show."""
        return [Payload.FromString(base64.b85decode(payload.data)) for payload in payloads]


HIDING = replace(DataConverter.default, payload_codec=Hiding())
SECRETIVE = replace(HIDING, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)


@activity.defn
async def refuse(why: str) -> None:
    """Fail, with details."""
    raise ApplicationError(f"no: {why}", {"why": why}, type="Refused")


@workflow.defn
class Letters:
    """Takes messages of every kind, and fails in the end."""

    def __init__(self) -> None:
        self._letters: list[str] = []

    @workflow.run
    async def run(self, first: str) -> None:
        """Wait for three letters, then fail with what an activity failed with."""
        self._letters.append(first)
        await workflow.wait_condition(lambda: len(self._letters) == 3)
        await workflow.execute_activity(
            refuse,
            "secret reason",
            start_to_close_timeout=SHORT,
            retry_policy=RetryPolicy(maximum_attempts=2),
        )

    @workflow.signal
    def send(self, letter: str) -> None:
        """Take a letter."""
        self._letters.append(letter)

    @workflow.update
    def hand_over(self, letter: str) -> str:
        """Take a letter, and say so."""
        self._letters.append(letter)
        return f"{letter} received"

    @workflow.query
    def letters(self) -> list[str]:
        """What has come."""
        return self._letters


@virtual_time
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("converter", [HIDING, SECRETIVE], ids=["values", "failures too"])
async def test_nothing_passes_in_the_clear(converter: DataConverter, cached: bool) -> None:
    """Arguments, signals, updates, queries, details of failures: only clients read them."""
    async with simulation(
        Letters, activities=[refuse], data_converter=converter, cached=cached
    ) as simulated:
        handle = await simulated.start(Letters.run, "secret 1")
        await handle.signal(Letters.send, "secret 2")
        seen: list[Any] = [sorted(await handle.query(Letters.letters))]
        seen.append(await handle.execute_update(Letters.hand_over, "secret 3"))
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        [run] = simulated.temporal.runs()
        failure = failed.value.cause
        history = b"".join(event.SerializeToString() for event in run.history.events)

    assert seen == [["secret 1", "secret 2"], "secret 3 received"]
    assert isinstance(failure, ActivityError)
    assert isinstance(failure.cause, ApplicationError)
    assert failure.cause.message == "no: secret reason"
    assert failure.cause.details == ({"why": "secret reason"},)
    told = b"no: secret reason" in history
    assert told is (converter is HIDING), "messages are hidden only where failures are encoded"
    assert b"secret 1" not in history
    assert b"Encoded failure" in history or converter is HIDING
