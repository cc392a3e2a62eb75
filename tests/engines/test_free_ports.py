"""Ports for programs that cannot choose their own."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from sagacheck.engines import free_ports

MANY = 200


def _bound_port(stack: ExitStack, port: int = 0) -> int:
    sock = stack.enter_context(socket.socket())
    sock.bind(("127.0.0.1", port))
    return int(sock.getsockname()[1])


def test_no_other_program_is_given_them() -> None:
    """Neither who takes any free port, nor who asks for free ports in turn."""
    ports = free_ports(MANY)

    with ExitStack() as stack:
        others = {_bound_port(stack) for _ in range(MANY)}
    assert len(set(ports)) == MANY
    assert not {*others, *free_ports(MANY)} & set(ports)


def test_a_server_can_listen_there() -> None:
    """One that reuses addresses, as servers do; another socket cannot."""
    (port,) = free_ports(1)

    with ExitStack() as stack, pytest.raises(OSError, match="in use"):
        _bound_port(stack, port)
    with socket.create_server(("127.0.0.1", port)):
        pass
