"""The kitchen and the till."""

from __future__ import annotations

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError


class Meal(BaseModel):
    """What a guest orders."""

    dish: str
    cents: int = 1200


@activity.defn
async def charge_guest(table: str, meal: Meal) -> None:
    """Charge the guest."""


@activity.defn
async def refund_guest(table: str, meal: Meal) -> None:
    """Give the money back."""


@activity.defn
async def cook_meal(table: str, meal: Meal) -> None:
    """Cook, if the kitchen knows the dish."""
    if meal.dish == "unicorn":
        raise ApplicationError("sold out", type="SoldOut", non_retryable=True)
