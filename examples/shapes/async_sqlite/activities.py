"""Seats and money in a database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import aiosqlite
from temporalio import activity
from temporalio.exceptions import ApplicationError

DATABASE = "file:tickets?mode=memory&cache=shared"
_open = sqlite3.connect(DATABASE, uri=True, check_same_thread=False)
"""A database in memory lasts while a connection is open."""


@dataclass
class Booking:
    """What a visitor wants."""

    booking_id: str
    visitor: str
    seat: str
    cents: int


def open_database() -> None:
    """Begin with one free seat and nothing paid."""
    _open.executescript("""
        DROP TABLE IF EXISTS seats; DROP TABLE IF EXISTS payments;
        CREATE TABLE seats (seat PRIMARY KEY, booking_id);
        CREATE TABLE payments (booking_id PRIMARY KEY, cents);
        INSERT INTO seats VALUES ('A1', NULL);
    """)


@activity.defn
async def hold_seat(booking: Booking) -> None:
    """Hold the seat, unless another booking has it."""
    async with aiosqlite.connect(DATABASE, uri=True) as db:
        change = await db.execute(
            "UPDATE seats SET booking_id = :id WHERE seat = :seat"
            " AND (booking_id IS NULL OR booking_id = :id)",
            {"id": booking.booking_id, "seat": booking.seat},
        )
        await db.commit()
    if not change.rowcount:
        msg = f"seat {booking.seat} is taken"
        raise ApplicationError(msg, type="SeatTaken", non_retryable=True)


@activity.defn
async def free_seat(booking: Booking) -> None:
    """Give the seat back."""
    async with aiosqlite.connect(DATABASE, uri=True) as db:
        await db.execute(
            "UPDATE seats SET booking_id = NULL WHERE booking_id = ?", (booking.booking_id,)
        )
        await db.commit()


@activity.defn
async def take_payment(booking: Booking) -> None:
    """Take the money, once for a booking."""
    async with aiosqlite.connect(DATABASE, uri=True) as db:
        await db.execute(
            "INSERT OR IGNORE INTO payments VALUES (?, ?)", (booking.booking_id, booking.cents)
        )
        await db.commit()
