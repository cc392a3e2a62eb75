"""A voucher, by local activities."""
