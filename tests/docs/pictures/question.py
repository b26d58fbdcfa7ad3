"""The question before a rerun, as text for the page of the monitor."""

from __future__ import annotations

import re
from pathlib import Path

from jobmon.tui import boxes
from jobmon.tui.picture import Size
from jobmon.tui.text import plain
from tests.docs.pictures.scenes import Scene, played

PAGE = Path(__file__).parents[3] / "docs" / "monitor.md"
BLOCK = re.compile(r"(?<=```text\n)╭─ rerun .*?╯\n(?=```)", re.DOTALL)
"""Where it stands on the page."""
SCENE = Scene(Size(100, 30), "", "locate collect", ("r",))


def text() -> str:
    """The box alone."""
    monitor = played(SCENE)
    assert monitor.box is not None
    picture, _ = boxes.over([()] * SCENE.size.height, monitor.box, monitor.ink, SCENE.size)
    rows = [plain(line).strip() for line in picture]
    return "".join(f"{row}\n" for row in rows if row)


def write() -> None:
    """Put it on the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: text(), page), encoding="utf-8")
