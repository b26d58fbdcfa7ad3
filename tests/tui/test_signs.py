"""Texts are shown in signs about whose width terminals agree."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from wcwidth import wcwidth

from jobmon.tui import text, widths
from jobmon.tui.ink import Ink
from jobmon.tui.signs import undisputed
from jobmon.tui.text import cells, cut, wrap
from tests.tui.hostile import EVERYTHING, TEXTS

ANY = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(sorted(TEXTS.values()))
MEASURED = Ink(width=80)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("か\u3099 cafe\u0301", "が café"),
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("🇯🇵", "JP"),
        ("❤\ufe0f", "❤"),
        ("👍🏽", "👍"),
        ("a\u200bb\u00ad", "a\\u200bb\\xad"),
        ("\u0301x", "\\u0301x"),
        ("ａ\u3000ｂ\u00a0c", "ａ  ｂ c"),
        ("ﾃﾞｰﾀ 한글 שלום", "ﾃﾞｰﾀ 한글 שלום"),
    ],
)
def test_a_text_stays_readable(text: str, shown: str) -> None:
    assert undisputed(text) == shown


def test_marks_do_not_pile_up() -> None:
    assert len(undisputed("z" + "\u0301" * 40)) < 6


@given(ANY)
def test_every_sign_is_as_wide_as_a_terminal_that_knows_no_clusters_draws_it(text: str) -> None:
    shown = MEASURED.safe(text)
    assert shown.isprintable()
    assert cells(shown) == sum(wcwidth(sign) for sign in shown)
    assert MEASURED.safe(shown) == shown


@given(ANY, st.integers(0, 30))
def test_cut_and_wrapped_texts_fit_and_end(text: str, width: int) -> None:
    shown = MEASURED.safe(text)
    assert cells(cut(shown, width)) <= width
    lines = wrap(shown, width)
    assert all(cells(line) <= max(2, width) for line in lines)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


def test_a_pipe_gets_texts_as_they_are() -> None:
    assert Ink().safe("👩\u200d👩 か\u3099") == "👩\u200d👩 か\u3099"


@pytest.fixture
def own_measure(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is changed of rich for a terminal is taken back."""
    from rich import cells as measure
    from rich import segment
    from rich._unicode_data import load

    for module in (measure, segment):
        monkeypatch.setattr(module, "_is_single_cell_widths", module._is_single_cell_widths)
    monkeypatch.setattr(measure, "load_cell_table", load)
    monkeypatch.setattr("jobmon.tui.text.NARROW", set(text.NARROW))
    monkeypatch.setattr("jobmon.tui.widths.NARROW", text.NARROW)
    yield
    monkeypatch.undo()
    measure.get_character_cell_size.cache_clear()
    measure.cached_cell_len.cache_clear()
    assert cells("①※→कि") == 4


@pytest.mark.usefixtures("own_measure")
def test_a_terminal_that_draws_ambiguous_signs_wide_has_them_counted_so() -> None:
    widths.agree(wide=True, marked=False)
    shown = MEASURED.safe("①※→αя● 売上 ok कि " + EVERYTHING)
    assert cells(shown) == sum(wcwidth(sign, ambiguous_width=2) for sign in shown)
    assert cells(cut(shown, 30, "~")) <= 30
    assert shown.startswith("①※→αя● 売上 ok")
    left, right = Segment("①※→").split_cells(3)
    assert (left.text, right.text) == ("① ", " →")


@pytest.mark.usefixtures("own_measure")
def test_a_terminal_that_gives_vowel_signs_a_cell_has_them_counted_so() -> None:
    widths.agree(wide=False, marked=True)
    marks = {sign for sign in EVERYTHING if category(sign) == "Mc"}
    shown = MEASURED.safe(EVERYTHING)
    assert cells(shown) == sum(1 if sign in marks else wcwidth(sign) for sign in shown)
    assert cells("दैनिक बिक्री रिपोर्ट") == 17
    assert cells("日本 e\u0301 ①") == 8
