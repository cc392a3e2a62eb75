"""The services around an order in this shop: inventory, payments, shipping, notifications."""

from fakes.inventory import Inventory
from fakes.notifications import Notifications
from fakes.payments import Payments
from fakes.shipping import Shipping
from sagacheck.network import Network
from sagacheck.services import Service, Services, operations_of
from sagacheck.world import Clock, Settings, World

__all__ = ["ORDER_OPERATIONS", "order_network", "order_services"]


def order_services(world: World) -> list[Service]:
    """The services around an order, in the order of the saga's steps."""
    inventory = Inventory(world)
    return [
        inventory,
        Payments(world),
        Shipping(world, on_departure=inventory.ship),
        Notifications(world),
    ]


def order_network(settings: Settings | None = None, *, clock: Clock | None = None) -> Network:
    """A new world with these services, and the network to them.

    Args:
        settings: The initial state of the world, and the events that it causes.
        clock: The world's clock; a `ManualClock` by default.
    """
    return Network(Services(World(settings, clock=clock), order_services))


ORDER_OPERATIONS = operations_of(order_services)
"""Every operation of the services around an order."""
