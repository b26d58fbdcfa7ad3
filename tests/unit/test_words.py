"""Words for people."""

from __future__ import annotations

import shlex

import pytest

from jobmon.runtime.words import command


def test_an_everyday_line_has_no_quotes() -> None:
    line = "jobmon rerun load@2026-11-23T06:10+0900 集計 --failed"
    assert command("rerun", "load@2026-11-23T06:10+0900", "集計", "--failed") == line


@pytest.mark.parametrize(
    "name", ["nightly load#3", "売上 日次#3", "a'b#1", "$(rm)#1", "~x#1", "#1"]
)
def test_a_line_reads_back_as_its_words(name: str) -> None:
    line = command("rerun", name, "", "job")
    assert shlex.split(line, comments=True) == ["jobmon", "rerun", name, "job"]
