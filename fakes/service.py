"""What all services have in common: idempotency keys, tombstones and undo, without any HTTP.

The key check and the effect are one atomic step: `Service.begin` never awaits. What a caller is
told is decided a second time when the reply leaves (`Service.finish`), so a create that was undone
while its reply was still being prepared answers ``key_cancelled`` and never its old success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar

from fakes.books import Books, Effect, EffectState
from fakes.clock import Clock
from fakes.operations import Operation
from fakes.settings import Idempotency, Settings


class RefusedError(Exception):
    """A service says no.

    Args:
        status: The HTTP status.
        code: The ``error`` field of the body.
        detail: A sentence for a person.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a service sees it: which operation, for which order, with which fields.

    `fields` holds path and query parameters and the body's members together.
    """

    operation: Operation
    order: str
    fields: Mapping[str, Any]

    @property
    def key(self) -> str | None:
        """The idempotency key of the request itself."""
        return self.text(self.operation.key_at)

    @property
    def target_key(self) -> str | None:
        """The key of the create that this undo is about."""
        return self.text(self.operation.target_key_at)

    @property
    def target_id(self) -> str | None:
        """The id of the effect that this undo is about."""
        return self.text(self.operation.target_id_at)

    def text(self, name: str | None) -> str | None:
        """The field `name` as text, ``None`` where it is absent; a 400 where it is not text."""
        value = self.fields.get(name) if name else None
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise RefusedError(400, "invalid_request", f"{name} must be a non-empty string")
        return value

    def required(self, name: str) -> str:
        """The field `name` as text; a 400 where it is missing."""
        value = self.text(name)
        if value is None:
            raise RefusedError(400, "invalid_request", f"{name} is missing")
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answers."""

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The ``error`` code, empty for a success."""
        return str(self.body["error"]) if self.body and "error" in self.body else ""

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return self.status < HTTPStatus.BAD_REQUEST


class KeyState(StrEnum):
    """What a service remembers about an idempotency key."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class KeyRecord:
    """One idempotency key of one operation, since when, and what came of it."""

    since: float
    state: KeyState
    fingerprint: Mapping[str, Any] | None = None
    reply: Reply | None = None


@dataclass(slots=True)
class Handling:
    """A request between its effect and its reply.

    Attributes:
        reply: The reply as it stands now; `Service.finish` may change it.
        entries: The numbers of the books' entries that the request caused.
        record: The key record that waits for the reply to leave.
    """

    reply: Reply
    entries: tuple[int, ...] = ()
    record: KeyRecord | None = None


