"""Currencies, and how many decimals an amount of each has.

The source is ISO 4217, list one of its maintenance agency (SIX), as of 2026; `minor_units` there is
the number of decimals. Codes without minor units are left out: metals, bond-market units, the SDR,
test codes. Nobody is charged in those.
"""

from __future__ import annotations

_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
        GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
        LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
        SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
        XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}

HUNDREDTHS = 2
"""The decimals of an amount whose currency is not known."""


def decimals_of(currency: str) -> int | None:
    """How many decimals an amount of `currency` has; ``None`` where there is no such currency."""
    return _DECIMALS.get(currency)


def amount_text(minor: int, currency: str = "") -> str:
    """An amount in minor units as people write it, without its currency: ``19.99``, ``1999``."""
    decimals = _DECIMALS.get(currency, HUNDREDTHS)
    sign, digits = "-" if minor < 0 else "", f"{abs(minor):0{decimals + 1}}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def money_text(minor: int, currency: str) -> str:
    """An amount in minor units with its currency: ``19.99 USD``, ``1999 JPY``."""
    return f"{amount_text(minor, currency)} {currency}".rstrip()
