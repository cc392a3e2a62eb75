"""Any httpx client talks to the fakes, unchanged, through respx.

A saga whose client can be chosen takes a `FakesClient`, which is faster.

Limitations: replies come in one piece, so streaming clients see one chunk; a synchronous client
must run in a thread of its own, beside the world's event loop; of a client's timeouts only the read
timeout counts, for connecting and writing take no time. Clients that ask for no TLS context of
their own share one: for that the private `httpx._transports.default` is patched. That patch also
brings respx in, when the first client is made that would open a socket.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import Any

from httpx._transports import default

_transports: Any = default


@contextmanager
def httpx_patch() -> Iterator[None]:
    """While open, every httpx request of the process goes to the fakes and none to a socket."""
    with ExitStack() as stack:
        lock = Lock()

        @cache
        def route_to_fakes() -> None:
            from sagacheck.inprocess.respx_router import Router  # noqa: PLC0415 - as it says

            stack.enter_context(Router(assert_all_called=False))

        def at_each_transport() -> None:
            with lock:  # activities in threads make clients too
                route_to_fakes()

        with _tls_contexts_of_transports(at_each_transport):
            if "httpcore" in sys.modules:  # then there may be transports already
                route_to_fakes()
            yield


@contextmanager
def _tls_contexts_of_transports(at_each: Callable[[], None]) -> Iterator[None]:
    """Make one TLS context for all: each takes 20 ms, and some sagas make a client a call.

    Args:
        at_each: Called when a transport that would open a socket is made: each makes a context.
    """
    make = _transports.create_ssl_context

    @cache
    def of_all() -> ssl.SSLContext:
        context: ssl.SSLContext = make()
        return context

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        at_each()
        is_default = verify is True and cert is None and trust_env
        return of_all() if is_default else make(verify, cert, trust_env)

    _transports.create_ssl_context = shared
    try:
        yield
    finally:
        _transports.create_ssl_context = make
