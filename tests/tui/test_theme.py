"""Themes say the same in all their colours: on 16, 256 and all of them, and without any."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from jobmon.tui.look import JOB_LOOKS
from jobmon.tui.theme import THEMES, Paint

GROUNDS = ("", "cursor", "box")
WORDS = ("", "dim", "accent", "run", "fail", "late", "ok", "held", "wait", "note", "key")
OWN = ("night", "day", "host")


def seen(color: Color | None, system: ColorSystem) -> tuple[int, int, int]:
    assert color is not None
    return color.downgrade(system).get_truecolor()


def brightness(color: tuple[int, int, int]) -> float:
    parts = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(style: Style, system: ColorSystem) -> float:
    low, high = sorted(brightness(seen(c, system)) for c in (style.color, style.bgcolor))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("name", OWN)
def test_every_word_can_be_read_on_every_ground(name: str, system: ColorSystem) -> None:
    paint = Paint(name)
    for word in WORDS:
        for ground in GROUNDS:
            style = paint.style(f"{word} {ground}".strip())
            assert contrast(style, system) >= 3.2, (word, ground)


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("name", OWN)
def test_grounds_are_told_apart(name: str, system: ColorSystem) -> None:
    paint = Paint(name)
    grounds = [seen(paint.style(g).bgcolor, system) for g in (*GROUNDS, "marked", "banner")]
    assert all(one != other for one, other in combinations(grounds, 2)), grounds


@pytest.mark.parametrize("name", THEMES)
def test_what_stands_in_a_box_keeps_its_cursor(name: str) -> None:
    paint = Paint(name)
    assert paint.style("cursor box") == paint.style("box cursor") != paint.style("box")


def attributes(words: str) -> tuple[bool, bool, bool]:
    """What is left of a style where there is no colour."""
    style = Paint("terminal").style(words)
    return bool(style.bold), bool(style.reverse), bool(style.underline)


def test_the_cursor_and_marks_are_seen_without_colour() -> None:
    for look in JOB_LOOKS.values():
        words = look.style
        assert (
            len({attributes(f"{words}{more}".strip()) for more in ("", " cursor", " marked")}) > 1
        )
        assert attributes(words) != attributes(f"{words} cursor"), look.word
    assert attributes("marked") != attributes("") != attributes("cursor")


def test_a_failure_is_told_apart_also_under_the_cursor() -> None:
    failed, running = JOB_LOOKS["failed"].style, JOB_LOOKS["running"].style
    assert attributes(failed) != attributes(running)
    assert attributes(f"{failed} cursor") != attributes(f"{running} cursor")


def test_the_cursor_is_of_one_piece_and_leaves_bars_as_they_are() -> None:
    paint = Paint("terminal")
    row = [paint.style(f"{words} cursor") for words in ("bold blue", "magenta", "dim", "accent")]
    assert all(style.reverse and style.color is None for style in row)
    for words in ("blue solid", "run.6", "bar.back"):
        assert paint.style(f"{words} cursor") == paint.style(words)
