"""Services that treat idempotency keys as the contract forbids. The saga around them is ours."""

from __future__ import annotations

from temporalio.common import WorkflowIDReusePolicy
from typing_extensions import override

from fakes.inventory import Inventory
from fakes.payments import Payments
from fakes.shipping import Shipping
from sagacheck.mutants import EXPECTATION, Mutant
from sagacheck.services import RefusedError, Request, Service
from sagacheck.world import Effect, EffectState, Reply
from tests.mutants._saga import saga
from tests.mutants.wrong_services import services


class RefusesToUndoNothing(Payments):
    """A refund of an unknown charge is answered with an error."""

    @override
    def _undo(self, request: Request) -> Reply:
        if self._target(request) is None:
            raise RefusedError(404, "not_found", "there is nothing to refund")
        return super()._undo(request)


class ForgetsWhatWasUndone(Payments):
    """The key is forgotten with its charge, and a late request counts as the first."""

    @override
    def end_effect(self, effect: Effect, by: str) -> None:
        super().end_effect(effect, by)
        self.keys._records.pop((effect.operation, effect.key or ""), None)


class _RepeatsWhatWasUndone(Service):
    """The first success is sent again, even after its undo."""

    @override
    def end_effect(self, effect: Effect, by: str) -> None:
        effect.state, effect.undone_by = EffectState.UNDONE, by
        effect.undone_at = self.clock.now()


class RepeatsReservations(_RepeatsWhatWasUndone, Inventory):
    """Goods that went back on the shelf."""


class RepeatsCharges(_RepeatsWhatWasUndone, Payments):
    """Money that went back to the customer."""


class RepeatsParcels(_RepeatsWhatWasUndone, Shipping):
    """A parcel that was called back."""


MUTANTS = (
    Mutant(
        name="payments: refund of nothing refused",
        anomaly="A4",
        why="an order that was never charged needs an operator",
        saga=saga(services=services(payments=RefusesToUndoNothing)),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="payments: key forgotten with its charge",
        anomaly="A7",
        why="a copy of the first request arrives after the refund, and charges again",
        saga=saga(services=services(payments=ForgetsWhatWasUndone)),
        breaks=frozenset({"I7", "I10", "I12"}),
    ),
    Mutant(
        name="every service: old success repeated after its undo",
        anomaly="A13",
        why="an order that was undone is placed again, and completes without goods or money",
        saga=saga(
            services=services(
                inventory=RepeatsReservations, payments=RepeatsCharges, shipping=RepeatsParcels
            ),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        ),
        breaks=frozenset({"I2", "I6"}),
    ),
)
