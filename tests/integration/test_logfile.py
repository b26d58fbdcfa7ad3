"""Attempts' logs read for the screen: large, growing, cut, damaged, far away."""

from __future__ import annotations

import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from jobmon.runtime.errors import NoRuntimeError
from jobmon.tui.logfiles.file import END, SHOWN, LogFile
from jobmon.tui.logfiles.find import pattern_of
from jobmon.tui.logfiles.index import LogIndex
from jobmon.tui.logfiles.source import LocalLog, Piece
from tests.tui.logfakes import HEAD, START, Remote, ending, out, read_all, sample, shown, written


def numbered(count: int, rate: float = 1000.0) -> bytes:
    return b"".join(out(f"INFO line {n} of the job", START + n / rate) for n in range(count))


@pytest.fixture(scope="session")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "million.jsonl"
    padding = "https://example.com/p 200 18 kB in 0.21s"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD.decode())
        for n in range(1_000_000):
            word = "ERROR" if n % 1000 == 999 else "INFO "
            file.write(f'{{"t":{START + n / 1000:.3f},"s":"out","m":"{word} {n} {padding}"}}\n')
    return path


# Large logs


def test_a_million_lines_end_first_then_all(million: Path) -> None:
    log = LogFile(LocalLog(million))
    began = time.process_time()
    log.extend()
    log.settle()
    assert not log.complete
    last = log.line(len(log.index) - 1)
    assert last is not None
    assert last.text.startswith("ERROR 999999 ")
    assert time.process_time() - began < 0.3
    read_all(log)
    assert time.process_time() - began < 3.0  # about 0.8 s on a machine with nothing else to do
    assert (log.complete, len(log.index), len(log.index.errors)) == (True, 1_000_000, 1000)
    for number in (0, 1, 77_777, 500_000, 999_998, 999_999):
        entry = log.line(number)
        assert entry is not None
        assert entry.text.split()[1] == str(number)
    middle = log.line_at(START + 500)
    assert middle == 500_000


def test_the_index_takes_few_bytes_a_line(million: Path) -> None:
    data = million.read_bytes()[: 10 << 20]
    tracemalloc.start()
    index = LogIndex()
    while index.feed(data[index.end : index.end + (1 << 18)]):
        pass
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 12 * len(index)  # 12 MB for a million lines


def test_the_end_comes_before_the_rest_of_a_large_log(tmp_path: Path) -> None:
    log = written(tmp_path / "log", HEAD, numbered(60_000), ending(3))
    log.extend()
    log.settle()
    assert not log.complete
    assert log.exit is not None
    texts = shown(log)
    assert texts[-1].startswith("INFO line 59999 ")
    assert len("".join(texts)) < END
    read_all(log)
    assert (log.complete, len(log.index)) == (True, 60_000)


# Logs that change


def test_a_log_that_grows(tmp_path: Path) -> None:
    log = read_all(written(tmp_path / "log", HEAD, out("one")))
    with (tmp_path / "log").open("ab") as file:
        file.write(out("two") + out("three")[:-4])
    assert shown(read_all(log)) == ["one", "two"]
    with (tmp_path / "log").open("ab") as file:
        file.write(out("three")[-4:] + ending())
    assert shown(read_all(log)) == ["one", "two", "three"]
    assert log.exit is not None


def test_output_that_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = read_all(written(path, HEAD, numbered(50)))
    finder = log.find(pattern_of("line"))
    read_all(log)
    assert len(finder.hits) == 50
    path.write_bytes(HEAD + numbered(10) + ending(lines=50))
    read_all(log)
    assert (len(log.index), len(finder.hits)) == (10, 10)
    assert log.exit is not None


