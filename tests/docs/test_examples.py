"""What the documentation shows can be done: code compiles, flows load, links and claims hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobmon.jobs.loader import load_folder
from jobmon.jobs.samples import begin

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
CLAIM = (
    "Each scheduled slot becomes exactly one run, and each attempt starts at most one process, "
    "also when the runtime is killed with -9 and restarted. Jobs keep running meanwhile and are "
    "adopted. If the power is lost, or the initiator of a job is killed, jobmon cannot know how "
    "far your program got: it says LOST and asks."
)


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


PYTHON = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(blocks(page, "python"), 1)
]
FLOWS = [example for example in PYTHON if "Flow(" in str(example.values[0])]


@pytest.mark.parametrize("code", PYTHON)
def test_python_compiles(code: str) -> None:
    compile(code, "example", "exec")


@pytest.mark.parametrize("code", FLOWS)
def test_flows_load(code: str, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "example.py").write_text(code, encoding="utf-8")
    loaded = load_folder(tmp_path)
    assert not loaded.mistakes, "\n".join(str(m) for m in loaded.mistakes)
    assert len(loaded.flows) == 1


@pytest.mark.parametrize("code", blocks(ROOT / "docs" / "testing.md", "python"))
def test_the_examples_of_testing_pass(code: str, pytester: pytest.Pytester) -> None:
    begin(pytester.path)
    (pytester.path / "tests" / "test_flows.py").write_text(code, encoding="utf-8")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    assert result.ret == pytest.ExitCode.OK


def test_the_first_two_commands_of_the_readme() -> None:
    first, second, *_ = blocks(ROOT / "README.md", "sh")
    assert (first, second) == ("make demo\n", "make test\n")


@pytest.mark.parametrize("page", ["README.md", "docs/why-safe.md"])
def test_the_claim_is_printed_as_it_is_meant(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert f"> {CLAIM}\n" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_promises_exactly_once_execution(page: Path) -> None:
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8")).lower()
    assert "exactly-once execution" not in text
    assert "guarantee" not in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        found = page.parent / file if file else page
        assert found.is_file(), target
        headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {h.lower().replace(" ", "-") for h in headings}, target
