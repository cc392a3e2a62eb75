"""The world that is being served, and can be exchanged for a new one."""

from __future__ import annotations

from collections.abc import Callable

from fakes.clock import Clock
from fakes.settings import Settings
from fakes.world import ServiceFactory, World


class Stage:
    """Holds one world at a time.

    Args:
        settings: What each new world begins with, unless it is told otherwise.
        clock: Makes the clock of a new world.
        services: Makes the services of a new world.

    Attributes:
        world: The present world.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], Clock], services: ServiceFactory
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._services = services
        self.reset()

    def reset(self, settings: Settings | None = None) -> None:
        """Begin a new world; what is still under way in the old one stays there."""
        chosen = settings or self.settings
        self.world = World(chosen, clock=self._clock(), services=self._services)
