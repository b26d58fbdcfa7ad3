"""Which words of a command line are taken for files."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobmon.runtime.wrapped import named


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (["/bin/sh", "-c", "./load.sh data/在庫.csv > out.txt 2>&1"],
         ["/bin/sh", "./load.sh", "data/在庫.csv", "out.txt"]),
        (["cp", "--to=/a/b.csv", "a b.csv", "-x.csv"], ["a b.csv", "/a/b.csv"]),
        (
            ["sh", "-c", "IN=in.csv sort < $IN | tee '/a/b c.csv' && rm *.tmp"],
            ["/a/b c.csv", "in.csv"],
        ),
        (["sh", "-c", "it's broken a.csv"], ["a.csv"]),
        (["true"], []),
    ],
)  # fmt: skip
def test_words_that_look_like_files(argv: list[str], found: list[str]) -> None:
    assert [word for word in named.words(argv) if word] == found


def test_a_file_is_known_by_when_it_changed_and_one_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    (tmp_path / "folder.d").mkdir()
    found = named.files(["cp", "there.csv", "new.csv", "folder.d", "/dev/null"], str(tmp_path))
    changed = (tmp_path / "there.csv").stat().st_mtime_ns
    assert found == {str(tmp_path / "there.csv"): changed, str(tmp_path / "new.csv"): None}
