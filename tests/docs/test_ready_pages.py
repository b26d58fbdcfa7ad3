"""docs/watch.md and docs/poll.md tell every option and key, and their examples are valid."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from jobmon.jobs.ready.poll import __main__ as poll_command
from jobmon.jobs.ready.poll.plan import Call, Plan, Poll, Start
from jobmon.jobs.ready.watch import __main__ as watch_command
from jobmon.jobs.ready.watch.changes import changes
from jobmon.jobs.ready.watch.source import Source
from jobmon.jobs.ready.watch.telling import KINDS

DOCS = Path(__file__).parents[2] / "docs"
WATCH, POLL = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("watch", "poll"))
PARSERS = [(WATCH, watch_command._parser()), (POLL, poll_command._parser())]


def rows(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize(("page", "parser"), PARSERS, ids=["watch", "poll"])
def test_every_option_has_a_row(page: str, parser: argparse.ArgumentParser) -> None:
    named = {text for action in parser._actions for text in action.option_strings}
    named -= {"-h", "--help", "--param"}
    assert [option for option in named if not re.search(rf"`{option}[ `,]", rows(page))] == []


def test_every_key_has_a_row_and_is_an_option() -> None:
    options = {action.dest for action in watch_command._parser()._actions}
    assert set(Source.__struct_fields__) <= options
    keys = {*Plan.__struct_fields__, *Call.__struct_fields__} - {"start", "poll", "cancel"}
    keys |= {f"start.{key}" for key in {*Start.__struct_fields__} - {*Call.__struct_fields__}}
    keys |= {f"poll.{key}" for key in {*Poll.__struct_fields__} - {*Call.__struct_fields__}}
    assert [key for key in keys if f"`{key}`" not in rows(POLL)] == []


def test_the_examples_are_valid() -> None:
    source, plan = (
        re.findall(r"^```toml\n(.*?)```", p, re.DOTALL | re.MULTILINE)[0] for p in (WATCH, POLL)
    )
    assert msgspec.convert(tomllib.loads(source), Source).columns["stock"] == "在庫.数"
    msgspec.convert(tomllib.loads(plan), Plan).check()


def test_every_kind_of_change_is_told() -> None:
    told = WATCH.partition("## History")[2]
    assert all(f"`{kind}`:" in told for kind in KINDS)
    (line,) = changes({}, {"a": {"price": 1}})
    assert all(f"`{key}`" in told for key in line)
