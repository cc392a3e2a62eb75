"""Whatever fails, whenever it fails: is a saga on Temporal consistent afterwards?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagacheck.saga import SagaUnderTest, effect

__all__ = ["SagaUnderTest", "effect"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the Temporal SDK takes half a second."""
    if name in __all__:
        from sagacheck import saga  # noqa: PLC0415 - as above

        return getattr(saga, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
