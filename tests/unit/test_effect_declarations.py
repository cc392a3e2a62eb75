"""Declarations of effects that cannot be are refused when the saga is made, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from temporalio import activity
from temporalio.common import RawValue

from sagacheck import SagaUnderTest, effect
from sagacheck.language import OrderWords
from sagacheck.services import Refusal
from tests.sagas.effects import HOTEL, METHODS, Careful, pay

BOOK = effect(HOTEL.book, "hotel.book", undo="hotel.cancel", key=lambda stay: stay.key)
CANCEL = effect(HOTEL.cancel, "hotel.cancel", key=lambda stay: stay.key)


class Priced(OrderWords):
    """An order with a price."""

    def price(self) -> Decimal:
        """What it costs."""
        return Decimal(10)


def made(*activities: Any, **more: Any) -> SagaUnderTest:
    """A saga with these activities."""
    return SagaUnderTest(workflow=Careful, activities=[*activities], **more)


@activity.defn(dynamic=True)
async def anything(arguments: Sequence[RawValue]) -> None:
    """Handles every name."""


async def undecorated() -> None:
    """No activity."""


@pytest.mark.parametrize(
    ("declare", "reason"),
    [
        (lambda: effect(HOTEL.book, "book"), 'write its operation as service.verb, such as "pay'),
        (lambda: effect(HOTEL.book, "a.b", undo="a.c", undoes="a.d"), "it is a create or an undo"),
        (lambda: effect(HOTEL.book, "a.b", amount=lambda _: 1), "amount= needs currency="),
        (lambda: effect(HOTEL.book, "a.b", timeout=0), "write timeout= as a time"),
        (lambda: made(effect(undecorated, "a.b")), "decorate it with @activity.defn"),
        (lambda: made(effect(anything, "a.b")), "a dynamic activity has no name"),
        (lambda: made(BOOK, CANCEL, BOOK), "effect 'hotel.book': two activities have it"),
        (lambda: made(CANCEL, effect(HOTEL.cancel, "hotel.drop")), "cancel has another effect"),
        (lambda: made(BOOK), "undo='hotel.cancel' is no declared effect: declare its activity"),
        (
            lambda: made(effect(HOTEL.book, "hotel.book", undo="hotel.cancle"), CANCEL),
            r"\(did you mean hotel.cancel\?\)",
        ),
        (
            lambda: made(effect(HOTEL.book, "hotel.book", undo="hotel.cancel"), CANCEL),
            "it names by key= what it undoes, and hotel.book has no key=",
        ),
        (
            lambda: made(BOOK, CANCEL, effect(pay, "hotel.pay", undoes="hotel.book")),
            "it undoes hotel.book, whose undo= is 'hotel.cancel'",
        ),
        (
            lambda: made(
                effect(HOTEL.book, "hotel.book", undo="bank.pay"), effect(pay, "bank.pay")
            ),
            "one service has both",
        ),
        (
            lambda: made(BOOK, CANCEL, effect(pay, "bank.pay", needs="hotel.look")),
            "'hotel.look' is",
        ),
        (
            lambda: made(effect(pay, "bank.pay", amount=lambda _: 1, currency="USD")),
            r"amount= is compared with what was ordered, .* orders= a class with price\(\)",
        ),
        (
            lambda: made(effect(pay, "bank.pay", lines=lambda _: {"A": 1})),
            r"a class with lines\(\)",
        ),
    ],
)
def test_what_cannot_be_is_refused(declare: Any, reason: str) -> None:
    """With the effect's name, and what to write."""
    with pytest.raises(ValueError, match=reason):
        declare()


def test_the_undo_may_be_named_on_either_side() -> None:
    """The same table of operations."""
    other_side = made(
        effect(HOTEL.book, "hotel.book", key=lambda stay: stay.key),
        effect(HOTEL.cancel, "hotel.cancel", undoes="hotel.book", key=lambda stay: stay.key),
    )

    assert made(BOOK, CANCEL).operations == other_side.operations


def test_a_refusal_is_named_by_its_type_or_written_out() -> None:
    """A name alone is a conflict."""
    declared = effect(pay, "bank.pay", refusals=["NoMoney", Refusal(402, "declined")])

    assert declared.refusals == (Refusal(409, "NoMoney"), Refusal(402, "declined"))


def test_orders_with_a_price_may_be_paid() -> None:
    """The price says what an amount has to be."""
    paid = effect(pay, "bank.pay", amount=lambda _: Decimal(10), currency="USD")

    assert made(paid, orders=Priced).operations["bank.pay"].moves_money


def test_an_effect_that_nothing_undoes_is_promised_and_no_message() -> None:
    """A completed order must have it, and a failed one must not."""
    assert METHODS.operations["bank.pay"].tells == "nothing"
    assert made(effect(pay, "bank.pay")).promised == ("bank.pay",)
