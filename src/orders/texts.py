"""Texts of services and clients, cut to a length that Temporal can store."""

from __future__ import annotations

LONGEST_TEXT_BYTES = 1000
"""So much of a service's or client's text enters a failure or a result, in UTF-8."""


def shortened(text: str, most_bytes: int = LONGEST_TEXT_BYTES) -> str:
    """`text`, or its beginning and an ellipsis, in at most `most_bytes` of UTF-8.

    Half surrogates, which JSON can write and UTF-8 cannot, become question marks.
    """
    raw = text.encode(errors="replace")
    if len(raw) <= most_bytes:
        return raw.decode()
    ellipsis = "…"
    return raw[: most_bytes - len(ellipsis.encode())].decode(errors="ignore") + ellipsis
