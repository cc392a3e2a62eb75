"""The connection of a command to Temporal, with one sentence for each way in which it fails."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import click
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from orders.client import connect, connection_config

CONNECT_SECONDS = 10
COMPLETED, OTHERWISE, WRONG_INPUT, UNKNOWN = range(4)
"""The exit codes."""

Option = str | None
"""The value of an option of the connection."""

Work = Callable[[Client], Coroutine[Any, Any, int]]
"""What a command does with its connection; returns the exit code."""


class WrongInputError(click.ClickException):
    """The command was given wrong input."""

    exit_code = WRONG_INPUT


class UnknownError(click.ClickException):
    """The outcome of the command is unknown."""

    exit_code = UNKNOWN


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the options that `run` takes."""
    for name, metavar, text in (
        ("--profile", "NAME", "Profile of the configuration file; else TEMPORAL_PROFILE."),
        ("--namespace", "NAME", "Namespace; else TEMPORAL_NAMESPACE, else default."),
        ("--address", "HOST:PORT", "Temporal; else TEMPORAL_ADDRESS, else localhost:7233."),
    ):
        command = click.option(name, metavar=metavar, help=text)(command)
    return command


def run(work: Work, connection: dict[str, Option], *, runtime: Runtime | None = None) -> NoReturn:
    """Do `work` with a connection, and exit with its code.

    Args:
        work: What the command does.
        connection: The values of `connection_options`.
        runtime: Where the SDK's core runs; by default one that logs warnings to standard output.

    Raises:
        WrongInputError: The options or the configuration name no Temporal server.
        UnknownError: No server answers, or the command was interrupted.
    """
    try:
        code = asyncio.run(_with_client(work, connection, runtime))
    except KeyboardInterrupt:
        msg = "interrupted; `orders status ORDER_ID` shows the status of an order"
        raise UnknownError(msg) from None
    sys.exit(code)


async def _with_client(work: Work, connection: dict[str, Option], runtime: Runtime | None) -> int:
    client = await _connect(connection, runtime)
    try:
        return await work(client)
    except RPCError as error:
        msg = f"{where(client)} rejected the request: {error.message}"
        raise UnknownError(msg) from None


async def _connect(connection: dict[str, Option], runtime: Runtime | None) -> Client:
    address = _configured_address(connection)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            client = await connect(**connection, runtime=runtime)
            await _check_namespace(client)
    except (RuntimeError, TimeoutError, RPCError) as error:
        detail = str(error) or f"no answer within {CONNECT_SECONDS} s"
        raise _why_no_connection(address, detail) from None
    except ValueError as error:
        msg = f"the connection to {address!r} is configured wrongly: {error}"
        raise WrongInputError(msg) from None
    return client


def _configured_address(connection: dict[str, Option]) -> str | None:
    """The address that the options, the environment and the configuration file name."""
    try:
        _check_configuration_file()
        return connection_config(**connection).get("target_host")
    except OSError as error:
        detail = f"{error.filename}: {error.strerror}"
    except (RuntimeError, ValueError) as error:
        detail = " ".join(str(error).split())
    msg = f"the configuration of Temporal cannot be used: {detail}"
    raise WrongInputError(msg)


def _check_configuration_file() -> None:
    """The SDK passes over a file that is not there, even if it was asked for by name."""
    if file := os.environ.get("TEMPORAL_CONFIG_FILE"):
        Path(file).stat()


@cache
def silent_runtime() -> Runtime:
    """A runtime whose core logs nothing: standard output, where it would, is for results."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _why_no_connection(address: str | None, detail: str) -> click.ClickException:
    if "InvalidCertificate" in detail:
        reason = detail.rpartition("InvalidCertificate")[2].strip("() }")
        return WrongInputError(
            f"the certificate of {address} is not trusted ({reason}); "
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH names the file of its authority"
        )
    if "PrivateKeyParseError" in detail or "CertificateParseError" in detail:
        return WrongInputError(
            f"the client's certificate or key for {address} is no PEM file: {detail}"
        )
    if "tcp connect error" in detail or "dns error" in detail:
        return UnknownError(
            f"no server answers at {address}; start one there, for example by "
            "`temporal server start-dev`, or pass --address"
        )
    if "ConnectError" in detail:
        return UnknownError(
            f"{address} answers, but not by TLS, or it wants a client's certificate: {detail}"
        )
    if "error after connection" in detail:
        return UnknownError(
            f"{address} answers, but not as Temporal does; does it want TLS? TEMPORAL_TLS=true "
            f"turns it on: {detail}"
        )
    return UnknownError(f"cannot talk to Temporal at {address}: {detail}")


async def _check_namespace(client: Client) -> None:
    """An unknown namespace shows in every call, but is easily taken for an unknown order there."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            address = client.service_client.config.target_host
            msg = f"there is no namespace {client.namespace} at {address}"
            raise WrongInputError(msg) from None
        if error.status is not RPCStatusCode.PERMISSION_DENIED:  # it may be allowed all the rest
            raise


def where(client: Client) -> str:
    """The server and the namespace that `client` talks to."""
    return f"{client.service_client.config.target_host}, namespace {client.namespace}"
