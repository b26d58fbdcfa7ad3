"""`jobmon init`: what it lays works as it is, and it writes over nothing."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jobmon.jobs import ready
from jobmon.jobs.loader import load_folder
from jobmon.jobs.samples import begin
from jobmon.runtime import config
from jobmon.runtime.errors import EXIT_REFUSED
from jobmon.runtime.scheduling.plans import read
from jobmon.tui.cli import cli
from jobmon.tui.laying import FILES
from tests.docs.test_offered import COMMAND, fault, in_code


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    home = tmp_path / "私の 店"
    before = os.umask(0)  # as in some containers: what it lays must not be open to others
    begin(home)
    os.umask(before)
    return home


def test_it_tells_what_it_laid_and_what_is_next(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "a b")])
    assert result.exit_code == 0, result.stderr
    assert f"cd '{tmp_path}/a b'\n" in result.stdout
    assert "jobmon run morning --follow" in result.stdout
    assert all((tmp_path / "a b" / name).is_file() for name, _ in FILES)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("1")
    (tmp_path / "README.md").write_text("mine")
    result = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert result.exit_code == EXIT_REFUSED
    assert "has README.md already" in result.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["README.md", "data", "mine.csv"]
    (tmp_path / "README.md").unlink()
    assert CliRunner().invoke(cli, ["init", str(tmp_path)]).exit_code == 0, "none of ours was there"
    assert (tmp_path / "data" / "mine.csv").read_text() == "1"


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "file" / "x")])
    assert result.exit_code == EXIT_REFUSED
    assert "Not a directory" in result.stderr


def test_nothing_starts_by_itself_and_every_comment_is_a_setting(shop: Path) -> None:
    loaded = load_folder(shop)
    assert not loaded.mistakes
    plans, faults = read(loaded.flows, config.load(shop, {}))
    assert not faults
    assert set(plans) == set(loaded.flows) == {"morning", "report", "watch", "backup"}
    assert not any(plan.active for plan in plans.values())
    text = (shop / "jobmon.toml").read_text("utf-8")
    shown = re.sub(r"^# (?=[\[a-zA-Z_]+( =|\]|\[))", "", text, flags=re.MULTILINE)
    (shop / "jobmon.toml").write_text(shown, "utf-8")
    assert set(tomllib.loads(shown)) > {"notify", "secrets", "pools", "rates", "env", "report"}
    assert config.load(shop, {}).pools == {"database": 2}


def test_its_own_tests_pass(shop: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider"]
    command.append(f"--basetemp={shop}/../仮 置")  # where its flows run for real
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    ran = subprocess.run(
        command, cwd=shop, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"\b8 passed\b", ran.stdout), "none is skipped: the extra is there"


def test_its_page_shows_commands_that_there_are(shop: Path) -> None:
    page = (shop / "README.md").read_text("utf-8")
    lines = [line for code in in_code(page) for line in COMMAND.findall(code)]
    assert len(lines) >= 8
    assert {line: fault(line) for line in lines if fault(line)} == {}
    named = re.findall(r"^\| `([\w/]+\.py)`", page, re.MULTILINE)
    assert sorted(named) == sorted(name for name, _ in FILES if name.endswith(".py"))


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    without: Any = lambda name: None if name == "polars" else found(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(ModuleNotFoundError, match=r'polars .* pip install "jobmon\[jobs\]"'):
        importlib.reload(ready)
