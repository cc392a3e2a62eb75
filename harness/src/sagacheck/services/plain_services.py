"""Services that are declared by their endpoints, for those that have no rules of their own.

Limitations: they refuse nothing by themselves, and move neither money nor stock. A service with
such rules is a class made from `Service`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from sagacheck.services.operations import Operation, Refusal, Tells
from sagacheck.services.request import Request
from sagacheck.services.service import Service
from sagacheck.services.services import ServiceFactory
from sagacheck.world import Effect, EffectState, World

REFUSED_STATUS = 409
"""The status of a refusal that is declared by its name alone."""


def endpoint(  # noqa: PLR0913 - what there is to say of it, all of it named
    route: str,
    operation: str,
    *,
    key: str | None = None,
    undoes: str | None = None,
    id: str | None = None,  # noqa: A002 - what it is
    reply: Sequence[str] = (),
    needs: Sequence[str] = (),
    refusals: Sequence[str | Refusal] = (),
    tells: Tells = "nothing",
    success: int = 200,
) -> Operation:
    """An endpoint of a service for `plain_services`.

    Args:
        route: ``POST /bookings`` or ``DELETE /bookings/{id}``.
        operation: ``service.verb``, such as ``"hotel.book"``.
        key: The field or header (``header:Idempotency-Key``) with the idempotency key: a second
            request with it has no second effect. For an undo, with the key of what it undoes.
            Without it each request has an effect.
        undoes: For an undo, the operation that it undoes.
        id: For an undo, the field or parameter with the id of what it undoes.
        reply: The fields of the reply: as in the request, or else the id of what was made.
        needs: The operations whose effects must be there before this one's.
        refusals: What it definitely refuses with: ``"sold_out"`` (409), or a `Refusal`.
        tells: For a message to the customer, what about.
        success: The HTTP status of success.
    """
    return Operation(
        name=operation,
        routes=(route,),
        success=success,
        undoes=undoes,
        refusals=tuple(Refusal(REFUSED_STATUS, r) if isinstance(r, str) else r for r in refusals),
        reply_fields=tuple(reply),
        key_at=None if undoes else key,
        target_key_at=key if undoes else None,
        target_id_at=id,
        needs=tuple(needs),
        tells=tells,
    )


def plain_services(*endpoints: Operation, tombstones: bool = False) -> ServiceFactory:
    """Makes the services that have these endpoints, in the order of the saga's steps.

    Args:
        endpoints: What `endpoint` makes.
        tombstones: Whether a service, once it was asked to undo a key that it does not know,
            refuses that key for good. Few do: what arrives after its undo then stays.
    """
    by_service: dict[str, list[Operation]] = {}
    for each in endpoints:
        by_service.setdefault(each.service, []).append(each)
    kinds = [_kind(name, own, tombstones) for name, own in by_service.items()]

    def services(world: World) -> list[Service]:
        return [kind(world) for kind in kinds]

    return services


class PlainService(Service):
    """Does what it is asked, and remembers it.

    Attributes:
        undone: The creates that an endpoint undoes.
        has_tombstones: Whether it leaves them.
    """

    undone: ClassVar[Collection[str]] = ()
    has_tombstones: ClassVar[bool] = False

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Do it; the reply has the fields of the request, and the id."""
        is_undone = request.operation.name in self.undone
        state = EffectState.LIVE if is_undone else EffectState.FINAL
        effect = self.new_effect(request, state=state)
        self.write(request.operation.name, effect)
        names = request.operation.reply_fields
        return effect, {name: request.fields.get(name, effect.id) for name in names}

    def undo(self, request: Request, effect: Effect) -> None:
        """Take it back."""
        self.write(request.operation.name, effect)

    def leaves_tombstones(self, create: str) -> bool:
        """Whether that was declared."""
        return self.has_tombstones


def _kind(name: str, operations: Sequence[Operation], tombstones: bool) -> type[PlainService]:
    members = {
        "operations": tuple(operations),
        "undone": frozenset(each.undoes for each in operations if each.undoes),
        "has_tombstones": tombstones,
    }
    return type(f"PlainService_{name}", (PlainService,), members)
