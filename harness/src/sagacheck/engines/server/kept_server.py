"""A Temporal server with its UI that stays up after a run, for a person to look at."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sagacheck import interrupts
from sagacheck.checks import OrderOutcome
from sagacheck.engines.server.embedded_server import Server, start_server


class KeptServer:
    """An embedded server that outlives the engine that plays on it; use it with ``with``.

    Raises:
        EngineStartError: There is no server to start, or it does not answer.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._server: Server | None = None

    def __enter__(self) -> Self:
        try:
            self._server = self._runner.run(start_server(with_ui=True))
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._started.stop())
        self._runner.close()

    @property
    def _started(self) -> Server:
        assert self._server is not None, "it is used with `with`"
        return self._server

    @property
    def address(self) -> str:
        """The address for clients and workers."""
        return self._started.address

    @property
    def ui(self) -> str:
        """The URL of its UI."""
        return f"http://{self._started.ui_address}"

    @property
    def import_page(self) -> str:
        """The URL at which the UI opens an event history from a file, such as a simulated one."""
        return f"{self.ui}/import/events"

    def page_of(self, outcome: OrderOutcome) -> str:
        """The URL at which the UI shows the workflow of an order that was played on this server."""
        workflow = f"{self.ui}/namespaces/default/workflows/{quote(outcome.workflow_id, safe='')}"
        return f"{workflow}/{outcome.run_id}/history" if outcome.run_id else workflow

    def wait(self) -> str:
        """Wait until Ctrl-C, or until the server ends.

        Returns:
            How the server has ended; empty after Ctrl-C.
        """
        with suppress(KeyboardInterrupt), interrupts.playing():
            return interrupts.run(self._started.wait(), self._runner)
        return ""
