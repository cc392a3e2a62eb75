"""Load on a real Temporal server, and the ledger checked afterwards."""

from sagacheck.load.session import listen
from sagacheck.load.users import Customer

__all__ = ["Customer", "listen"]