class Service:
    """A stateful fake of one service. Subclasses hold the state and the business rules."""

    operations: ClassVar[tuple[Operation, ...]]

    def __init__(self, books: Books, clock: Clock, settings: Settings) -> None:
        self.books = books
        self.clock = clock
        self.settings = settings
        self._keys: dict[tuple[str, str], KeyRecord] = {}
        self._numbers: dict[str, int] = {}

    # -- what a subclass says ---------------------------------------------------------------

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Check the rules, write the books, and return the effect and the body of the reply.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def undo(self, request: Request, effect: Effect) -> None:
        """Check that the live `effect` may be undone and write the books.

        Raises:
            RefusedError: A rule forbids it. Nothing may have changed then.
        """
        raise NotImplementedError(request.operation.name)

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any] | None:
        """The body that answers a successful undo; `effect` is ``None`` for a key never seen."""
        return None

    def repeated_undo_by_id(self, request: Request, effect: Effect) -> None:
        """Called when an effect that is undone already is to be undone by its id; success by default.

        Raises:
            RefusedError: The service tells repeated undos apart.
        """

    def settle(self) -> None:
        """What the outside world does by itself once everything is quiet. Nothing, by default."""

    def reads(self) -> Mapping[str, Any]:
        """The read-only collections: path below ``/``, and the rows they show."""
        return {}

    # -- the protocol -----------------------------------------------------------------------

    def begin(self, request: Request) -> Handling:
        """Check the key and make the effect, in one atomic step."""
        first_entry = len(self.books.entries)
        try:
            handling = self._answer_again(request) or self._answer_first(request)
        except RefusedError as refused:
            handling = Handling(_refusal(refused))
        handling.entries = tuple(
            entry.number
            for entry in self.books.entries[first_entry:]
            if entry.operation == request.operation.name
        )
        return handling

    def finish(self, handling: Handling) -> Reply:
        """The reply as it leaves: not the old success if the effect was undone in the meantime."""
        record = handling.record
        if record is None:
            return handling.reply
        if record.state is KeyState.CANCELLED:
            return _refusal(_key_cancelled())
        record.state = KeyState.DONE
        return handling.reply

    def remember_error(self, request: Request, reply: Reply) -> None:
        """Keep an error as the reply of the request's key, where the profile stores errors."""
        if self.settings.idempotency is not Idempotency.STORES_ERRORS or request.key is None:
            return
        record = self._record(request.operation.name, request.key)
        if record is not None and record.state is not KeyState.CANCELLED:
            record.reply = reply

    def end_effect(self, effect: Effect, by: str) -> None:
        """Mark `effect` as undone, and its key so that no late create can bring it back."""
        effect.state = EffectState.UNDONE
        effect.undone_by = by
        effect.undone_at = self.clock.now()
        if effect.key is not None:
            self._cancel_key(effect.operation, effect.key)

    def order_of(self, request: Request) -> str:
        """The order that an undo is about, as far as the service can tell."""
        effect = self._target(request)
        return effect.order if effect else ""

    def new_id(self, prefix: str) -> str:
        """A fresh id: the prefix and a running number, so that the same run gives the same ids."""
        number = self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return f"{prefix}_{number}"

    def effects(self, operation: str) -> Iterator[Effect]:
        """The effects that `operation` made, oldest first."""
        return (effect for effect in self.books.effects.values() if effect.operation == operation)

    # -- keys that were seen before, and keys that were not -----------------------------------

    def _answer_again(self, request: Request) -> Handling | None:
        record = self._record(request.operation.name, request.key) if request.key else None
        return Handling(_answer_for(record, request)) if record else None

    def _answer_first(self, request: Request) -> Handling:
        try:
            if request.operation.is_create:
                return self._create(request)
            return self._undo(request)
        except RefusedError as refused:
            if refused.status != HTTPStatus.BAD_REQUEST:
                self._remember_refusal(request, _refusal(refused))
            raise

    def _create(self, request: Request) -> Handling:
        effect, body = self.create(request)
        self.books.effects[effect.id] = effect
        reply = Reply(request.operation.success, body)
        return Handling(reply, record=self._remember(request, KeyState.RUNNING, reply))

    def _undo(self, request: Request) -> Handling:
        effect = self._target(request)
        if effect is not None and effect.state is not EffectState.UNDONE:
            self.undo(request, effect)
            self.end_effect(effect, request.operation.name)
            self._undo_further_effects(request, effect)
        elif effect is not None and request.target_key is None:
            self.repeated_undo_by_id(request, effect)
        elif request.target_key is not None and request.operation.undoes is not None:
            # Never seen: the create may still be on its way, so it must find the door closed.
            self._cancel_key(request.operation.undoes, request.target_key)
        reply = Reply(request.operation.success, self.undo_reply(request, effect))
        self._remember(request, KeyState.DONE, reply)
        return Handling(reply)

    def _undo_further_effects(self, request: Request, first: Effect) -> None:
        """Without idempotency one key may have made several effects; an undo by key ends them all."""
        if request.target_key is None:
            return
        for effect in list(self.effects(first.operation)):
            if effect.key == request.target_key and effect.state is EffectState.LIVE:
                self.undo(request, effect)
                self.end_effect(effect, request.operation.name)

    def _target(self, request: Request) -> Effect | None:
        """The effect that an undo is about; a 400 or 404 where the request names none."""
        if request.operation.undoes is None:
            return None
        if request.target_key is not None:
            return self._effect_by_key(request.operation.undoes, request.target_key)
        if request.target_id is None:
            wanted = f"{request.operation.target_id_at} or {request.operation.target_key_at}"
            raise RefusedError(400, "invalid_request", f"{wanted} is missing")
        effect = self.books.effects.get(request.target_id)
        if effect is None or effect.operation != request.operation.undoes:
            raise RefusedError(404, "not_found", f"{request.target_id} is not known")
        return effect

    def _effect_by_key(self, operation: str, key: str) -> Effect | None:
        found = [effect for effect in self.effects(operation) if effect.key == key]
        live = [effect for effect in found if effect.state is not EffectState.UNDONE]
        return next(iter(live or found), None)

    # -- what is remembered of keys -----------------------------------------------------------

    def _remember(self, request: Request, state: KeyState, reply: Reply) -> KeyRecord | None:
        if request.key is None or self.settings.idempotency is Idempotency.NONE:
            return None
        record = KeyRecord(self.clock.now(), state, request.fields, reply)
        self._keys[request.operation.name, request.key] = record
        return record

    def _remember_refusal(self, request: Request, reply: Reply) -> None:
        if self.settings.idempotency is Idempotency.STORES_ERRORS:
            self._remember(request, KeyState.DONE, reply)

    def _record(self, operation: str, key: str) -> KeyRecord | None:
        record = self._keys.get((operation, key))
        lifetime = self.settings.idempotency_expires_after
        if record is not None and lifetime is not None:
            if self.clock.now() - record.since >= lifetime:
                del self._keys[operation, key]
                return None
        return record

    def _cancel_key(self, operation: str, key: str) -> None:
        if self.settings.idempotency is Idempotency.NONE:
            return
        record = self._keys.get((operation, key))
        if record is None:
            self._keys[operation, key] = KeyRecord(self.clock.now(), KeyState.CANCELLED)
        else:
            record.state = KeyState.CANCELLED


def _answer_for(record: KeyRecord, request: Request) -> Reply:
    """What a key that was seen before answers to `request`."""
    if record.state is KeyState.CANCELLED:
        raise _key_cancelled()
    if record.fingerprint != request.fields:
        raise RefusedError(
            422, "idempotency_key_reused", f"{request.key} came with another body before"
        )
    if record.state is KeyState.RUNNING:
        raise RefusedError(409, "request_in_flight", f"{request.key} is still being worked on")
    assert record.reply is not None, "a key that is done has a reply"
    return record.reply


def _key_cancelled() -> RefusedError:
    return RefusedError(410, "key_cancelled", "what this key stood for was undone")


def _refusal(refused: RefusedError) -> Reply:
    return Reply(refused.status, {"error": refused.code, "detail": refused.detail})
