"""Which files have come to rest and are new."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.store import Batch
from jobmon.runtime.triggers import inbox, seen
from jobmon.runtime.triggers.inbox import Settling, TooManyError, listing, settle

OLD, NEW = (100, 1), (200, 2)


def test_a_file_is_ready_once_it_has_not_changed_for_long_enough() -> None:
    ready, settling = settle({"a": OLD}, {}, {}, now=0.0, rest=5.0)
    assert ready == []
    ready, settling = settle({"a": NEW}, {}, settling, now=4.0, rest=5.0)  # still being written
    assert settling == {"a": Settling(NEW, 4.0)}
    ready, settling = settle({"a": NEW}, {}, settling, now=8.9, rest=5.0)
    assert ready == []
    ready, settling = settle({"a": NEW}, {}, settling, now=9.0, rest=5.0)
    assert [(file.path, file.stamp) for file in ready] == [("a", NEW)]


def test_what_was_acted_on_is_new_only_when_it_changed() -> None:
    ready, settling = settle({"a": OLD, "b": NEW}, {"a": OLD, "b": OLD}, {}, now=0.0, rest=0.0)
    assert [file.path for file in ready] == ["b"]
    assert settling.keys() == {"b"}


def test_a_file_that_goes_before_it_has_settled_starts_nothing() -> None:
    _, settling = settle({"a": OLD}, {}, {}, now=0.0, rest=5.0)
    _, settling = settle({}, {}, settling, now=3.0, rest=5.0)
    ready, _ = settle({"a": OLD}, {}, settling, now=6.0, rest=5.0)  # back: it begins anew
    assert ready == []


def test_the_oldest_go_first() -> None:
    ready, _ = settle({"b": OLD, "c": NEW, "a": NEW}, {}, {}, now=0.0, rest=0.0)
    assert [file.path for file in ready] == ["b", "a", "c"]


def test_what_a_pattern_finds(tmp_path: Path) -> None:
    for name in ("注文 1.csv", ".hidden.csv", "x.csv.part", "x.csv~", "sub/y.csv", "z.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / "folder.csv").mkdir()
    os.symlink("nowhere", tmp_path / "dangling.csv")
    home = str(tmp_path)
    assert listing(home, "*.csv").keys() == {"注文 1.csv"}
    assert listing(home, "**/*.csv*").keys() == {"注文 1.csv", "sub/y.csv"}
    assert listing(home, f"{home}/sub/*").keys() == {f"{home}/sub/y.csv"}
    assert listing(home, "nothing/*") == {}


def test_a_pattern_that_finds_too_much_is_not_acted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_FILES", 3)
    for number in range(4):
        (tmp_path / str(number)).touch()
    with pytest.raises(TooManyError):
        listing(str(tmp_path), "*")


def test_of_files_that_are_gone_only_so_many_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seen, "MOST_GONE", 2)
    store: Any = Notes()
    files = seen.Seen(store, "f")
    for n, path in enumerate(("old", "there", "a", "b", "c")):
        files.add(path, (n, 1), "*" if path != "c" else "other", float(n), Batch())
    batch = Batch()
    files.tidy({"there"}, "*", 0.0, batch)
    assert batch.notes == {("file:f", "old"): None}
    files.tidy({"there"}, "*", 3.0, batch)
    assert files.stamps.keys() == {"there", "b", "c"}


class Notes:
    """A store that remembers nothing yet."""

    def notes(self, _room: str) -> dict[str, Any]:
        return {}
