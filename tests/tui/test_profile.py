"""The profile is always told, and prod cannot be overlooked: also without colour, signs or room."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from jobmon.runtime.errors import RefusedError
from jobmon.tui import profile, statuspage
from jobmon.tui.cli import cli
from jobmon.tui.ink import Ink
from tests.tui import cli_fakes
from tests.tui.cli_fakes import NOW, FakeDesk, ls, show
from tests.tui.fakehands import Session
from tests.tui.flows import HOURLY
from tests.tui.worlds import Folder


def served(name: str, number: int = 0, **status: object) -> Folder:
    folder = Folder(number, label="etl02" if number else "")
    folder.site.hello = {"profile": name}
    folder.site.status = {**folder.site.status, **status}
    folder.run(HOURLY, 1)
    return folder


@pytest.mark.parametrize("size", [(40, 8), (60, 16), (80, 24), (160, 48)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_prod_stands_on_top_of_every_screen(size: tuple[int, int], ascii_only: bool) -> None:
    folder = served("prod")
    session = Session(folder)
    if ascii_only:
        session.monitor.ink = session.monitor.ink._replace(unicode=False, colour=False)
    for key in "12345678W":
        session.press(key)
        assert "[PROD]" in session.text(*size).splitlines()[0], key


def test_other_profiles_are_told_as_they_are_called_and_none_is_not() -> None:
    assert "[dev]" in Session(served("dev")).text(80, 24).splitlines()[0]
    assert "[" not in Session(served("")).text(80, 24).splitlines()[0]


def test_of_several_runtimes_that_of_prod_is_told() -> None:
    session = Session(served("dev"), served("production", 1))
    assert "[PRODUCTION]" in session.text(80, 24).splitlines()[0]


def test_a_lamp_counts_the_files_that_are_broken() -> None:
    session = Session(served("", broken=["jobmon.toml", "flows/夜間.py"]))
    assert "! broken 2" in session.text(80, 24).splitlines()[0]
    assert "broken" not in Session(served("", broken=[])).text(80, 24).splitlines()[0]


def test_status_and_ls_begin_with_it() -> None:
    body = {"running": False, "profile": "prod", "home": "/batch", "counts": {}, "jobs": {}}
    assert statuspage.page(Ink(colour=False), body, NOW)[0].startswith("[PROD] no runtime")
    desk = FakeDesk(cli_fakes.PIPE._replace(terminal=True))
    desk.views["ls"] = ls(show([])) | {"profile": "prod"}
    shown = CliRunner().invoke(cli, ["ls"], obj=desk).stdout
    assert shown.splitlines()[0] == "[PROD]"


def test_whoever_names_another_profile_is_refused_and_told_how_to_change() -> None:
    profile.same("", "prod")
    profile.same("prod", "prod")
    with pytest.raises(RefusedError, match="started with no profile") as caught:
        profile.same("prod", "")
    assert "JOBMON_PROFILE=prod jobmon up" in caught.value.hint
    assert "leave --profile out" in caught.value.hint
