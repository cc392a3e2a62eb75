"""A hotel and a theatre, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from temporalio import activity
from temporalio.exceptions import ApplicationError

HOTEL = "https://hotel.example.com"
THEATRE = "https://theatre.example.com"
LIMIT = aiohttp.ClientTimeout(total=10)


@dataclass
class Weekend:
    """Whose weekend, and where."""

    id: str
    guest: str
    city: str = "Vienna"


@activity.defn
async def book_room(weekend: Weekend) -> None:
    """Book a room, unless the hotel is full."""
    await _send("PUT", f"{HOTEL}/rooms/{weekend.id}", {"guest": weekend.guest})


@activity.defn
async def cancel_room(weekend: Weekend) -> None:
    """Cancel the room."""
    await _send("DELETE", f"{HOTEL}/rooms/{weekend.id}")


@activity.defn
async def buy_tickets(weekend: Weekend) -> None:
    """Buy tickets, if there are any."""
    await _send("PUT", f"{THEATRE}/tickets/{weekend.id}", {"guest": weekend.guest})


async def _send(method: str, url: str, body: dict[str, str] | None = None) -> None:
    async with (
        aiohttp.ClientSession(timeout=LIMIT) as session,
        session.request(method, url, json=body) as reply,
    ):
        # A 409 may also say that an earlier request with this id is still worked on.
        if reply.status == 409 and (await reply.json())["error"] in ("full", "sold_out"):
            raise ApplicationError("nothing is left", type="SoldOut", non_retryable=True)
        reply.raise_for_status()
