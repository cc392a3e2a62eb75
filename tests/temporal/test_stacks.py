"""Stacks that are put into words once are the words of the SDK."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
)
from temporalio.exceptions import ApplicationError

from sagacheck.temporal.worker.activities.failure_encoding import encode_failure

ENCODING = DataConverter(failure_converter_class=DefaultFailureConverterWithEncodedAttributes)


def _plain() -> None:
    raise ValueError("plain")


def _with_a_cause() -> None:
    try:
        _plain()
    except ValueError as error:
        raise ApplicationError("outer", "details", type="Outer") from error


def _while_another_is_handled() -> None:
    try:
        _with_a_cause()
    except ApplicationError:
        raise KeyError("in the handler")  # noqa: B904 - its context is what is tested


def _from_none() -> None:
    try:
        _plain()
    except ValueError:
        raise KeyError("nobody is told why") from None


def _deep(depth: int) -> None:
    if not depth:
        _plain()
    _deep(depth - 1)


def _again_and_again() -> None:
    _deep(30)


def _caught(raises: object) -> BaseException:
    try:
        raises()  # type: ignore[operator]  # it is one of the functions above
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    pytest.fail("it raises")


@pytest.mark.parametrize("converter", [DataConverter.default, ENCODING], ids=["plain", "encoding"])
@pytest.mark.parametrize(
    "raises", [_plain, _with_a_cause, _while_another_is_handled, _from_none, _again_and_again]
)
def test_the_failure_is_the_sdk_s(converter: DataConverter, raises: object) -> None:
    """The first time and every time after it, to the last letter of every stack of the chain."""
    error = _caught(raises)
    stack, wanted = error.__traceback__, Failure()
    asyncio.run(converter.encode_failure(error, wanted))

    for _ in range(2):
        found = Failure()
        asyncio.run(encode_failure(converter, error, found))
        assert found == wanted
    assert error.__traceback__ is stack


def test_other_places_have_other_stacks() -> None:
    """Two lines that raise the same error are distinguished."""

    def raise_it(here: bool) -> None:
        if here:
            raise ValueError("same")
        raise ValueError("same")

    stacks = set()
    for here in (True, False):
        failure = Failure()
        error = _caught(partial(raise_it, here))
        asyncio.run(encode_failure(DataConverter.default, error, failure))
        stacks.add(failure.stack_trace)

    assert len(stacks) == 2
