from __future__ import annotations

import json

from sagacheck.network import Calls, Fault
from sagacheck.world import Account, AccountKind, Posting, as_json


def test_dataclasses_become_objects() -> None:
    """Nested dataclasses and enumerations become objects and their values."""
    posting = Posting(Account("merchant", AccountKind.MONEY), "USD", 1999)

    assert json.loads(json.dumps(as_json([posting]))) == [
        {
            "account": {
                "name": "merchant",
                "kind": "money",
                "may_be_negative": False,
                "on_hold": False,
            },
            "unit": "USD",
            "amount": 1999,
        }
    ]


def test_what_json_does_not_know_is_written_differently() -> None:
    """Sets become sorted lists, infinity becomes null, keys become text."""
    assert as_json(Calls(frozenset({3, 1})))["numbers"] == [1, 3]
    assert as_json(Fault("outage"))["end"] is None
    assert as_json({1: (2.5, None)}) == {"1": [2.5, None]}
