"""The shapes of sagas in ``examples/shapes``, and the bug that each is known for."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from sagacheck.saga import SagaUnderTest

FOLDER = Path(__file__).parents[2] / "examples" / "shapes"


@dataclass(frozen=True)
class Shape:
    """A right saga and one with a bug.

    Attributes:
        name: The package.
        breaks: The invariant that the bug breaks.
        detail: What is wrong, in words.
        fault: The fault or event that shows the bug, as `explore` calls it.
        means: The messages by which it goes on, in the file that `init` writes.
        workflow: The right workflow.
    """

    name: str
    workflow: str
    breaks: str
    detail: str
    fault: str
    means: tuple[str, ...] = field(default=())

    def reference(self, name: str = "SAGA") -> str:
        """The value of ``--saga``."""
        return f"{self.name}.saga:{name}"

    def saga(self, name: str = "SAGA") -> SagaUnderTest:
        """The saga under test."""
        found = getattr(import_module(f"{self.name}.saga"), name)
        assert isinstance(found, SagaUnderTest)
        return found


SHAPES = (
    Shape(
        "requests_threads",
        "FlowerOrder",
        "I13",
        "pay.charge was done 2 times with keys",
        "drop_response on call 1 of pay.charge for o1",
    ),
    Shape(
        "aiohttp_client",
        "WeekendSaga",
        "I7",
        "hotel.book (hotel_1) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of hotel.book for o1",
    ),
    Shape(
        "async_sqlite",
        "TicketSaga",
        "I6",
        "o1 completed without a live payments.take",
        "drop_request, 3 times on call 1 of payments.take for o1",
    ),
    Shape(
        "to_thread",
        "Subscribe",
        "I13",
        "billing.charge was done 2 times with keys",
        "drop_response on call 1 of billing.charge for o1",
    ),
    Shape(
        "injected_client",
        "TransferSaga",
        "I7",
        "bank.deposit (bank_2) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of bank.deposit for o1",
    ),
    Shape(
        "six_arguments",
        "PurchaseWorkflow",
        "I7",
        "stock.reserve (stock_1) is left behind: o1 ended as failed",
        "reject 409 Declined on call 1 of card.charge for o1",
    ),
    Shape(
        "approvals",
        "PurchaseRequest",
        "I7",
        "budget.reserve (budget_1) is left behind: o1 ended as cancelled",
        "cancel o1 by workflow after call 1 of budget.reserve",
        ('"approve"',),
    ),
    Shape(
        "child_queues",
        "RentalWorkflow",
        "I7",
        "deposit.hold (deposit_1) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of deposit.hold for o1",
    ),
    Shape(
        "heartbeats",
        "ShipmentWorkflow",
        "I7",
        "box.pack (box_1) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of box.pack for o1",
    ),
    Shape(
        "local_activities",
        "RedeemVoucher",
        "I7",
        "voucher.use (voucher_1) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of voucher.use for o1",
    ),
    Shape(
        "order_update",
        "TableWorkflow",
        "I7",
        "till.charge (till_1) is left behind: o1 ended as failed",
        "reject 409 SoldOut on call 1 of kitchen.cook for o1",
        ('"place_order"',),
    ),
    Shape(
        "plain_text",
        "BookTrip",
        "I7",
        "flight.book (flight_1) is left behind: o1 ended as failed",
        "drop_response, 3 times on call 1 of flight.book for o1",
    ),
)
