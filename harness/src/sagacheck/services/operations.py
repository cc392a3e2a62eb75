"""The table of operations that a service offers.

Everything that must know which operations exist reads this table: the faults, the scenario
language, the checks' order of steps, the reports. A second set of services needs no other change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Literal

import msgspec

Tells = Literal["success", "failure", "anything", "nothing"]
"""What a message tells its reader about the end of an order; ``nothing`` is for what is none."""

HEADER = "header:"
"""How the name of a header begins where the name of a field may stand."""


class Refusal(msgspec.Struct, frozen=True):
    """A definite refusal that an operation may answer: nothing happened.

    Attributes:
        status: The HTTP status.
        code: The machine-readable ``error`` field of the body.
        tells_state: Whether it states a fact, such as that a parcel has left. No saga can stay
            consistent with a service that states such a fact when it is not so.
        is_malformed: Whether it says that the request itself is wrong. A service never answers that
            to a request that it would take, so searches do not play it.
    """

    status: int
    code: str
    tells_state: bool = False
    is_malformed: bool = False

    @property
    def may_be_played(self) -> bool:
        """Whether a fault may answer it in place of the service."""
        return not self.tells_state and not self.is_malformed


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of a service.

    It is a create, the undo of one, or a read.

    Attributes:
        name: ``service.verb``, as scenarios spell it.
        routes: ``METHOD /path`` for each way to call it.
        success: The HTTP status of success.
        undoes: The operation that this one compensates; ``None`` for a create or a read.
        reads: For a read, the collection of `Service.reads` that it shows: with the field
            ``order_id`` the rows of that order, with ``idempotency_key`` those made with that key.
        refusals: Its own definite refusals, beside the `COMMON_REFUSALS` of all operations.
        reply_fields: The fields of a successful body; empty when the reply has no body.
        key_at: The field that carries the idempotency key of the request itself, or the header,
            such as ``header:Idempotency-Key``; several, where it may stand in any of them. Keys in
            two places must be the same.
        target_key_at: For an undo, the field that names the key of the create to undo; likewise for
            a create that uses something up.
        target_id_at: The same for the id of the effect.
        uses_up: For a create, the create whose effect it uses up, as a capture does an
            authorisation: what is used up can neither be used again nor undone.
        needs: For a create, the creates whose effects must be there before this one's.
        moves_money: For a create, whether its effect is a payment: a free order has none.
        tells: For a create that nothing undoes, what it tells the customer: that the order
            completed (``success``, a confirmation), that it did not (``failure``, a mail that the
            money is back), or something that is true of any order (``anything``). With ``nothing``
            it is no message but an effect that stays: an order that failed must not have it.
        carries: The fields that carry data of the order, and which: what its words call it
            (`sagacheck.language.OrderWords.data`), or what an effect of another create has, such
            as ``shipping.create.tracking_number``.
        fields: The fields that it knows, beside those that other attributes name; a request with
            a field of another name is 400 ``unknown_field``. With ``None`` it takes any field.
        by_activity: Whether an activity does it by itself and sends no HTTP request: it is declared
            with `sagacheck.effect`.
        callback: The name of the event that the service tells the saga of by itself, a second after
            it has done this, such as ``authorised``; empty for none.
    """

    name: str
    routes: tuple[str, ...]
    success: int
    undoes: str | None = None
    reads: str = ""
    refusals: tuple[Refusal, ...] = ()
    reply_fields: tuple[str, ...] = ()
    key_at: str | tuple[str, ...] | None = "idempotency_key"
    target_key_at: str | None = None
    target_id_at: str | None = None
    uses_up: str | None = None
    needs: tuple[str, ...] = ()
    moves_money: bool = False
    tells: Tells = "success"
    carries: Mapping[str, str] = field(default_factory=dict, hash=False)
    fields: tuple[str, ...] | None = None
    by_activity: bool = False
    callback: str = ""

    @cached_property
    def service(self) -> str:
        """The service that offers the operation."""
        return self.name.partition(".")[0]

    @cached_property
    def is_create(self) -> bool:
        """Whether the operation makes an effect (and is no undo of one, and no read)."""
        return self.undoes is None and not self.reads

    @cached_property
    def has_body(self) -> bool:
        """Whether a successful reply has a body."""
        return bool(self.reply_fields or self.reads)

    @cached_property
    def key_places(self) -> tuple[str, ...]:
        """The fields and headers that may carry the idempotency key of the request itself."""
        if self.key_at is None:
            return ()
        return (self.key_at,) if isinstance(self.key_at, str) else self.key_at

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The headers that it reads."""
        places = filter(None, (*self.key_places, self.target_key_at, self.target_id_at))
        return tuple(at.removeprefix(HEADER) for at in places if at.startswith(HEADER))

    @cached_property
    def known_fields(self) -> frozenset[str] | None:
        """Every field that a request may have; ``None`` where it may have any."""
        if self.fields is None:
            return None
        keys = (*self.key_places, self.target_key_at, self.target_id_at)
        in_paths = re.findall(r"{(\w+)}", " ".join(self.routes))
        return frozenset((*self.fields, *self.carries, *filter(None, keys), *in_paths))

    def code_for(self, status: int) -> str:
        """The ``error`` code that this operation sends with `status` by default."""
        for refusal in self.refusals:
            if refusal.status == status and not refusal.is_malformed:
                return refusal.code
        try:
            return HTTPStatus(status).name.lower()
        except ValueError:  # 520 and the like: proxies send them, no standard has them
            return f"http_{status}"


@dataclass(frozen=True)
class OperationTable:
    """All operations of a set of services, in the order in which a saga takes its steps."""

    operations: tuple[Operation, ...]
    _by_name: dict[str, Operation] = field(init=False, repr=False, compare=False)
    _undos: dict[str, Operation] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {operation.name: operation for operation in self.operations}
        if len(by_name) != len(self.operations):
            msg = "two operations of the table have the same name"
            raise ValueError(msg)
        object.__setattr__(self, "_by_name", by_name)
        undos = {op.undoes: op for op in reversed(self.operations) if op.undoes is not None}
        object.__setattr__(self, "_undos", undos)

    def __hash__(self) -> int:
        # Tables are keys of caches: to hash each field of each operation takes long.
        return hash(tuple(self._by_name))

    def __getitem__(self, name: str) -> Operation:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> list[str]:
        """All operation names, in the table's order."""
        return list(self._by_name)

    @property
    def services(self) -> list[str]:
        """The services, each once, in the table's order."""
        return list(dict.fromkeys(operation.service for operation in self.operations))

    @property
    def creates(self) -> list[Operation]:
        """The operations that make an effect, in the order of a saga's steps."""
        return [operation for operation in self.operations if operation.is_create]

    def undo_of(self, name: str) -> Operation | None:
        """The operation that undoes `name`, or ``None`` where nothing can."""
        return self._undos.get(name)
