"""What a person writes for a day or a number, read without guessing."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal

DAYS = "2026-11-23, 2026/11/23, 20261123, 2026年11月23日, 令和8年11月23日 or R8.11.23"
NUMBERS = "1234, 1,234, 1234.5, ¥1,234, -1,234 or △1,234"
PLACES = 6
"""Digits behind the point that are kept exactly."""

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_LETTERS = dict(zip("RHSTM", _ERAS.values(), strict=True))
_TIME = r"(?:(?:[T ]\s*|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
_FORMS = [
    re.compile(rf"()(\d{{4}})([-/.])(\d{{1,2}})\3(\d{{1,2}}){_TIME}", re.ASCII),
    re.compile(rf"()(\d{{4}})()(\d{{2}})(\d{{2}}){_TIME}", re.ASCII),
    re.compile(rf"()(\d{{4}})\s*(年)\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*日{_TIME}", re.ASCII),
    re.compile(
        rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*(年)\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*日{_TIME}",
        re.ASCII,
    ),
    re.compile(rf"([RHSTM])\s*(\d{{1,3}})([-/.])(\d{{1,2}})\3(\d{{1,2}}){_TIME}", re.ASCII),
]
_FIRST = dt.date(1900, 3, 1)  # before it spreadsheets count a day that never was
_SIGN = re.compile(r"^([-+]?)[¥\\$€£]\s*")  # in CP932 a backslash is the sign of the yen
_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)
_MOST = Decimal(10) ** 15  # a spreadsheet keeps fifteen digits


def day(text: str) -> dt.date:
    """The day in a text; a time behind it is left out. Raises ValueError with the reason."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = next(filter(None, (form.fullmatch(plain) for form in _FORMS)), None)
    if found is None:
        raise ValueError(f"is no date of a form that is understood: {DAYS}")
    era, year, _, month, of_month = found.groups()
    try:
        date = dt.date(_year(era, year), int(month), int(of_month))
    except ValueError:
        raise ValueError("is a day that no calendar has") from None
    if date < _FIRST:
        raise ValueError(f"is before {_FIRST}, which spreadsheets cannot show as a date")
    return date


def _year(era: str, year: str) -> int:
    count = 1 if year == "元" else int(year)
    return count + (_ERAS | _LETTERS).get(era, 0)


def number(text: str) -> Decimal:
    """The number in a text. Raises ValueError with the reason."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith("(") and plain.endswith(")"):  # accountants
        plain = f"-{plain[1:-1].strip()}"
    plain = re.sub(r"^[△▲−‐–ー]\s*", "-", plain).removesuffix("円").rstrip()
    plain = _SIGN.sub(r"\1", plain)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"is no number of a form that is understood: {NUMBERS}")
    value = Decimal(plain.replace(",", ""))
    if abs(value) >= _MOST:
        raise ValueError("has more than fifteen digits, which spreadsheets cannot keep")
    if value != round(value, PLACES):
        raise ValueError(f"has more than {PLACES} digits behind the point")
    return value
