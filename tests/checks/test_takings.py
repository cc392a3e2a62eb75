"""Which money counts as taken: by what an account is, not by its name."""

from __future__ import annotations

import pytest

from sagacheck.checks.evidence import is_takings
from sagacheck.services import CUSTOMER, MERCHANT
from sagacheck.services.card_payments import AUTHORISED
from sagacheck.services.payments import REFUNDS_DUE
from sagacheck.world import Account, AccountKind, Posting

OF_A_TEAM = Account("till of the shop", AccountKind.MONEY)


@pytest.mark.parametrize("account", [MERCHANT, OF_A_TEAM])
def test_money_of_the_shop_is_taken(account: Account) -> None:
    """Whatever a team calls the account of its own service."""
    assert is_takings(Posting(account, "USD", 100))


@pytest.mark.parametrize("account", [CUSTOMER, AUTHORISED, REFUNDS_DUE])
def test_money_of_others_is_not(account: Account) -> None:
    """The customer's, what is set aside, and what is on its way back."""
    assert not is_takings(Posting(account, "USD", 100))
