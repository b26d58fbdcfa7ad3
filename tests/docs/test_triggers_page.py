"""The page of what starts flows names every word and every answer there is."""

from __future__ import annotations

from pathlib import Path

from jobmon.jobs import triggers
from jobmon.runtime.hook import calls, http
from jobmon.runtime.triggers import files, inbox

PAGE = (Path(__file__).parents[2] / "docs" / "triggers.md").read_text(encoding="utf-8")


def test_every_word_is_explained() -> None:
    for word in (*triggers.PERIODS, *triggers.ENDINGS, *triggers.IF_MISSING):
        assert f'`"{word}"`' in PAGE, word


def test_every_answer_of_the_hook_is_explained() -> None:
    told = PAGE.partition("## Calls over HTTP")[2]
    assert {status for status in http._REASONS if str(status) not in told} == {405, 500}
    assert f"`{calls.RUN}" in told.replace("POST ", "")


def test_the_bounds_are_the_ones_of_the_code() -> None:
    assert f"At most {files.MOST_RUNS} of its runs" in PAGE
    assert f"than {inbox.MOST_FILES:,} files" in PAGE
    assert f"every {files.EVERY:g} seconds" in PAGE
    assert all(f"`{ending}`" in PAGE for ending in inbox.UNFINISHED)
    assert f"above {http.MAX_BODY >> 10} KiB; a head above {http.MAX_HEAD >> 10} KiB" in PAGE
