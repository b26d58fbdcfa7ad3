"""Logs read from files: whole, from the end, while they grow, and when they are damaged."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from jobmon.runtime import logs


def line(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def out(text: str, **fields: object) -> bytes:
    return line(t=1.0, s="out", m=text, **fields)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


EXIT = line(exit={"reason": "exit", "code": 0})


def texts(records: object) -> list[str]:
    assert isinstance(records, list)
    return [record["m"] for record in records if "m" in record]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "0.1.jsonl"
    lines = [out(f"line {n}") for n in range(100)]
    path.write_bytes(line(jobmon=1, attempt="1.0.1") + b"".join(lines) + EXIT)
    return path


def test_every_record_in_order(log: Path) -> None:
    records = list(logs.records(log))
    assert records[0]["jobmon"] == 1
    assert texts(records) == [f"line {n}" for n in range(100)]
    assert records[-1]["exit"]["code"] == 0


def test_no_file_is_no_record(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    assert list(logs.records(missing)) == []
    assert logs.tail(missing, 5) == []
    assert list(logs.follow(missing, lambda: True)) == []
    assert logs.levels(missing) == {}


def test_offsets_read_whole_lines_and_meet(log: Path) -> None:
    raw, offset, parts = log.read_bytes(), 0, []
    while True:
        data, offset = logs.read(log, offset, 50)
        if not data:
            break
        assert data.endswith(b"\n")
        parts.append(data)
    assert b"".join(parts) == raw
    assert offset == len(raw)


def test_a_torn_last_line_is_not_there_yet(log: Path) -> None:
    whole = list(logs.records(log))
    log.write_bytes(log.read_bytes() + out("half")[:-4])
    assert list(logs.records(log)) == whole
    assert logs.tail(log, 1) == whole[-2:]


@pytest.mark.parametrize("damage", [b"\0" * 5000, b"{", b"[]", b"\xff\xfe", b'{"m": '])
def test_a_damaged_line_leaves_a_visible_mark(log: Path, damage: bytes) -> None:
    log.write_bytes(out("before") + damage + b"\n" + out("after"))
    before, mark, after = logs.records(log)
    assert (before["m"], after["m"]) == ("before", "after")
    assert mark == {"dropped": len(damage), "why": "damaged"}
    assert logs.tail(log, 2) == [before, mark, after]


def test_samples_are_no_output(log: Path) -> None:
    plain = [record for record in logs.records(log) if "m" in record]
    lines = log.read_bytes().splitlines(keepends=True)
    sample = line(t=1.5, cpu=0.25, rss=4096)
    log.write_bytes(sample.join(lines))
    assert [record for _, record in logs.search(log, "")] == plain
    assert logs.tail(log, 3)[:-1] == plain[-3:]
    assert "exit" in logs.tail(log, 3)[-1]
    assert logs.levels(log) == {}


@pytest.mark.parametrize("wanted", [0, 1, 7, 100, 1000])
def test_the_tail_is_the_last_lines(log: Path, wanted: int) -> None:
    expected = [f"line {n}" for n in range(100)]
    assert texts(logs.tail(log, wanted)) == (expected[-wanted:] if wanted else [])


def test_a_line_in_pieces_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(out("first") + out("a" * 70_000, c=1) + out("b", c=1) + out("c") + out("last"))
    assert [text[0] for text in texts(logs.tail(path, 2))] == ["a", "b", "c", "l"]


def test_follow_waits_for_more_and_ends_with_the_exit_record(tmp_path: Path) -> None:
    path = tmp_path / "log"
    following = logs.follow(path, lambda: False)
    path.write_bytes(out("one"))
    assert next(following)["m"] == "one"
    late = threading.Timer(0.05, append, (path, out("two") + EXIT))
    late.start()
    assert next(following)["m"] == "two"
    assert "exit" in next(following)
    assert list(following) == []
    late.join()


def test_follow_stops_when_told_after_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(out("one"))

    def stop() -> bool:
        append(path, out("written at the last moment"))
        return True

    assert texts(list(logs.follow(path, stop))) == ["one", "written at the last moment"]


def test_search_gives_the_place_of_each_hit(log: Path) -> None:
    hits = list(logs.search(log, r"line \d7$"))
    assert texts([record for _, record in hits]) == [f"line {n}7" for n in range(1, 10)]
    offset, record = hits[3]
    assert next(logs.records(log, offset)) == record
    with pytest.raises(re.error):
        list(logs.search(log, "("))


def test_levels_are_counted_once_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    said = ["ERROR: a warning", "WARN x", "warning y", "[info] ok", "terror", "FATAL", "plain"]
    path.write_bytes(b"".join(map(out, said)))
    assert logs.levels(path) == {"error": 1, "warning": 2, "info": 1, "critical": 1}
