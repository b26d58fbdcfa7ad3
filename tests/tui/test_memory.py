"""What the monitor remembers: convenience that never stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.tui import memory
from jobmon.tui.session import Opening
from jobmon.tui.session import Session as Sitting
from jobmon.tui.settings import ScreenSettings
from tests.tui import nights
from tests.tui.worlds import UNICODE


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    path = memory.place("/srv/夜", {"XDG_STATE_HOME": str(tmp_path)})
    memory.write(path, {"screen": "dag", "text": "売上 \udcff"})
    assert memory.read(path) == {"screen": "dag", "text": "売上 \udcff"}
    assert path.stat().st_mode & 0o77 == 0 or path.parent.stat().st_mode & 0o77 == 0
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}{']
)
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(damage)
    assert memory.read(path) == {}
    memory.write(path, {"screen": "dag"})
    assert memory.read(path) == {"screen": "dag"}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "below" / "kept.json"
    memory.write(path, {"screen": "dag"})
    assert memory.read(path) == {}
    taken = tmp_path / "taken.json"
    taken.mkdir()
    memory.write(taken, {"screen": "dag"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "taken.json"]


def test_a_relative_place_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert memory.folder({"XDG_STATE_HOME": "here"}) == Path("/home/anna/.local/state/jobmon")


def test_of_two_monitors_that_close_the_file_is_that_of_the_last(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    memory.write(path, {"screen": "dag"})
    memory.write(path, {"screen": "wall"})
    assert memory.read(path) == {"screen": "wall"}


NONSENSE: list[Any] = [7, "x", None, True, [], [[]], {}, {"a": []}, [["job"]], [[["job"], 1]], -1]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
def test_nonsense_from_another_version_is_ignored(nonsense: Any) -> None:
    session = nights.session()
    names = ("criteria", "sort", "wide", "gantt", "boxes", "filter", "order", "flow", "faults",
             "metric", "orient", "seen", "times", "wrap")  # fmt: skip
    views = {name: dict.fromkeys(names, nonsense) for name in session.monitor.screens}
    session.monitor.recall({"screen": nonsense, "views": views})
    session.monitor.recall({"screen": nonsense, "views": nonsense})
    for name in session.monitor.screens:
        session.monitor.show(name)
        session.text()


def test_a_wallboard_that_was_asked_for_is_not_what_is_come_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    opening = Opening(home=tmp_path)
    first = Sitting(opening, UNICODE, ScreenSettings())
    first.remember({"screen": "dag", "views": {}})
    first.close()
    wall = Sitting(opening._replace(screen="wall"), UNICODE, ScreenSettings())
    wall.remember({"screen": "wall", "views": {"wall": {"metric": "pulse"}}})
    wall.close()
    again = Sitting(opening, UNICODE, ScreenSettings())
    assert again.kept == {"screen": "dag", "views": {"wall": {"metric": "pulse"}}}


@pytest.mark.parametrize("strange", [{1, 2}, {"a": object()}, {(1, 2): 3}])
def test_what_no_file_can_hold_is_not_kept(tmp_path: Path, strange: Any) -> None:
    path = tmp_path / "own/kept.json"
    memory.write(path, {"screen": "dag"})
    memory.write(path, {"screen": strange})
    assert memory.read(path) == {"screen": "dag"}
    assert [*path.parent.iterdir()] == [path]