def test_output_that_is_taken_back_and_written_over_until_it_is_longer(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = read_all(written(path, HEAD, numbered(50)))
    path.write_bytes(HEAD + numbered(10) + out("another " * 2000))
    assert len(shown(read_all(log))) == 11


def test_a_log_that_does_not_exist_yet(tmp_path: Path) -> None:
    log = read_all(LogFile(LocalLog(tmp_path / "log")))
    assert (len(log.index), log.complete, log.size) == (0, True, 0)
    (tmp_path / "log").write_bytes(HEAD + out("one"))
    assert shown(read_all(log)) == ["one"]


def test_damage_leaves_a_mark_where_it_is(tmp_path: Path) -> None:
    damage = b"\0" * 5000 + b"\n"
    log = read_all(written(tmp_path / "log", out("one"), damage, out("two")))
    assert shown(log) == ["one", "5.0 kB left out: damaged", "two"]


def test_a_log_that_cannot_be_read_says_why() -> None:
    class Broken(Remote):
        def read(self, offset: int, limit: int) -> Piece:
            raise NoRuntimeError("read the log", "the runtime does not answer")

    log = LogFile(Broken(b""))
    assert not log.extend()
    assert "does not answer" in log.trouble


def test_the_index_is_read_while_it_is_made(tmp_path: Path) -> None:
    log = written(tmp_path / "log", HEAD, numbered(60_000))
    reader = threading.Thread(target=lambda: [None for _ in iter(log.extend, False)])
    reader.start()
    while reader.is_alive():
        log.settle()
        if len(log.index):
            entry = log.line(len(log.index) - 1)
            assert entry is not None
            assert entry.text.startswith("INFO line")
    reader.join()
    log.settle()
    assert len(log.index) == 60_000


# Lines


def test_pieces_are_put_together(tmp_path: Path) -> None:
    data = out("wait", c=1) + out("warn", s="err") + sample(START) + out("... done") + out("next")
    assert shown(read_all(written(tmp_path / "log", data))) == ["wait... done", "warn", "next"]


def test_a_line_whose_end_is_still_to_come_grows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = read_all(written(path, out("1%", c=1)))
    assert shown(log) == ["1%"]
    for text in (" 2%", " 3%"):
        with path.open("ab") as file:
            file.write(out(text, c=1))
        read_all(log)
    assert shown(log) == ["1% 2% 3%"]


def test_a_line_of_ten_megabytes_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    piece = "x" * (16 << 10)
    pieces = [out(piece, c=1) for _ in range(640)]
    log = written(tmp_path / "log", out("before"), *pieces, out("end"), out("after"))
    began = time.process_time()
    read_all(log)
    before, long, after = (log.line(n) for n in range(3))
    assert time.process_time() - began < 1.0
    assert long is not None
    assert len(long.text) == SHOWN
    assert long.more == pytest.approx(640 * (16 << 10) - SHOWN, rel=0.01)
    assert (before and before.text, after and after.text) == ("before", "after")


def test_many_long_lines_beside_each_other(tmp_path: Path) -> None:
    texts = [f"{n} " + "長い" * (n * 300) for n in range(60)]
    log = read_all(written(tmp_path / "log", *map(out, texts)))
    assert shown(log) == [text[:SHOWN] for text in texts]


def test_colours_are_left_out_and_old_line_ends(tmp_path: Path) -> None:
    log = read_all(written(tmp_path / "log", out("\x1b[1;31mred\x1b[0m \x1b[2Kline\r")))
    assert shown(log) == ["red \x1b[2Kline"]


# Far away


def test_lines_of_another_machine_are_fetched_not_waited_for() -> None:
    source = Remote(HEAD + numbered(5_000))
    log = read_all(LogFile(source))
    assert (log.local, log.path, len(log.index)) == (False, None, 5_000)
    asked = source.asked
    assert [log.line(n) for n in (10, 11, 4000)] == [None] * 3
    assert source.asked == asked
    log.extend()
    assert source.asked <= asked + 6
    lines = [log.line(n) for n in (10, 11, 4000)]
    assert [entry.text.split()[2] for entry in lines if entry] == ["10", "11", "4000"]
    assert not log.missing


def test_the_end_of_a_large_log_of_another_machine_comes_first() -> None:
    log = LogFile(Remote(HEAD + numbered(20_000), most=200_000))
    log.extend()
    log.settle()
    assert not log.complete
    last = len(log.index) - 1
    assert log.line(last) is None
    log.extend()
    entry = log.line(last)
    assert entry is not None
    assert entry.text.startswith("INFO line 19999 ")
    read_all(log)
    assert len(log.index) == 20_000


def test_a_search_goes_on_with_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = read_all(written(path, HEAD, numbered(1_000)))
    finder = log.find(pattern_of("/line 9\\d\\d /"))
    read_all(log)
    assert (len(finder.hits), log.searched(finder)) == (100, True)
    with path.open("ab") as file:
        file.write(out("INFO line 999 again"))
    read_all(log)
    assert finder.hits[-1] == 1_000
    log.forget(finder)
    assert log.finders == ()
