"""Amounts of money: kept in a currency's smallest unit, written as people write them."""

import re
from decimal import Decimal, InvalidOperation

CODE = re.compile("[A-Z]{3}")
#: How many digits stand behind the point where it is not two (ISO 4217).
EXPONENTS = {
    **dict.fromkeys(
        CODE.findall("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"), 0
    ),
    **dict.fromkeys(CODE.findall("BHD IQD JOD KWD LYD OMR TND"), 3),
}
CURRENCIES = tuple(
    CODE.findall("""
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
    """)
)
SYMBOLS = {"INR": "₹", "EUR": "€", "GBP": "£", "USD": "$"}


class NotAnAmount(ValueError):
    """What was typed is not an amount of this currency; the text says it to the person."""


def words_for(amount: int, currency: str) -> str:
    """Return the amount as people write it: ``words_for(50000, "INR")`` is ₹500."""
    if amount == 0:
        return "Free"
    digits = EXPONENTS.get(currency, 2)
    whole, rest = divmod(amount, 10**digits)
    number = f"{whole:,}" + (f".{rest:0{digits}d}" if rest else "")
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{currency} {number}"


def parse_amount(typed: str, currency: str) -> int:
    """Return what was typed in the smallest unit. Raises NotAnAmount."""
    digits = EXPONENTS.get(currency, 2)
    try:
        amount = Decimal(typed.strip()).scaleb(digits)
    except InvalidOperation:
        raise NotAnAmount("Write the price as a number, such as 500 or 12.50.") from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise NotAnAmount("The price must be between 0 and ten million.")
    if amount != amount.to_integral_value():
        places = f"at most {digits} digits" if digits else "no digits"
        raise NotAnAmount(f"{currency} has {places} behind the point.")
    return int(amount)


def number_for(amount: int, currency: str) -> str:
    """Return the amount as it stands in a form field, such as 500 or 12.50."""
    digits = EXPONENTS.get(currency, 2)
    whole, rest = divmod(amount, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if rest else str(whole)
