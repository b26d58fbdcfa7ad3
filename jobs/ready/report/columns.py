"""Which column of a file is what."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jobmon.jobs.kit import Data

KNOWN: Mapping[str, str] = {
    "date": (
        "日付 売上日 販売日 取引日 計上日 営業日 年月日 売上日付 販売日付 日時 date day sales_date "
        "sale_date order_date transaction_date business_date"
    ),
    "store": (
        "店舗 店舗名 店名 店 支店 支店名 売場 拠点 store store_name shop shop_name branch outlet "
        "location"
    ),
    "amount": (
        "売上 売上金額 売上高 売上額 金額 販売金額 合計金額 税込金額 税抜金額 小計 amount sales "
        "sales_amount revenue total total_amount turnover"
    ),
    "quantity": ("数量 個数 点数 販売数 販売数量 売上数量 数 quantity qty units units_sold count"),
    "product": (
        "商品 商品名 品名 品目 製品 製品名 アイテム product product_name item item_name article"
    ),
    "price": "単価 販売単価 価格 売価 定価 price unit_price",
}
"""The names of each role, the likeliest first."""
NEEDED = ("date", "store", "amount")
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "|"}


class Columns(NamedTuple):
    """The header of the input and the place of each role in it."""

    names: tuple[str, ...]
    roles: Mapping[str, str]
    """{role: column}; `date`, `store` and `amount` are always there."""
    numbers: tuple[str, ...]
    """The columns of numbers, in the order of the file."""


def recognise(
    where: str, names: Sequence[str], wanted: Mapping[str, str], numbers: Sequence[str] = ()
) -> Columns:
    """What the columns are. `wanted` {role: column} goes before what is recognised.

    Raises Data when one is not there, or is there twice.
    """
    _sound(where, names)
    roles = {role: _named(where, names, name) for role, name in wanted.items()}
    more = [_named(where, names, name) for name in numbers]
    for role in KNOWN:
        found = _known(role, [n for n in names if n not in roles.values()])
        if role not in roles and found:
            roles[role] = found
    missing = [role for role in NEEDED if role not in roles]
    if missing:
        raise Data("\n".join(_missing(where, names, role) for role in missing))
    figures = {roles.get(role) for role in ("amount", "quantity", "price")} | set(more)
    return Columns(tuple(names), roles, tuple(n for n in names if n in figures))


def plain(name: str) -> str:
    """A name as it is compared: width, case and what stands between words do not count."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    return text.split("(")[0].strip().replace(" ", "_").replace("-", "_")


def _known(role: str, names: Sequence[str]) -> str | None:
    by_plain = {plain(name): name for name in reversed(names)}
    return next((by_plain[word] for word in KNOWN[role].split() if word in by_plain), None)


def _sound(where: str, names: Sequence[str]) -> None:
    other = [called for sign, called in _SEPARATORS.items() if len(names) == 1 and sign in names[0]]
    if other:
        raise Data(f"{where}: fields are separated by {other[0]}: save the file with commas")
    for number, name in enumerate(names, 1):
        if not name:
            raise Data(f"{where}: column {number} of the header has no name: name it or remove it")
        first = names.index(name) + 1
        if first < number:
            raise Data(f"{where}: columns {first} and {number} are both called {name}: rename one")


def _named(where: str, names: Sequence[str], name: str) -> str:
    same = [found for found in names if plain(found) == plain(name)]
    if name in names:
        return name
    if len(same) == 1:
        return same[0]
    raise Data(f"{where}: there is no column {name}{_near(name, names)}; {_all(names)}")


def _missing(where: str, names: Sequence[str], role: str) -> str:
    near = _near(KNOWN[role], names)
    return f"{where}: no column looks like the {role}{near}; name it with --{role}; {_all(names)}"


def _near(words: str, names: Sequence[str]) -> str:
    """ ", did you mean ...", or ""."""
    rated = [
        (difflib.SequenceMatcher(None, plain(word), plain(name)).ratio(), name)
        for word in words.split()
        for name in names
    ]
    best, name = max(rated, default=(0.0, ""))
    return f" (is it {name}?)" if best >= 0.5 else ""


def _all(names: Sequence[str]) -> str:
    return f"the columns are {', '.join(names)}"
