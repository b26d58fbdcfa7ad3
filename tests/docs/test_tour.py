"""The README's first minutes and the practice in mending, done as they are printed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.walking import LIMIT, Walker, blocks

ROOT = Path(__file__).parents[2]


def code(page: str, language: str) -> list[str]:
    return [block.code for block in blocks(ROOT / page) if block.language == language]


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").touch()  # what `make demo` made
    walker = Walker(tmp_path)
    yield walker
    for folder in ("shop", "demo"):
        walker.here = tmp_path
        walker.walk(f"[ ! -d {folder} ] || jobmon --home {folder} down")


def test_the_first_minutes(walker: Walker) -> None:
    begin, look, own = code("README.md", "sh")[2:]
    walker.ok(begin)
    assert set(walker.states().values()) == {"succeeded"}
    assert "売上" in walker.ok(look)
    (walker.here / "flows" / "stock.py").write_text(code("README.md", "python")[0], "utf-8")
    assert "06:10+0900 Asia/Tokyo" in walker.ok(own)
    assert "りんご" in (walker.here / "public/stock-2026-11-24.csv").read_text(encoding="utf-8")
    with (walker.here / "jobmon.toml").open("a", encoding="utf-8") as settings:
        settings.write(code("README.md", "toml")[0])
    walker.ok("jobmon check")


@pytest.mark.parametrize("language", ["sh", "python", "toml"])
def test_the_japanese_readme_shows_the_same_blocks(language: str) -> None:
    assert code("README.ja.md", language) == code("README.md", language)


def test_the_practice(walker: Walker) -> None:
    broken, explain, fix, done = code("docs/fixing.md", "sh")[-4:]
    assert walker.walk(broken).returncode == 1
    told = walker.ok(explain)
    for line in code("docs/fixing.md", "text")[0].splitlines():
        label, _, rest = line.strip().partition(" ")
        assert rest.strip().replace("...", "") in told, f"{label} is not as printed"
    assert walker.states()["load"] == "upstream_failed"
    assert walker.states()["アクセス集計"] == "succeeded"

    first, rerun, follow = fix.splitlines()
    walker.ok(f"{first}\n{rerun}")
    watching = subprocess.Popen(
        ["sh", "-c", follow], cwd=walker.here, env=walker.env, stdout=subprocess.DEVNULL
    )
    walker.until("adjust statuses", "waiting_human")
    walker.ok(done)
    assert watching.wait(LIMIT) == 0
    assert set(walker.states().values()) == {"succeeded"}
