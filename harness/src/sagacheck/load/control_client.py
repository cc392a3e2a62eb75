"""The control routes of ``python -m fakes`` (``docs/fakes-http.md``), for greenlets."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from sagacheck.world import Entry, OrderRecord

LIMIT_SECONDS = 60.0

_entry = msgspec.json.Decoder(Entry)
_dossier = msgspec.json.Decoder(OrderRecord)


class FakesError(Exception):
    """The services do not answer, or do not do what they are asked; the message is theirs."""


class FakesClient:
    """The services' other side.

    Args:
        url: Their base URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def answer(self) -> bool:
        """Whether they answer."""
        try:
            self.health()
        except FakesError:
            return False
        return True

    def health(self) -> Mapping[str, Any]:
        """What time it is there, when it began, and how many attempts were made."""
        found: Mapping[str, Any] = self._ask("GET", "health")
        return found

    def add_fault(self, rule: Mapping[str, Any]) -> None:
        """Let calls suffer a fault from now on."""
        self._ask("POST", "faults", rule)

    def heal(self) -> None:
        """Let no call suffer a fault from now on."""
        self._ask("DELETE", "faults")

    def settle(self) -> None:
        """Let all happen that is still to come: late requests arrive, parcels leave."""
        self._ask("POST", "settle")

    def open_orders(self) -> set[str]:
        """The orders that something is known of and that nobody has said to be finished."""
        return {attempt["order"] for attempt in self._ask("GET", "journal")["attempts"]}

    def entries(self, after: int) -> Iterator[Entry]:
        """The entries of the ledger with higher numbers."""
        with self._open("GET", f"books?after={after}") as lines:
            yield from map(_entry.decode, lines)

    def finish(self, keys: Mapping[str, Sequence[str]]) -> Iterator[OrderRecord]:
        """Have orders put away that have ended, and get their records.

        Those of which something is still under way are left out.

        Args:
            keys: The orders, with the idempotency keys that each may have used.
        """
        with self._open("POST", "finished", {"orders": keys}) as lines:
            for line in lines:
                if not line.startswith(b'{"waiting"'):
                    yield _dossier.decode(line)

    def _ask(self, method: str, route: str, body: Any = None) -> Any:
        with self._open(method, route, body) as reply:
            return json.load(reply)

    @contextmanager
    def _open(
        self, method: str, route: str, body: Any = None
    ) -> Iterator[http.client.HTTPResponse]:
        request = urllib.request.Request(  # noqa: S310 - the URL is the user's own
            f"{self.url}/__fakes__/{route}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as reply:  # noqa: S310
                yield reply
        except urllib.error.HTTPError as error:
            raise FakesError(_detail(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FakesError(str(error)) from None


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError):
        return f"{error.code} {error.reason}"
