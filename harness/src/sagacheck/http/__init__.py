"""The same world served over HTTP, with control routes, a write-ahead log and recovery."""

from typing import TYPE_CHECKING

from sagacheck.http.commands.options import CONTROL_ROUTES, serve_options
from sagacheck.on_demand import on_demand

if TYPE_CHECKING:
    from sagacheck.http.commands.serving import serve, serve_command

__all__ = ["CONTROL_ROUTES", "serve", "serve_command", "serve_options"]

__getattr__ = on_demand(__name__, {"commands.serving": ("serve", "serve_command")})
