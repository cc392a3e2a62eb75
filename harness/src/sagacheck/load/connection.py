"""The connection to Temporal, so that every process of a run uses the same server."""

from __future__ import annotations

import os
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from sagacheck.saga import SagaUnderTest

DEFAULT_ADDRESS = "localhost:7233"


@dataclass(frozen=True, slots=True)
class Connection:
    """Which Temporal to connect to. What is ``None`` is left to the environment.

    Attributes:
        address: ``host:port``.
        namespace: The namespace.
        profile: The profile of Temporal's configuration file.
    """

    address: str | None = None
    namespace: str | None = None
    profile: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The connection as options of a worker's command line."""
        options = {
            "--address": self.address,
            "--namespace": self.namespace,
            "--profile": self.profile,
        }
        return [word for name, value in options.items() if value for word in (name, value)]

    def config(self) -> ClientConnectConfig:
        """The arguments for `Client.connect`, completed by `temporalio.envconfig`.

        Raises:
            RuntimeError: The configuration file cannot be read, or it has no such profile.
        """
        config = ClientConfig.load_client_connect_config(self.profile)
        config.setdefault("target_host", DEFAULT_ADDRESS)
        if self.address is not None:
            config["target_host"] = self.address
        if self.namespace is not None:
            config["namespace"] = self.namespace
        return config

    async def connect(self, saga: SagaUnderTest) -> Client:
        """A client with the saga's data converter. The SDK's core logs errors only.

        Raises:
            RuntimeError: The configuration is wrong, or no server is answering.
        """
        logs = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
        runtime = Runtime(telemetry=TelemetryConfig(logging=logs))
        return await Client.connect(
            **self.config(), data_converter=saga.data_converter, runtime=runtime
        )


def environment_names_temporal() -> bool:
    """Whether the environment names a Temporal server, as `temporalio.envconfig` reads it."""
    return any(os.environ.get(name) for name in ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE"))
