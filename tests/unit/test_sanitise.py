"""Text that reaches a terminal can do nothing there."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.runtime.logs import sanitise

CORPUS = [
    ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
    ("\x1b]0;title\x07", "␛]0;title␇"),
    ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm␇"),
    ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "␛]8;;http://x␛\\link␛]8;;␛\\"),
    ('\x1bP$q"p\x1b\\', '␛P$q"p␛\\'),
    ("\x9b31m \x9d0;t\x9c \x90", "\\x9b31m \\x9d0;t\\x9c \\x90"),
    ("\x1b[6n\x05", "␛[6n␅"),
    ("50%\r100%\x08", "50%␍100%␈"),
    ("a\nb\vc\fd", "a␊b␋c␌d"),
    ("nul\0 del\x7f", "nul␀ del␡"),
    ("\u202egnp.exe\u202c \u2066x\u2069", "\\u202egnp.exe\\u202c \\u2066x\\u2069"),
    ("\u200e\u200f\u061c\u2028\u2029\ufeff", "\\u200e\\u200f\\u061c\\u2028\\u2029\\ufeff"),
    ("\ud800 \udcff", "\\ud800 \\udcff"),
]
HARMLESS = ["", "tab\tstays", "日本語 ｶﾅ 한글 émoji 👩‍👩‍👧 [bold]x[/]", "\\x1b[31m", "a  b"]


@pytest.mark.parametrize(("text", "shown"), CORPUS)
def test_what_a_terminal_acts_on_is_made_visible(text: str, shown: str) -> None:
    assert sanitise(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert sanitise(text) == text


@given(st.text(st.characters(codec=None)))
def test_nothing_active_remains(text: str) -> None:
    shown = sanitise(text)
    shown.encode()  # printable to any UTF-8 terminal
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\t"]
    assert not {unicodedata.bidirectional(c) for c in shown} & {
        *("LRE", "RLE", "LRO", "RLO", "PDF"),
        *("LRI", "RLI", "FSI", "PDI"),
    }
    assert sanitise(shown) == shown
