"""The fakes do what a plain model of them does; fakes that do not are found out."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec import structs

from fakes import order_services
from fakes.inventory import Inventory
from fakes.payments import Payments
from sagacheck.services import Request, Service, ServiceFactory
from sagacheck.services.keys import Keys
from sagacheck.world import Effect, KeyState, Reply, World
from tests.property.fakes_machine import FakesMachine


class NoTombstones(Keys):
    """A create that comes after its undo is done."""

    def cancel(self, operation: str, key: str, order: str) -> None:
        """Leave the door open."""


class AnyBody(Keys):
    """A key that comes with another body is answered as if it were the same."""

    def answer(self, request: Request) -> Reply | None:
        """Answer without comparing."""
        record = self._record(request.operation.name, request.key) if request.key else None
        same = record.fingerprint if record and record.fingerprint else request.fields
        return super().answer(structs.replace(request, fields=same))


class NoMemory(Keys):
    """Keys mean nothing: each request is done."""

    def answer(self, request: Request) -> Reply | None:
        """Never seen."""
        return None


class NothingInFlight(Keys):
    """A request that comes again before it was answered has its answer at once."""

    def answer(self, request: Request) -> Reply | None:
        """Answer whether or not the first has been."""
        record = self._record(request.operation.name, request.key) if request.key else None
        if record is not None and record.state is KeyState.RUNNING:
            return record.reply
        return super().answer(request)


class Inflating(Inventory):
    """What is released is put on the shelf twice."""

    def undo(self, request: Request, effect: Effect) -> None:
        """Put it back, and again."""
        super().undo(request, effect)
        super().undo(request, effect)


class Generous(Payments):
    """A cent more is given back than was taken."""

    def undo(self, request: Request, effect: Effect) -> None:
        """Give it back."""
        super().undo(request, effect)
        self.transfer(request.operation.name, effect, -1)


def with_keys(keys: type[Keys]) -> ServiceFactory:
    """The services, with other notions of idempotency keys."""

    def services(world: World) -> list[Service]:
        made = order_services(world)
        for service in made:
            service.keys = keys(world.clock, world.settings)
        return made

    return services


def with_service(bad: type[Service]) -> ServiceFactory:
    """The services, one of them replaced by one that is bad."""

    def services(world: World) -> list[Service]:
        return [
            bad(world) if isinstance(service, bad.__bases__) else service
            for service in order_services(world)
        ]

    return services


def test_the_fakes_do_what_the_plain_model_does() -> None:
    """Every arrival, every first reply, every shelf and every cent."""
    run_state_machine_as_test(FakesMachine)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_keys(keys), id=keys.__name__)
        for keys in (NoTombstones, AnyBody, NoMemory, NothingInFlight)
    ]
    + [pytest.param(with_service(bad), id=bad.__name__) for bad in (Inflating, Generous)],
)
def test_bad_fakes_are_found(bad: ServiceFactory) -> None:
    """The comparison fails where there is something to find."""

    class BadFakesMachine(FakesMachine):
        services = staticmethod(bad)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            BadFakesMachine,
            settings=settings(
                max_examples=200, derandomize=True, database=None, phases=[Phase.generate]
            ),
        )
