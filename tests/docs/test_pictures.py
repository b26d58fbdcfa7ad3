"""The pictures of the documentation are what the monitor shows, every sign on its cells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from jobmon.tui.text import cells, plain
from tests.docs.pictures import question, svg
from tests.docs.pictures.scenes import PLACE, SCENES, draw, lines

ROOT = Path(__file__).parents[2]
LARGEST = 150_000
SVG = "{http://www.w3.org/2000/svg}"
drawn = cache(draw)


@pytest.mark.parametrize("name", SCENES)
def test_the_picture_is_current(name: str) -> None:
    kept = (PLACE / f"{name}.svg").read_text(encoding="utf-8")
    assert kept == drawn(name), "make pictures"


@pytest.mark.parametrize("name", SCENES)
def test_every_sign_is_on_its_cells(name: str) -> None:
    """As text; what bars and boxes are drawn with is left to the eye."""
    there: dict[tuple[int, int], str] = {}
    for y, line in enumerate(lines(SCENES[name])):
        x = 0
        for sign in plain(line):
            if svg.is_text(sign):
                there[y, x] = sign
            x += cells(sign)
    assert _texts(name) == there


def _texts(name: str) -> dict[tuple[int, int], str]:
    """What the picture's texts say, by row and cell."""
    found: dict[tuple[int, int], str] = {}
    for text in ElementTree.fromstring(drawn(name)).iter(f"{SVG}text"):
        row = round((float(text.get("y", "")) - svg.BASE) / svg.HIGH)
        for middle in text:
            sign = middle.text or ""
            left = float(middle.get("x", "")) / svg.WIDE - cells(sign) / 2
            found[row, round(left)] = sign
        if text.text:
            length = float(text.get("textLength", svg.WIDE))
            assert length == pytest.approx(len(text.text) * svg.WIDE, abs=0.01)
            start = round(float(text.get("x", "")) / svg.WIDE)
            places = enumerate(text.text, start)
            found |= {(row, x): sign for x, sign in places if sign != " "}
    return found


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_small_and_stands_alone(name: str) -> None:
    text = drawn(name)
    assert len(text.encode()) < LARGEST
    assert set(re.findall(r"https?://[^\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in text


def test_the_question_before_a_rerun_is_current() -> None:
    page = question.PAGE.read_text(encoding="utf-8")
    assert question.BLOCK.findall(page) == [question.text()], "make pictures"


def test_every_picture_is_shown() -> None:
    page = (ROOT / "docs" / "monitor.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]{20,}\]\(pictures/(\w+)\.svg\)", page)
    assert sorted(shown) == sorted(SCENES) == sorted(path.stem for path in PLACE.iterdir())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]{20,}\]\(docs/pictures/equalizer\.svg\)", readme)
