"""Files that scripts write by the kit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jobmon.jobs.kit import Data, atomic_write, changed_only, keep_generations


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "売上.csv"
    path.write_text("old")
    path.chmod(0o640)
    with atomic_write(path, encoding="cp932") as file:
        file.write("新しい")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == "新しい".encode("cp932")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    before = sorted(tmp_path.iterdir())

    def interrupted() -> None:
        with atomic_write(path, "wb") as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == before


def test_a_new_file_has_the_usual_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("file")
    old = os.umask(0o027)
    try:
        with atomic_write(link) as file:
            file.write("x")
            file.close()  # as some libraries do
    finally:
        os.umask(old)
    assert link.is_symlink()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    with pytest.raises(ValueError, match="'a'"), atomic_write(link, "a"):  # type: ignore[arg-type]
        pass


def test_the_oldest_generations_go_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    for day in range(1, 6):
        (folder / f"202611{day:02}").mkdir(parents=True)
    for other in ("notes", "20261101.old", ".20261101.new", ".20261031.gone"):
        (folder / other).mkdir()
    (folder / "20261100").symlink_to(tmp_path)
    assert keep_generations(folder, 2) == ["20261101", "20261102", "20261103"]
    left = {path.name for path in folder.iterdir()}
    assert left >= {"20261104", "20261105", "notes", "20261101.old", ".20261101.new", "20261100"}
    assert ".20261031.gone" not in left
    assert keep_generations(folder, 2) == []
    with pytest.raises(ValueError, match="at least 1"):
        keep_generations(folder, 0)


def test_files_are_generations_too(tmp_path: Path) -> None:
    for name in ("report-2.xlsx", "report-1.xlsx", "other-0.xlsx"):
        (tmp_path / name).touch()
    assert keep_generations(tmp_path, 1, pattern="report-*.xlsx") == ["report-1.xlsx"]
    assert keep_generations(tmp_path / "missing") == []


def test_only_what_changed_is_told_and_only_success_is_remembered(tmp_path: Path) -> None:
    memory = tmp_path / "told.json"
    with pytest.raises(ConnectionError), changed_only(memory, {"みかん": {"price": 98}}):
        raise ConnectionError
    with changed_only(memory, {"みかん": {"price": 98}, "梨": 1}) as fresh:
        assert fresh == {"みかん": {"price": 98}, "梨": 1}
    with changed_only(memory, {"みかん": {"price": 108}}) as fresh:
        assert fresh == {"みかん": {"price": 108}}
    with changed_only(memory, {"みかん": {"price": 108}, "梨": 1}) as fresh:
        assert fresh == {}


def test_a_memory_that_is_none_is_named(tmp_path: Path) -> None:
    memory = tmp_path / "told.json"
    memory.write_text("{")
    with pytest.raises(Data, match=r"told\.json"), changed_only(memory, {}):
        pass
    assert memory.read_text() == "{"
