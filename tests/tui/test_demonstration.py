"""`jobmon demo`: the monitor on a lively sample for a person, one run to its end for a program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.errors import RefusedError
from jobmon.tui import demonstration, opening
from jobmon.tui.demonstration import demonstrate
from tests.tui.cli_fakes import PIPE, PLAIN, FakeDesk, ls, show

Monitor = Callable[[Any], int]


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    desk = FakeDesk(PLAIN, ls=ls())
    desk.answers |= {"run": {"run": "clock#1", "id": 1}, "verb": {}}
    monkeypatch.setattr(opening, "open_monitor", lambda _: desk.calls.append(("monitor", {})) or 0)
    return desk


@pytest.mark.usefixtures("person")
def test_a_person_is_shown_the_sample_at_work(
    desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("JOBMON_DEMO_SPEED", "10")
    assert demonstrate(desk, tmp_path, yes=False, broken=False) == 0
    assert (tmp_path / "flows/clock.py").exists()
    asked = [name for name, _ in desk.calls if name in ("run", "verb", "monitor")]
    assert asked == ["run", "monitor", "verb"]
    (started,), (stopped,) = desk.given("run"), desk.given("verb")
    assert (started["flow"], started["params"]) == ("clock", {"speed": "10"})
    assert (stopped["verb"], stopped["run"]) == ("cancel", "clock#1")
    assert "jobmon run clock" in capsys.readouterr().out


@pytest.mark.usefixtures("person")
def test_a_second_demo_goes_on_with_what_is_there(desk: FakeDesk, tmp_path: Path) -> None:
    demonstrate(desk, tmp_path, yes=False, broken=False)
    mended = tmp_path / "scripts/collect.py"
    mended.write_text("# mended\n")
    desk.views["ls"] = ls(show([], run="clock#7"))
    demonstrate(desk, tmp_path, yes=False, broken=False)
    assert mended.read_text() == "# mended\n"
    assert len(desk.given("run")) == 1, "the clock runs already"
    assert [stopped["run"] for stopped in desk.given("verb")] == ["clock#1"], "not another's"


@pytest.mark.usefixtures("person")
def test_one_run_in_a_lively_folder_leaves_it_lively(
    desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demonstrate(desk, tmp_path, yes=False, broken=False)
    settings = (tmp_path / "jobmon.toml").read_text()
    monkeypatch.setattr(demonstration, "follow", lambda *_, yes: 1)
    desk.__dict__["runtime"] = desk.connect()
    assert demonstrate(desk, tmp_path, yes=False, broken=True) == 1
    assert (tmp_path / "jobmon.toml").read_text() == settings, "its flows name a pool"


@pytest.mark.usefixtures("person")
def test_a_clock_that_is_over_needs_no_stopping(desk: FakeDesk, tmp_path: Path) -> None:
    desk.answers["verb"] = RefusedError("cancel clock#1", "it has ended", "")
    assert demonstrate(desk, tmp_path, yes=False, broken=False) == 0


@pytest.mark.usefixtures("person")
def test_a_folder_of_somebody_else_is_refused(desk: FakeDesk, tmp_path: Path) -> None:
    (tmp_path / "jobmon.toml").write_text("# mine\n")
    with pytest.raises(RefusedError, match="changed by hand"):
        demonstrate(desk, tmp_path, yes=False, broken=False)
    assert not desk.given("run")


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    ("ink", "yes", "broken", "answered"),
    [(PIPE, False, False, True), (PLAIN, True, False, True), (PLAIN, False, True, False)],
)
def test_else_the_morning_runs_once(
    desk: FakeDesk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ink: Any,
    yes: bool,
    broken: bool,
    answered: bool,
) -> None:
    """In a pipe nobody could answer its manual step."""
    given: list[bool] = []
    monkeypatch.setattr(demonstration, "follow", lambda *_, yes: given.append(yes) or 0)
    desk.ink = ink
    desk.__dict__["runtime"] = desk.connect()
    assert demonstrate(desk, tmp_path, yes=yes, broken=broken) == 0
    assert [run["flow"] for run in desk.given("run")] == ["morning"]
    assert not (tmp_path / "flows/clock.py").exists()
    assert given == [answered]
