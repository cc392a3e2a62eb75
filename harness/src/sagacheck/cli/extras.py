"""The extras of this distribution, which are optional."""

from __future__ import annotations

from importlib.util import find_spec

from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with


def has_report() -> bool:
    """Whether pages and documents can be made."""
    return find_spec("jinja2") is not None


def report_or_exit(what: str) -> None:
    """End the command where `what`, an option or a command, cannot make its pages."""
    if not has_report():
        _exit_without("report", what)


def server_or_exit(what: str) -> None:
    """End the command where `what`, an option, has no Temporal server to start."""
    from sagacheck.engines import server_program  # noqa: PLC0415 - the SDK takes half a second

    if server_program() is None:
        _exit_without("server", what)


def serve_or_exit(what: str) -> None:
    """End the command where `what` cannot serve anything over HTTP."""
    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "httptools", "uvloop")):
        _exit_without("serve", what)


def _exit_without(extra: str, what: str) -> None:
    remedy = f"pip install 'sagacheck[{extra}]'"
    exit_with(WRONG_INPUT, f"{what} needs packages that are not installed: {remedy}")
