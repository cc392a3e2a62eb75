"""The control routes of served fakes (``docs/fakes-http.md``), for greenlets."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import msgspec

from sagacheck.world import Entry, OrderRecord

LIMIT_SECONDS = 60.0

_entry = msgspec.json.Decoder(Entry)
_order_record = msgspec.json.Decoder(OrderRecord)


class ControlError(Exception):
    """The services do not answer, or rejected the request; the message says why."""


class ControlClient:
    """Reads the ledger of served fakes, and injects faults into them.

    Args:
        url: Their base URL.

    Attributes:
        url: Their base URL, without a slash at its end.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def is_answering(self) -> bool:
        """Whether they answer."""
        try:
            self.health()
        except ControlError:
            return False
        return True

    def health(self) -> Mapping[str, Any]:
        """Their time, when it began, and how many attempts were made."""
        found: Mapping[str, Any] = self._request("GET", "health")
        return found

    def add_fault(self, rule: Mapping[str, Any]) -> None:
        """Inject a fault into calls from now on."""
        self._request("POST", "faults", rule)

    def heal(self) -> None:
        """Inject no more faults."""
        self._request("DELETE", "faults")

    def settle(self) -> None:
        """Let everything happen that is still to come: late requests arrive, parcels leave."""
        self._request("POST", "settle")

    def open_orders(self) -> set[str]:
        """The orders that the services know of and that were not finished by `finish`."""
        return {attempt["order"] for attempt in self._request("GET", "journal")["attempts"]}

    def entries(self, after: int) -> Iterator[Entry]:
        """The entries of the ledger with higher numbers than `after`."""
        with self._open("GET", f"books?after={after}") as lines:
            yield from map(_entry.decode, lines)

    def finish(self, keys: Mapping[str, Sequence[str]]) -> Iterator[OrderRecord]:
        """Move orders that have ended out of the services' memory; yields their records.

        Orders with a request still under way are left out.

        Args:
            keys: The orders, with the idempotency keys that each may have used.
        """
        with self._open("POST", "finished", {"orders": keys}) as lines:
            # The last line is no record: it names the orders that are left out.
            for line, _ in pairwise(lines):
                yield _order_record.decode(line)

    def _request(self, method: str, route: str, body: Any = None) -> Any:
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
            headers={} if body is None else {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as reply:  # noqa: S310
                yield reply
        except urllib.error.HTTPError as error:
            raise ControlError(_detail(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ControlError(str(error)) from None


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError):
        return f"{error.code} {error.reason}"
