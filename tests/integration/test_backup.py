"""Generations: whole or not there, the same again, kept so long, checked, given back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobmon.jobs.kit import Data, External
from jobmon.jobs.ready.backup import backup, generations, restore, verify
from jobmon.jobs.ready.backup.__main__ import main

DAY = "2026-11-23"


@pytest.fixture(autouse=True)
def sources(tmp_path: Path) -> list[Path]:
    """Two files in two folders."""
    found = [tmp_path / "kobe" / "売上.csv", tmp_path / "yokohama" / "売上.csv"]
    for n, path in enumerate(found):
        path.parent.mkdir()
        path.write_text(f"n\n{n}\n", encoding="utf-8")
    return found


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_day_again_is_the_same_and_replaces_it(sources: list[Path], to: Path) -> None:
    told = backup(sources, to, day=DAY)
    assert (told["rows"], told["files"], told["removed"]) == (2, 2, [])
    before = contents(to / "20261123")
    assert set(before) == {"kobe/売上.csv.parquet", "yokohama/売上.csv.parquet", "manifest.json"}
    backup(reversed(sources), to, day=DAY)  # type: ignore[arg-type]
    assert contents(to / "20261123") == before
    sources[0].write_text("n\n1\n2\n")
    assert backup(sources, to, day=DAY)["rows"] == 3
    assert sorted(p.name for p in to.iterdir()) == [".lock", "20261123"]


def test_of_35_days_30_are_kept(sources: list[Path], to: Path) -> None:
    days = [f"2026-10-{day:02}" for day in range(1, 32)] + [
        f"2026-11-0{day}" for day in range(1, 5)
    ]
    removed = [backup(sources[:1], to, day=day)["removed"] for day in days]
    kept = [day.replace("-", "") for day in days[5:]]
    assert generations.names(str(to)) == kept
    assert [name for names in removed for name in names] == [
        day.replace("-", "") for day in days[:5]
    ]
    assert verify(to)["generations"] == 30


def test_the_day_is_that_of_the_run(
    sources: list[Path], to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBMON_TIME", "2026-11-24T00:30:00+09:00")
    assert backup(sources, to)["day"] == "20261124"


def spoil(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "header alone":
        path.write_bytes(b"n\n")
    else:
        path.write_bytes(b"n\n\xff\xff\n")


@pytest.mark.parametrize("how", ["missing", "empty", "header alone", "garbage"])
def test_a_bad_source_is_named_before_anything_is_removed(
    sources: list[Path], to: Path, how: str
) -> None:
    backup(sources, to, day=DAY)
    before = contents(to)
    spoil(sources[1], how)
    with pytest.raises(Data, match=str(sources[1])):
        backup(sources, to, day="2026-11-24", keep=1)
    with pytest.raises(Data, match=str(sources[1])):
        backup(sources, to, day=DAY)
    assert contents(to) == before


def test_an_empty_source_may_be_allowed_and_a_new_one_may_be_empty(
    sources: list[Path], to: Path
) -> None:
    sources[0].write_bytes(b"")
    backup(sources, to, day="2026-11-22")
    sources[1].write_bytes(b"")
    assert backup(sources, to, day=DAY, allow_empty=True)["rows"] == 0


@pytest.mark.parametrize(("keep", "day"), [(0, DAY), (1, "2026-11-01"), (30, "2026-13-01")])
def test_what_would_leave_nothing_is_refused(
    sources: list[Path], to: Path, keep: int, day: str
) -> None:
    backup(sources, to, day=DAY)
    with pytest.raises(Data):
        backup(sources, to, day=day, keep=keep)
    assert generations.names(str(to)) == ["20261123"]


def test_one_at_a_time(sources: list[Path], to: Path) -> None:
    to.mkdir()
    with generations.alone(str(to)), pytest.raises(External, match="another backup"):
        backup(sources, to, day=DAY)


def test_who_was_killed_between_two_renames_is_put_back(sources: list[Path], to: Path) -> None:
    backup(sources, to, day=DAY)
    before = contents(to / "20261123")
    shutil.copytree(to / "20261123", to / ".20261123.partial")
    (to / "20261123").rename(to / ".20261123.old")
    (to / ".other.old").mkdir()
    verify(to)
    assert contents(to / "20261123") == before
    assert sorted(p.name for p in to.iterdir()) == [".lock", ".other.old", "20261123"]


# --- verify ---------------------------------------------------------------------------------------


def flip(path: Path, at: int) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 1
    path.write_bytes(body)


def change_quietly(path: Path) -> None:
    stat = path.stat()
    path.write_text("n\n7\n", encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


DAMAGES = {
    "a bit of a table": lambda day, _: flip(day / "kobe/売上.csv.parquet", 60),
    "a table": lambda day, _: (day / "kobe/売上.csv.parquet").unlink(),
    "a file more": lambda day, _: (day / "kobe/more.parquet").touch(),
    "the manifest": lambda day, _: flip(day / "manifest.json", 0),
    "no manifest": lambda day, _: (day / "manifest.json").unlink(),
    "another name": lambda day, _: day.rename(day.parent / "20261122"),
    "a source, unseen": lambda _, sources: change_quietly(sources[0]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen(sources: list[Path], to: Path, damage: str) -> None:
    backup(sources, to, day=DAY)
    assert verify(to, DAY) == {"generations": 1, "rows": 2, "sources": 2, "unchanged": 2}
    DAMAGES[damage](to / "20261123", sources)
    with pytest.raises(Data, match="1 wrong in"):
        verify(to)


def test_where_nothing_is_nothing_is_verified(to: Path) -> None:
    to.mkdir()
    with pytest.raises(Data, match="has no backup"):
        verify(to)


def test_sources_that_changed_since_are_not_compared(sources: list[Path], to: Path) -> None:
    backup(sources, to, day=DAY)
    sources[0].write_text("n\n7\n8\n")
    sources[1].unlink()
    assert verify(to)["unchanged"] == 0


# --- restore --------------------------------------------------------------------------------------


def test_nothing_is_written_over_unless_that_is_said(sources: list[Path], to: Path) -> None:
    backup(sources, to, day=DAY)
    home = sources[0].parents[1]
    sources[1].write_text("newer")
    sources[0].unlink()
    with pytest.raises(Data, match="is there: nothing was restored"):
        restore(to, DAY, home)
    assert not sources[0].exists()
    restore(to, DAY, home, force=True)
    assert [path.read_text(encoding="utf-8") for path in sources] == ["n\n0\n", "n\n1\n"]


def test_a_database_in_use_is_never_written_over(sources: list[Path], to: Path) -> None:
    backup(sources, to, day=DAY)
    Path(f"{sources[0]}-wal").touch()
    with pytest.raises(Data, match="is in use"):
        restore(to, DAY, sources[0].parents[1], force=True)


def test_a_damaged_generation_is_not_restored(
    sources: list[Path], to: Path, tmp_path: Path
) -> None:
    backup(sources, to, day=DAY)
    flip(to / "20261123" / "yokohama/売上.csv.parquet", 60)
    with pytest.raises(Data, match="is damaged"):
        restore(to, DAY, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    with pytest.raises(Data, match="no backup of 20261101; there is from 20261123"):
        restore(to, "2026-11-01", tmp_path / "back")


@pytest.mark.parametrize("name", ["../out.csv", "/tmp/out.csv"])
def test_a_manifest_leads_nowhere_else(sources: list[Path], to: Path, name: str) -> None:
    backup(sources, to, day=DAY)
    path = to / "20261123" / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["sources"][0]["name"] = name
    path.write_text(json.dumps(told))
    with pytest.raises(Data, match="it names a file"):
        restore(to, DAY, to.parent / "back")


# --- the command ----------------------------------------------------------------------------------


def command(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "JOBMON_OUTPUT": str(home / "output.json")}
    return subprocess.run(
        [sys.executable, "-m", "jobmon.jobs.ready.backup", *args, "--to", "backup"],
        cwd=home,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_command(sources: list[Path], tmp_path: Path) -> None:
    done = command(tmp_path, "kobe/売上.csv", "--day", DAY)
    assert done.returncode == 0, done.stderr
    assert "progress 1/1" in done.stdout
    assert json.loads((tmp_path / "output.json").read_text())["rows"] == 1
    failed = command(tmp_path, "kobe/売上.csv", "kobe/ない.csv")
    assert failed.returncode == 65
    assert failed.stderr.startswith(f"error: {tmp_path}/kobe/ない.csv is missing")
    assert "20261123     1 sources" in command(tmp_path, "--list").stdout


@pytest.mark.parametrize(
    "asked",
    [
        "--restore 2026-11-23",
        "--into back a.csv",
        "--restore 2026-11-23 --into back --day 2026-11-22",
        "a.csv --restore 2026-11-23 --into back",
        "--list a.csv",
        "--force a.csv",
    ],
)
def test_what_does_not_go_together_is_told(asked: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*asked.split(), "--to", str(tmp_path / "backup")])
    assert not (tmp_path / "backup").exists()
