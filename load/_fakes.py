"""The control routes of ``python -m fakes``, for greenlets."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

LIMIT_SECONDS = 60.0


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
        """What time it is there, and how many attempts were made."""
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
        while any(parcel["state"] == "live" for parcel in self._read("shipments")):
            time.sleep(0.1)

    def books(self) -> Mapping[str, Any]:
        """All entries and effects."""
        found: Mapping[str, Any] = self._ask("GET", "books")
        return found

    def journal(self) -> list[Mapping[str, Any]]:
        """All attempts."""
        found: list[Mapping[str, Any]] = self._ask("GET", "journal")["attempts"]
        return found

    def _ask(self, method: str, route: str, body: Any = None) -> Any:
        return self._read(f"__fakes__/{route}", method, body)

    def _read(self, path: str, method: str = "GET", body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the URL is the user's own
            f"{self.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as reply:  # noqa: S310
                return json.load(reply)
        except urllib.error.HTTPError as error:
            detail = json.loads(error.read() or b"{}").get("detail", error.reason)
            raise FakesError(str(detail)) from None
        except (OSError, http.client.HTTPException) as error:
            raise FakesError(str(error)) from None
