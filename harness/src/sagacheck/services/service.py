"""The base of all services: idempotency keys, tombstones and undo, without any HTTP.

The key check and the effect are one atomic step: `Service.begin` never awaits. The reply is decided
a second time when it leaves (`Service.finish`): a create that was undone while its reply was being
prepared answers ``key_cancelled`` and never its old success.

Limitations: an expired key is forgotten for creates only; an undo by it still finds what it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from sagacheck.services.effects_by_key import EffectsByKey
from sagacheck.services.keys import Keys, key_cancelled
from sagacheck.services.operations import Operation
from sagacheck.services.refusals import BODY_TOO_LARGE, INVALID_REQUEST, NOT_FOUND
from sagacheck.services.request import (
    Handling,
    RefusedError,
    Request,
    refuse_unknown_fields,
)
from sagacheck.world import (
    Effect,
    EffectState,
    Idempotency,
    KeyState,
    Ledger,
    Posting,
    Reply,
    World,
    as_json,
)


class Scheduled(msgspec.Struct, frozen=True):
    """What the outside world is going to do to an effect, unless it is changed before.

    Attributes:
        at: When, in seconds of the world's clock.
        event: Its name in the ledger, such as ``world.expire``.
        part: Which part of the effect it concerns, such as the id of a refund; empty for all of it.
    """

    at: float
    event: str
    part: str = ""


class Service:
    """A stateful fake of one service. Subclasses hold the state and the business rules.

    Args:
        world: Its settings, clock and ledger are those of the service.

    Attributes:
        operations: What the service offers.
        id_prefix: How the ids of its effects begin; the service's name where it is empty.
        keys: What it knows of idempotency keys.
        ids_begin_after: The number after which it counts its ids.
    """

    operations: ClassVar[tuple[Operation, ...]]
    id_prefix: ClassVar[str] = ""

    def __init__(self, world: World) -> None:
        self.ledger = world.ledger
        self.clock = world.clock
        self.settings = world.settings
        self.keys = Keys(world.clock, world.settings)
        self.ids_begin_after = 0
        self._by_key = EffectsByKey()
        self._numbers: dict[str, int] = {}

    # -- rules: what a subclass defines -----------------------------------------------------

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Check the rules, write the ledger, and return the effect and the body of the reply.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def undo(self, request: Request, effect: Effect) -> None:
        """Check that `effect`, which is not undone yet, may be undone, and write the ledger.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def is_partial(self, request: Request, effect: Effect) -> bool:
        """Whether `undo` has left a part of `effect`; never, by default."""
        return False

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any] | None:
        """The body that answers a successful undo; `effect` is ``None`` for an unknown key."""
        return None

    def repeated_undo(self, request: Request, effect: Effect) -> None:
        """Decide about the undo, by id or key, of an effect that is undone; a success by default.

        Raises:
            RefusedError: The service refuses repeated undos.
        """

    def settle(self, effects: Iterable[Effect]) -> None:
        """Do to these effects what the outside world does in the end. Nothing, by default."""

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """What the outside world is going to do to `effect`, as it is now. Nothing, by default."""
        return ()

    def happen(self, scheduled: Scheduled, effect: Effect) -> None:
        """Let it happen to `effect`, as `scheduled` said it would."""
        raise NotImplementedError(scheduled.event)

    def expire(self, request: Request) -> None:
        """Let what `request` would use up expire now, for the fault ``expire``. By default, none.

        Only operations that use something up (`Operation.uses_up`) have this fault.
        """

    def will_change(self, effect: Effect) -> bool:
        """Whether the outside world will change `effect` at some time."""
        return any(True for _ in self.scheduled(effect))

    def callback_body(self, request: Request, reply: Reply) -> Mapping[str, Any]:
        """What the callback of `request` says (`Operation.callback`).

        By default the members of the reply and the request's ``idempotency_key``.
        """
        told = reply.body if isinstance(reply.body, Mapping) else {}
        return {**told, "idempotency_key": request.key}

    def leaves_tombstones(self, create: str) -> bool:
        """Whether an undo by key also refuses a `create` with that key that comes later.

        It does by default.
        """
        return True

    def check(self, request: Request) -> None:
        """Refuse what `begin` is going to refuse; called before an activity does it by itself.

        Raises:
            RefusedError: The service would refuse the request, as things are now.
        """

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """The read-only collections: path below ``/``, and the rows they show.

        Args:
            ledger: What to show: the present, or for a stale read an earlier state.
        """
        return {}

    def add_effect(self, effect: Effect) -> None:
        """Take in an effect of this service: a new one, or one that was removed before."""
        self.ledger.effects[effect.id] = effect
        self._by_key.add(effect)
        self.schedule(effect)

    def remove_effect(self, effect: Effect) -> None:
        """Forget an effect that the ledger has given up."""
        self._by_key.remove(effect)

    # -- tools for the rules ----------------------------------------------------------------

    def new_effect(self, request: Request, **facts: Any) -> Effect:
        """The effect that `request` makes, with a fresh id.

        Args:
            request: The create.
            facts: The fields of `Effect` that this kind of effect has beside those of all.
        """
        return Effect(
            id=self.new_id(self.id_prefix or request.operation.service),
            operation=request.operation.name,
            order=request.order,
            key=request.key,
            at=self.clock.now(),
            **facts,
        )

    def new_id(self, prefix: str) -> str:
        """A fresh id: the prefix and a running number, so that the same run gives the same ids."""
        number = self._numbers[prefix] = self._numbers.get(prefix, self.ids_begin_after) + 1
        return f"{prefix}_{number}"

    def write(self, operation: str, effect: Effect, postings: Iterable[Posting] = ()) -> None:
        """Write into the ledger what `operation` does to `effect`, and what it moves."""
        self.ledger.write(
            at=self.clock.now(),
            operation=operation,
            order=effect.order,
            effect=effect.id,
            key=effect.key,
            postings=postings,
        )

    def change(self, effect: Effect, **facts: Any) -> None:
        """Change facts of `effect` now; a stale read still shows what they were."""
        self.ledger.change(effect, self.clock.now(), **facts)

    def schedule(self, effect: Effect) -> None:
        """Let what is scheduled for `effect` happen in time.

        Called for each effect that is added, and by rules after which more is to come.
        """
        for each in self.scheduled(effect):
            self.clock.call_at(each.at, partial(self._happen, each, effect.id))

    def end_effect(self, effect: Effect, by: str) -> None:
        """Mark `effect` as undone, and its key so that no late create can bring it back."""
        self.change(effect, state=EffectState.UNDONE, undone_by=by, undone_at=self.clock.now())
        if effect.key is not None and self.leaves_tombstones(effect.operation):
            self.keys.cancel(effect.operation, effect.key, effect.order)

    # -- the protocol: what the network asks -------------------------------------------------

    def begin(self, request: Request) -> Handling:
        """Check the key and make the effect, in one atomic step."""
        first_entry = len(self.ledger.entries)
        try:
            handling = self._handle(request)
        except RefusedError as refused:
            handling = Handling(refused.reply())
        handling.entries = tuple(
            entry.number
            for entry in self.ledger.entries[first_entry:]
            if entry.operation == request.operation.name
        )
        return handling

    def finish(self, handling: Handling) -> Reply:
        """The reply as it leaves: not the old success if the effect was undone in the meantime."""
        record = handling.record
        if record is None:
            return handling.reply
        if record.state is KeyState.CANCELLED:
            return key_cancelled().reply()
        record.state = KeyState.DONE
        return handling.reply

    def remember_error(self, handling: Handling, reply: Reply) -> None:
        """Keep an error as the reply of the request's key, where the profile stores errors.

        Only a request that was the first with its key can have its reply stored.
        """
        if self.settings.idempotency is Idempotency.STORES_ERRORS and handling.record is not None:
            self.keys.replace_reply(handling.record, reply)

    def order_of(self, request: Request) -> str:
        """The order whose effect a request undoes or uses up; empty where that is not known.

        Raises:
            RefusedError: It names neither key nor id, or an unknown id.
        """
        effect = self._target(request)
        return effect.order if effect else ""

    def _happen(self, scheduled: Scheduled, effect_id: str) -> None:
        effect = self.ledger.effects.get(effect_id)
        if effect is not None and scheduled in self.scheduled(effect):
            self.happen(scheduled, effect)

    # -- one request ------------------------------------------------------------------------

    def _handle(self, request: Request) -> Handling:
        if request.malformed:
            refusal = BODY_TOO_LARGE if request.too_large else INVALID_REQUEST
            raise RefusedError.of(refusal, request.malformed)
        refuse_unknown_fields(request.fields, request.operation.known_fields)
        if request.operation.reads:
            return Handling(self._read(request))
        known = self.keys.answer(request)
        return Handling(known) if known else self._answer_first(request)

    def _answer_first(self, request: Request) -> Handling:
        """Carry out the first request with its key. Refusals of known keys are never stored."""
        try:
            reply = self._create(request) if request.operation.is_create else self._undo(request)
        except RefusedError as refused:
            stored = self.settings.idempotency is Idempotency.STORES_ERRORS
            if not stored or refused.status == HTTPStatus.BAD_REQUEST:
                raise
            reply = refused.reply()
        return Handling(reply, record=self.keys.remember(request, reply))

    def _read(self, request: Request) -> Reply:
        shown = self.ledger if request.as_of is None else self.ledger.as_of(request.as_of)
        rows = self.reads(shown)[request.operation.reads]
        for field, name in (("order_id", "order"), ("idempotency_key", "key")):
            wanted = request.text(field)
            if wanted is not None and isinstance(rows, list):
                rows = [row for row in rows if getattr(row, name, wanted) == wanted]
        return Reply(request.operation.success, as_json(rows))

    def _create(self, request: Request) -> Reply:
        effect, body = self.create(request)
        self.add_effect(effect)
        return Reply(request.operation.success, body)

    def _undo(self, request: Request) -> Reply:
        effect = self._target(request)
        if effect is not None and effect.state is not EffectState.UNDONE:
            self._end(request, effect)
        else:
            if effect is not None:
                self.repeated_undo(request, effect)
            self._leave_tombstone(request)
        return Reply(request.operation.success, self.undo_reply(request, effect))

    def _leave_tombstone(self, request: Request) -> None:
        """Refuse the create of an undo by key: it may still be on the way."""
        key, undoes = request.target_key, request.operation.undoes
        if request.target_id is not None or key is None or undoes is None:
            return
        if self.leaves_tombstones(undoes):
            self.keys.cancel(undoes, key, request.order)

    def _end(self, request: Request, first: Effect) -> None:
        """Undo `first`; by key also what else the key has made, where keys are ignored."""
        effects = [first]
        if request.target_id is None and not self.is_partial(request, first):
            same_key = self._by_key.with_key_of(first)
            effects += [e for e in same_key if e is not first and e.state is EffectState.LIVE]
        for effect in effects:
            self.undo(request, effect)
            if not self.is_partial(request, effect):
                self.end_effect(effect, request.operation.name)

    def _target(self, request: Request) -> Effect | None:
        """The effect that a request undoes or uses up; ``None`` where its key was never seen.

        An id decides, then a key.

        Raises:
            RefusedError: The request names neither, or an unknown id.
        """
        create = request.operation.undoes or request.operation.uses_up
        if create is None:
            return None
        if request.target_id is None:
            if request.target_key is None:
                named = (request.operation.target_id_at, request.operation.target_key_at)
                wanted = " or ".join(filter(None, named))
                raise RefusedError.of(INVALID_REQUEST, f"{wanted} is missing")
            return self._by_key.find(create, request.target_key)
        effect = self.ledger.effects.get(request.target_id)
        if effect is None or effect.operation != create:
            raise RefusedError.of(NOT_FOUND, f"{request.target_id} is not known")
        return effect
