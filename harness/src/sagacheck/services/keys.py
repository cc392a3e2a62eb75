"""The idempotency keys of a service, and its answers to known keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sagacheck.services.refusals import IN_FLIGHT, KEY_CANCELLED, KEY_REUSED
from sagacheck.services.request import RefusedError, Request
from sagacheck.world import Clock, Idempotency, KeyRecord, KeyState, Reply, Settings


class Keys:
    """The keys that a service has seen.

    Args:
        clock: The world's clock.
        settings: Whether keys are honoured, and for how long.

    Attributes:
        on_change: Called with each key that is new, cancelled, or has another reply.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.on_change: Callable[[KeyRecord], None] | None = None
        self._records: dict[tuple[str, str], KeyRecord] = {}

    def answer(self, request: Request) -> Reply | None:
        """The reply that the request's key had before, ``None`` for a key never seen.

        Raises:
            RefusedError: The key is cancelled, came with another body, or its request is in flight.
        """
        key = request.key
        record = self._record(request.operation.name, key) if key else None
        if record is None:
            return None
        if record.state is KeyState.CANCELLED:
            raise key_cancelled()
        if record.fingerprint != request.content:
            detail = f"{key} came with another body before"
            raise RefusedError.of(KEY_REUSED, detail)
        if record.state is KeyState.RUNNING:
            raise RefusedError.of(IN_FLIGHT, f"{key} is still being worked on")
        return record.reply

    def remember(self, request: Request, reply: Reply) -> KeyRecord | None:
        """Remember the first reply to a new key; the reply has yet to leave."""
        key = request.key
        if key is None or self._settings.idempotency is Idempotency.NONE:
            return None
        record = KeyRecord(
            operation=request.operation.name,
            key=key,
            order=request.order,
            since=self._clock.now(),
            state=KeyState.RUNNING,
            fingerprint=request.content,
            reply=reply,
        )
        self._put(record)
        return record

    def replace_reply(self, record: KeyRecord, reply: Reply) -> None:
        """Answer `reply` from now on."""
        record.reply = reply
        self._put(record)

    def cancel(self, operation: str, key: str, order: str) -> None:
        """Refuse later creates with `key`, for the lifetime of a key: leave a tombstone."""
        if self._settings.idempotency is Idempotency.NONE:
            return
        now = self._clock.now()
        record = self._record(operation, key)
        if record is None:
            record = KeyRecord(operation, key, order, now, KeyState.CANCELLED)
        record.state, record.since = KeyState.CANCELLED, now
        self._put(record)

    def assign_orders(self, owners: Mapping[str, str]) -> None:
        """Assign each record without an order to the order that owns its key."""
        for record in self._records.values():
            if not record.order and record.key in owners:
                record.order = owners[record.key]
                self._put(record)

    def evict(self, orders: Collection[str]) -> list[KeyRecord]:
        """Remove the keys of these orders, and return them."""
        evicted = [record for record in self._records.values() if record.order in orders]
        for record in evicted:
            del self._records[record.operation, record.key]
        return evicted

    def restore(self, record: KeyRecord) -> None:
        """Add a key that was evicted."""
        self._records[record.operation, record.key] = record

    def _put(self, record: KeyRecord) -> None:
        self._records[record.operation, record.key] = record
        if self.on_change is not None:
            self.on_change(record)

    def _record(self, operation: str, key: str) -> KeyRecord | None:
        record = self._records.get((operation, key))
        lifetime = self._settings.keys_expire_after
        if record is None or lifetime is None or self._clock.now() - record.since < lifetime:
            return record
        del self._records[operation, key]
        return None


def key_cancelled() -> RefusedError:
    """The refusal of a create whose key was cancelled."""
    return RefusedError.of(KEY_CANCELLED, "what this key stood for was undone")
