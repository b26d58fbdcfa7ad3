"""The words of a workbook, in the language of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Words = Mapping[str, str]

JAPANESE: Words = {
    "title": "売上集計",
    "summary": "概要",
    "detail": "明細",
    "period": "期間",
    "to": "～",
    "rows": "件数",
    "total": "合計",
    "share": "構成比",
    "by_day": "日別売上",
    "by_store": "店舗別売上",
    "page": "&P / &N ページ",
    "left_out": (
        "明細は先頭の {shown:,} 件です。残りの {left:,} 件は載せていません(集計には含みます)。"
    ),
    "date": "yyyy/mm/dd",
    "money": '"¥"#,##0;[Red]-"¥"#,##0',
    "font": "游ゴシック",
    "row": "25",
}
ENGLISH: Words = {
    "title": "Sales report",
    "summary": "Summary",
    "detail": "Detail",
    "period": "Period",
    "to": "to",
    "rows": "Rows",
    "total": "Total",
    "share": "Share",
    "by_day": "Sales by day",
    "by_store": "Sales by store",
    "page": "Page &P of &N",
    "left_out": "The detail shows the first {shown:,} rows. {left:,} more are in the figures only.",
    "date": "yyyy-mm-dd",
    "money": "#,##0;[Red]-#,##0",
    "font": "Calibri",
    "row": "20",
}
LANGUAGES: Mapping[str, Words] = {"ja": JAPANESE, "en": ENGLISH}


def language(names: Sequence[str]) -> str:
    """`ja` when the header has Japanese letters, else `en`: it depends on the input alone."""
    return "ja" if any("\u3040" <= c <= "\u9fff" for name in names for c in name) else "en"


def cells(text: str) -> int:
    """How wide a text is, counted in narrow letters: a Japanese one counts twice."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WFA" else 1 for c in text)
