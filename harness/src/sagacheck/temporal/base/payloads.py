"""Payloads that the service and Core make themselves, and how large payloads may be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure

MOST_BYTES = 2 * 1024 * 1024
"""Of all payloads of one call, such as its arguments: the server's ``limit.blobSize.error``."""


def json_payload(value: Any) -> Payload:
    """A value as the SDK's default converter encodes it."""
    text = json.dumps(value, separators=(",", ":"))
    return Payload(metadata={"encoding": b"json/plain"}, data=text.encode())


def are_too_large(payloads: Iterable[Payload]) -> bool:
    """Whether Core refuses to send these payloads together."""
    return size_bytes(payloads) > MOST_BYTES


def size_bytes(payloads: Iterable[Payload]) -> int:
    """The size of a ``Payloads`` message of them; to make one would copy each of them."""
    sizes = [payload.ByteSize() for payload in payloads]
    # Before each there are its tag, of one byte, and its length, of seven bits a byte.
    return sum(size + 1 + (max(size, 1).bit_length() + 6) // 7 for size in sizes)


def too_large_failure() -> Failure:
    """What Core fails an attempt or a workflow task with whose payloads it refuses to send."""
    failure = Failure(
        message="[TMPRL1103] Attempted to upload payloads with size that exceeded the error limit."
    )
    failure.application_failure_info.type = "PayloadsTooLarge"
    return failure
