"""What jobs print and people write that a terminal could stumble over, or draw askew."""

from __future__ import annotations

ACTIVE: dict[str, str] = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[1;1H\x1b[10A\x1b[s\x1b[999D",
    "title": "\x1b]0;owned\x07 \x1b]2;owned\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "link": "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "strings": "\x1bPq#0;2;0\x1b\\ \x1b_apc\x1b\\ \x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "modes": "\x1b[?1049l\x1b[?25l\x1b[?1003h\x1b[4h\x1b[20h\x1b[?7l",
    "reports": "\x1b[6n\x1b[c\x1b[>q\x1b[?1$p\x05\x1b[21t",
    "reset": "\x1bc\x1b#8\x1b(0lqk\x1b(B\x0e\x0f\x1b7\x1b8",
    "torn": "torn \x1b[38;5;",
    "bytes": "\x9b31m \x9d0;owned\x9c \x90q\x9c \x84\x85\x8d",
    "bell": "\x07\x08\x08\x08back \x7f",
    "ends": "one\ntwo\r\nthree\rfour\vfive\fsix\x1cseven\x85eight\u2028nine\u2029ten",
    "nul": "a\0b\0\0c",
    "tabs": "a\tb\t\tc\t",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 \u200e\u200f\u061c abc\u202d",
    "surrogates": "\ud800 \udcff \udbff\udfff",
}
"""A terminal may act on these."""

ODD: dict[str, str] = {
    "markup": "[bold]x[/] [/] [red on blue][link=http://x]y [@click=quit()]z[/] $x \\[ {0} %s",
    "backslash": "C:\\new\\x1b[31m \\u202e \\ud800",
    "wide": "日次売上集計の帳票作成と在庫の引当",
    "fullwidth": "ＡＢＣ　１２３！～",
    "halfwidth": "ﾃﾞｰﾀ取込ﾊﾞｯﾁ ｶﾞｷﾞｸﾞ",
    "hangul": "한글 배치 한글",
    "decomposed": "か\u3099き\u3099は\u309a cafe\u0301 A\u030angstro\u0308m",
    "combining": "Z\u0351\u036b\u0343a\u0300\u0301\u0302\u0303\u0304\u0305\u0306lgo",
    "alone": "\u0301\u0302x",
    "thai": "ที่นี่ กำลัง สำเร็จ",
    "enclosed": "1\u20e3 2\ufe0f\u20e3 A\u20dd",
    "joined": "👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 👨🏽\u200d🚀",
    "emoji": "🚀✨🔥 ❤\ufe0f ☠\ufe0f ⚠\ufe0f ☃\ufe0e ©\ufe0f",
    "skin": "👍🏽 👋🏿 🏽",
    "flags": "🇯🇵🇩🇪 🇯 🏴\U000e0067\U000e0062\U000e007f",
    "invisible": "a\u200bb\u200cc\u200dd\u2060e\u00adf\ufeffg\u180eh\u3164i\uffa0j\u115fk",
    "spaces": "a\u00a0b\u2003c\u3000d\u202fe\u1680f",
    "disputed": "☰ ䷀ \U0001d360 \U0001fae8 \U0001cc00",
    "private": "\ue0b0 \uf8ff \U000f0000",
    "noncharacters": "\ufffe \uffff \U0010ffff \ufffd",
    "arabic": "تقرير المبيعات اليومي",
    "hebrew": "שלום עולם 12:30",
    "devanagari": "दैनिक बिक्री रिपोर्ट",
    "selectors": "葛\U000e0100城 一\ufe00 ᠠ\u180b",
    "blocks": "█▓▒░ ├──┤ ╭─╮ ①②③ ※ … × → ●○◎",
    "ambiguous": "①※→ αβγ Ωя ●「…」",
    "blanks": "   both ends   ",
    "blank": " ",
    "ideographic": "\u3000" * 30,
    "long": "x" * 255,
    "longwide": "長" * 85,
    "longmarks": "e\u0301" * 85,
    "longword": "no_space_anywhere_" * 14,
}
"""These are drawn, and only their width is a question."""

HUGE = "売上 0123456789 " * 700_000
"""A line of ten megabytes."""

TEXTS: dict[str, str] = {**ACTIVE, **ODD}
EVERYTHING = " ".join(TEXTS.values())
NAMES: dict[str, str] = {
    name: text
    for name, text in ODD.items()
    if name in {
        "wide", "fullwidth", "hangul", "decomposed", "combining", "thai", "emoji", "skin",
        "arabic", "hebrew", "devanagari", "halfwidth", "ambiguous",
    }
}  # fmt: skip
"""Some of them, of which jobmon lets a job be called so."""
