"""The declaration that an activity has an effect, though it makes no HTTP call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sagacheck.services import Operation, Refusal, Tells
from sagacheck.temporal import activity_definition
from sagacheck.world import parse_duration

DEFAULT_TIMEOUT_SECONDS = 10.0
REFUSED_STATUS = 409
"""The status of a refusal that is declared by its name alone."""


@dataclass(frozen=True, kw_only=True)
class ActivityEffect:
    """An activity that has an effect; `effect` makes it and explains its fields.

    Attributes:
        activity: The activity, as a worker takes it.
        operation: The operation that it carries out, as scenarios spell it.
        timeout: How many seconds its client waits for a reply.
    """

    activity: Callable[..., Any]
    operation: str
    undo: str | None = None
    undoes: str | None = None
    key: Callable[..., Any] | None = None
    needs: tuple[str, ...] = ()
    lines: Callable[..., Mapping[str, int]] | None = None
    amount: Callable[..., Any] | None = None
    currency: str | Callable[..., str] = ""
    tells: Tells = "nothing"
    tombstones: bool = False
    refusals: tuple[Refusal, ...] = ()
    timeout: float = DEFAULT_TIMEOUT_SECONDS

    @property
    def activity_name(self) -> str:
        """The name under which a worker registers the activity.

        Raises:
            ValueError: It is no activity, or handles every name.
        """
        try:
            name = activity_definition(self.activity).name
        except TypeError as error:
            raise self.problem(f"{error}; decorate it with @activity.defn") from None
        if name is None:
            raise self.problem("a dynamic activity has no name of its own")
        return name

    @property
    def service(self) -> str:
        """The service that its operation belongs to."""
        return self.operation.partition(".")[0]

    def as_operation(self, undoes: str | None) -> Operation:
        """Its row in the table of operations.

        Args:
            undoes: The operation that it undoes; ``None`` for a create.
        """
        key_at = "idempotency_key" if self.key else None
        return Operation(
            name=self.operation,
            routes=(),
            success=200,
            undoes=undoes,
            refusals=self.refusals,
            key_at=None if undoes else key_at,
            target_key_at=key_at if undoes else None,
            needs=self.needs,
            moves_money=self.amount is not None and not undoes,
            tells=self.tells,
            by_activity=True,
        )

    def problem(self, why: str) -> ValueError:
        """The error for a declaration that cannot be."""
        return ValueError(f"effect {self.operation!r}: {why}")


def effect(  # noqa: PLR0913 - what there is to say of an effect, all of it named
    activity: Callable[..., Any],
    operation: str,
    *,
    undo: str | None = None,
    undoes: str | None = None,
    key: Callable[..., Any] | None = None,
    needs: Sequence[str] = (),
    lines: Callable[..., Mapping[str, int]] | None = None,
    amount: Callable[..., Any] | None = None,
    currency: str | Callable[..., str] = "",
    tells: Tells = "nothing",
    tombstones: bool = False,
    refusals: Sequence[str | Refusal] = (),
    timeout: str | float | timedelta = DEFAULT_TIMEOUT_SECONDS,
) -> ActivityEffect:
    """Put an activity under test that makes no HTTP call: it runs, then its effect is recorded.

    The result stands in `SagaUnderTest.activities` in place of the activity. Each attempt of the
    activity is a call of `operation`: all faults happen to it, before it runs, after it has run, or
    by running it late or twice. An activity that raises has had no effect.

    A fault raises what a client in the activity would raise: ``ConnectionRefusedError``,
    ``ConnectionResetError`` or ``TimeoutError``, or for an error status an ``ApplicationError``
    with the code as its type. Temporal retries all of them but `refusals`.

    Args:
        activity: A coroutine, a function that runs in a thread, or a method of an object.
        operation: ``service.verb``, such as ``"payments.charge"``.
        undo: The operation that undoes it.
        undoes: For an undo, the operation that it undoes; one of the two need be said.
        key: From the activity's arguments, the idempotency key that it sends: a second run with the
            same key has no second effect. For an undo, the key of what it undoes. Without it each
            run has an effect; and an undo takes away what its order has, whether or not there is
            something.
        needs: The operations whose effects must be there before this one's.
        lines: From the arguments, the pieces of stock that it takes, by SKU.
        amount: From the arguments, the money that it takes: a decimal text, a `Decimal` or number.
        currency: Its ISO 4217 code, or a function of the arguments.
        tells: For a create that nothing undoes: whether it is a message to the customer, and what
            about; by default it is none (`sagacheck.services.Operation`).
        tombstones: Whether the service, once it was asked to undo a key that it does not know,
            refuses that key for good. Few do: what arrives after its undo then stays.
        refusals: The types of the errors by which it definitely refuses, which Temporal must not
            retry: ``"InsufficientFunds"``, or a `sagacheck.services.Refusal`.
        timeout: How long the client in the activity waits for a reply, such as ``"10s"``.

    Raises:
        ValueError: The declaration cannot be; the message says why.
    """
    declared = ActivityEffect(
        activity=activity,
        operation=operation,
        undo=undo,
        undoes=undoes,
        key=key,
        needs=_names(needs),
        lines=lines,
        amount=amount,
        currency=currency,
        tells=tells,
        tombstones=tombstones,
        refusals=tuple(_refusal(each) for each in refusals),
        timeout=_seconds(timeout),
    )
    _check(declared)
    return declared


def _names(needs: Sequence[str]) -> tuple[str, ...]:
    return (needs,) if isinstance(needs, str) else tuple(needs)


def _refusal(written: str | Refusal) -> Refusal:
    return Refusal(REFUSED_STATUS, written) if isinstance(written, str) else written


def _seconds(timeout: str | float | timedelta) -> float:
    if isinstance(timeout, timedelta):
        return timeout.total_seconds()
    return parse_duration(timeout) if isinstance(timeout, str) else float(timeout)


def _check(declared: ActivityEffect) -> None:
    """Check what one declaration says by itself.

    Raises:
        ValueError: It cannot be.
    """
    service, _, verb = declared.operation.partition(".")
    if not (service.isidentifier() and verb.isidentifier()):
        raise declared.problem('write its operation as service.verb, such as "payments.charge"')
    if not callable(declared.activity):
        raise declared.problem(f"{declared.activity!r} is no activity")
    if declared.undo and declared.undoes:
        raise declared.problem("it has undo= and undoes=: it is a create or an undo, not both")
    if declared.amount is not None and not declared.currency:
        raise declared.problem('amount= needs currency=, such as "USD"')
    if declared.timeout <= 0:
        raise declared.problem('write timeout= as a time, such as "10s"')
