"""Load on a real Temporal server, and the client_log checked afterwards."""

from sagacheck.load.session import listen
from sagacheck.load.users import Customer

__all__ = ["Customer", "listen"]
