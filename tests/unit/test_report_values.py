"""Days and numbers as people write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from jobmon.jobs.kit import Data
from jobmon.jobs.ready.report.columns import recognise
from jobmon.jobs.ready.report.values import day, number

NOVEMBER = dt.date(2026, 11, 3)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-11-03",
            "2026/11/3",
            "2026.11.03",
            "20261103",
            " 2026-11-03 ",
            "２０２６／１１／０３",
        ),
        *("2026年11月3日", "令和8年11月3日", "令和　８年１１月３日", "R8.11.3", "㋿8年11月3日"),
        *(
            "2026-11-03 10:15",
            "2026-11-03T10:15:00.5+09:00",
            "2026/11/3 9:05:00",
            "2026-11-03T10:15Z",
        ),
    ],
)
def test_a_day_in_many_forms(text: str) -> None:
    assert day(text) == NOVEMBER


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("平成31年4月30日", dt.date(2019, 4, 30)),
        ("昭和64年1月7日", dt.date(1989, 1, 7)),
        ("S39.10.10", dt.date(1964, 10, 10)),
        ("2024-02-29", dt.date(2024, 2, 29)),
    ],
)
def test_eras_and_leap_days(text: str, date: dt.date) -> None:
    assert day(text) == date


@pytest.mark.parametrize(
    "text",
    [
        "11/03/2026",
        "2026-13-01",
        "2026-02-29",
        "2026-11/03",
        "46329",
        "昨日",
        "1899-12-31",
        "",
        "20261103T1015",
    ],
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        day(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1234", "1234"), ("1,234", "1234"), ("¥1,234", "1234"), ("￥１，２３４", "1234")),
        *(("１２３４", "1234"), ("1,234円", "1234"), ("-5", "-5"), ("△1,234", "-1234")),
        *(
            ("▲5", "-5"),
            ("(1,234)", "-1234"),
            ("-¥5", "-5"),
            ("\\1,234", "1234"),
            ("¥-5", "-5"),
            ("−5", "-5"),
        ),
        *(("1234.50", "1234.5"), ("+7", "7"), ("$1,234,567.89", "1234567.89"), (" 0 ", "0")),
    ],
)
def test_a_number_in_many_forms(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "1,23",
        "12a",
        "1e5",
        "",
        "-",
        "1.2.3",
        "12,34,567",
        "NaN",
        "9" * 16,
        "0.1234567",
        "--1",
        "一万",
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is|has"):
        number(text)


@pytest.mark.parametrize(
    "names",
    [
        ("日付", "店舗", "売上"),
        ("売上日", "店名", "売上金額(円)"),
        ("Date", "Shop Name", "Revenue"),
        ("ＤＡＴＥ", "store-name", "total amount"),
    ],
)
def test_columns_are_recognised(names: tuple[str, ...]) -> None:
    assert tuple(recognise("a.csv", names, {}).roles.values()) == names


def test_what_is_asked_for_goes_first_and_the_rest_keeps_its_meaning() -> None:
    names = ("日付", "店舗", "売上", "税込金額", "数量", "単価", "送料")
    found = recognise("a.csv", names, {"amount": "税込金額"}, ["送料"])
    assert found.roles["amount"] == "税込金額"
    assert found.roles["quantity"] == "数量"
    assert found.numbers == ("税込金額", "数量", "単価", "送料")


@pytest.mark.parametrize(
    ("names", "wanted", "told"),
    [
        (("日付", "店鋪", "売上"), {}, "no column looks like the store (is it 店鋪?)"),
        (("日付", "店舗", "売上"), {"amount": "売り上げ"}, "no column 売り上げ (is it 売上?)"),
        (("日付", "店舗", "売上", "店舗"), {}, "columns 2 and 4 are both called 店舗"),
        (("日付", "", "売上"), {}, "column 2 of the header has no name"),
        (("日付;店舗;売上",), {}, "fields are separated by semicolons"),
        (("日付\t店舗\t売上",), {}, "fields are separated by tabs"),
        (("a", "b"), {}, "--amount; the columns are a, b"),
    ],
)
def test_wrong_columns_are_told(names: tuple[str, ...], wanted: dict[str, str], told: str) -> None:
    with pytest.raises(Data) as error:
        recognise("a.csv, line 1", names, wanted)
    assert "a.csv, line 1" in str(error.value)
    assert told in str(error.value)
