"""The call that an attempt of an activity with an effect is, on the network of its world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pydantic_core
from temporalio.exceptions import ApplicationError

from sagacheck.inprocess.attempt_context import AttemptContext
from sagacheck.inprocess.effect import ActivityEffect
from sagacheck.network import (
    Call,
    ConnectionLostError,
    NoConnectionError,
    NoReplyError,
    TransportError,
    WireReply,
    error_code,
)
from sagacheck.services import AMOUNT, CURRENCY, LINES, Operation, RefusedError

_ERRORS: dict[type[TransportError], type[OSError]] = {
    NoConnectionError: ConnectionRefusedError,
    NoReplyError: TimeoutError,
    ConnectionLostError: ConnectionResetError,
}
"""What Python's own clients raise; an activity has no bytes that could be cut off."""

_DEFINITE = HTTPStatus.UNPROCESSABLE_ENTITY

Run = Callable[[], Awaitable[Any]]
"""Runs the activity once."""


class EffectCall:
    """A call that an attempt of an activity is.

    Args:
        context: The attempt.
        declared: The effect of the activity.
        operation: Its row in the table of operations.
        arguments: The arguments of the activity.
        run: Runs it.
    """

    def __init__(
        self,
        context: AttemptContext,
        declared: ActivityEffect,
        operation: Operation,
        arguments: Sequence[Any],
        run: Run,
    ) -> None:
        self._context = context
        self._declared = declared
        self._operation = operation
        self._arguments = arguments
        self._run = run
        self._ends: list[tuple[Any, Exception | None]] = []

    async def answer(self) -> Any:
        """What the activity returns, as far as the network lets it.

        Raises:
            Exception: What the activity raises, or what its client would raise for a fault.
            WorkerCrash: The worker dies.
        """
        context = self._context
        if context.before_call is not None:
            await context.before_call()
        call = Call(
            self._operation,
            self._fields(),
            order=context.order,
            activity=context.activity,
            execution=context.execution,
            retry=context.retry,
            timeout=self._declared.timeout,
            lifetime=context.lifetime,
            action=self._act,
        )
        try:
            reply = await context.network.send(call)
        except TransportError as error:
            msg = f"{self._operation.name}: {error}"
            raise _ERRORS[type(error)](msg) from None
        # What it does twice it answers once: the first time.
        result, own_error = self._ends[0] if self._ends else (None, None)
        if own_error is not None:
            raise own_error
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise _failure(self._operation, reply)
        return result

    async def _act(self) -> None:
        """Run the activity.

        Raises:
            RefusedError: It raised.
        """
        try:
            result = await self._run()
        except Exception as error:
            self._ends.append((None, error))
            raise _as_refusal(error, self._operation) from error
        self._ends.append((result, None))

    def _fields(self) -> dict[str, Any]:
        """What the call carries: the key, what it moves, and the arguments."""
        declared = self._declared
        fields: dict[str, Any] = {"arguments": _as_json(self._arguments)}
        if declared.key is not None and (key := self._read("key", declared.key)) is not None:
            fields["idempotency_key"] = str(key)
        if declared.lines is not None:
            fields[LINES] = dict(self._read("lines", declared.lines))
        if declared.amount is not None:
            amount, currency = self._read("amount", declared.amount), declared.currency
            fields[AMOUNT] = str(amount) if isinstance(amount, Decimal) else amount
            fields[CURRENCY] = self._read("currency", currency) if callable(currency) else currency
        return fields

    def _read(self, name: str, function: Callable[..., Any]) -> Any:
        """What a function of the declaration makes of the arguments.

        Raises:
            ApplicationError: It raises. There is no sense in a retry.
        """
        try:
            return function(*self._arguments)
        except Exception as error:
            what = f"effect {self._operation.name!r}: {name}= fails for {self._arguments!r}"
            msg = f"{what}: {type(error).__name__}: {error}"
            raise ApplicationError(msg, type="WrongEffect", non_retryable=True) from error


def _as_json(arguments: Sequence[Any]) -> Any:
    return pydantic_core.to_jsonable_python(list(arguments), serialize_unknown=True)


def _as_refusal(error: Exception, operation: Operation) -> RefusedError:
    """An error of an activity, for the journal: a definite one has a status of 4xx."""
    own = error if isinstance(error, ApplicationError) else None
    code = (own.type if own else None) or type(error).__name__
    status = next((each.status for each in operation.refusals if each.code == code), None)
    if status is None:
        is_definite = own is not None and own.non_retryable
        status = _DEFINITE if is_definite else HTTPStatus.INTERNAL_SERVER_ERROR
    return RefusedError(status, code, str(error))


def _failure(operation: Operation, reply: WireReply) -> ApplicationError:
    """What a client raises for an error status: Temporal retries it unless it is a refusal."""
    code = error_code(reply) or str(reply.status)
    is_refusal = any((reply.status, code) == (r.status, r.code) for r in operation.refusals)
    msg = f"{operation.name} answered {reply.status} {code}"
    return ApplicationError(msg, type=code, non_retryable=is_refusal)
