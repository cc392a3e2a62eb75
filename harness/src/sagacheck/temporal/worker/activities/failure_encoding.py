"""Encoding exceptions as failures, with each stack trace formatted once.

The SDK writes the stack trace of every exception of a chain into a failure. For that it reads and
parses the source of each line every time, a fifth of all time where calls fail again and again.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, DefaultFailureConverter
from temporalio.exceptions import FailureError

LONGEST_CHAIN = 50
_MOST = 10_000
_texts: dict[tuple[tuple[str, str, int, int], ...], str] = {}


async def encode_failure(converter: DataConverter, error: BaseException, failure: Failure) -> None:
    """Encode `error` into `failure` as `converter` does, with the same stack traces."""
    if type(converter.failure_converter) is not DefaultFailureConverter:
        await converter.encode_failure(error, failure)
        return
    chain = list(_chain(error))
    with _without_stacks(chain) as stacks:
        await converter.encode_failure(error, failure)
    for stack in stacks:
        if stack is not None:
            failure.stack_trace = _text(stack)
        if not failure.HasField("cause"):
            return
        failure = failure.cause


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exceptions whose stack traces the SDK's converter writes, outermost first."""
    for _ in range(LONGEST_CHAIN):
        if error is None or (isinstance(error, FailureError) and error.failure):
            return
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


@contextmanager
def _without_stacks(chain: list[BaseException]) -> Iterator[list[TracebackType | None]]:
    """Take the stack traces off the exceptions meanwhile."""
    stacks = [error.__traceback__ for error in chain]
    for error in chain:
        error.__traceback__ = None
    try:
        yield stacks
    finally:
        for error, stack in zip(chain, stacks, strict=True):
            error.__traceback__ = stack


def _text(stack: TracebackType) -> str:
    key = tuple(_places(stack))
    if key not in _texts:
        if len(_texts) >= _MOST:
            _texts.clear()
        _texts[key] = "\n".join(traceback.format_tb(stack))
    return _texts[key]


def _places(stack: TracebackType | None) -> Iterator[tuple[str, str, int, int]]:
    while stack is not None:
        code = stack.tb_frame.f_code
        yield code.co_filename, code.co_qualname, code.co_firstlineno, stack.tb_lasti
        stack = stack.tb_next
