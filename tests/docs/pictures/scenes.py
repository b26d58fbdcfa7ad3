"""The pictures: which screen in which size, by what is typed at a monitor of the made-up shop."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from jobmon.tui.ink import Ink
from jobmon.tui.monitor import Monitor
from jobmon.tui.picture import Line, Size
from jobmon.tui.theme import Paint
from tests.docs.pictures import svg
from tests.docs.pictures.shop import NOW, rerun, shop
from tests.tui.fakehands import FakeHands

PLACE = Path(__file__).parents[3] / "docs" / "pictures"
ZONE = "JST-9"
THEME = "night"


class Scene(NamedTuple):
    """How large it is, what it is called, the command and the keys that lead to it."""

    size: Size
    title: str
    command: str
    keys: tuple[str, ...] = ()


SCENES = {
    "equalizer": Scene(
        Size(100, 30),
        "The equalizer of jobmon: six jobs on eight lanes, one of them late, and one that failed",
        "equalizer",
        ("right", "right"),
    ),
    "queue": Scene(
        Size(160, 48),
        "The queue of jobmon: every job, and beside it why the one under the cursor failed",
        "locate collect",
    ),
    "dag": Scene(
        Size(120, 34),
        "The DAG screen of jobmon: a run as a tree, its jobs against the clock, its critical path",
        "dag 日次売上#31 在庫取込",
        ("t",),
    ),
    "wall": Scene(
        Size(160, 48),
        "The wallboard of jobmon: large figures and the clock, the lanes, what failed, the day",
        "wall",
    ),
}


@cache
def lines(scene: Scene) -> list[Line]:
    """What the monitor shows."""
    monitor = played(scene)
    with _in_japan():
        return monitor.lines(scene.size)


def played(scene: Scene) -> Monitor:
    """The monitor after what is typed."""
    with _in_japan():
        ink, world, hands = (
            Ink(colour=True, width=scene.size.width, terminal=True),
            shop(),
            FakeHands(),
        )
        hands.answers["rerun"] = partial(rerun, world)
        monitor = Monitor(world, ink, hands)
        monitor.present = NOW
        monitor.lines(scene.size)
        monitor.press("colon")
        monitor.lines(scene.size)
        assert monitor.entry is not None
        monitor.entry.changed(scene.command)
        for key in ("enter", *scene.keys):
            monitor.press(key)
            monitor.lines(scene.size)
        return monitor


def draw(name: str) -> str:
    """The picture as it is to lie in PLACE."""
    scene = SCENES[name]
    return svg.draw(lines(scene), scene.size, Paint(THEME), scene.title)


@contextlib.contextmanager
def _in_japan() -> Iterator[None]:
    """The clocks of the shop, wherever this is drawn."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = ZONE
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        os.environ.update({} if before is None else {"TZ": before})
        time.tzset()
