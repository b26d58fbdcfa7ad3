"""Several runtimes in one screen: whose row it is, whom a verb reaches, one that is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.tui import folding, labels
from jobmon.tui.feed import News
from jobmon.tui.picture import Size
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey, Site
from tests.batch import Batch
from tests.core import job
from tests.tui import nights
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session, touched
from tests.tui.flows import flow
from tests.tui.monitoring import JOBMON, LOAD, environment, shows
from tests.tui.nights import put
from tests.tui.terminal import Terminal
from tests.tui.worlds import Folder

NOWHERE = Path("/nowhere")
LISTS = ("queue", "history", "limits", "syslog", "schedule")


def both() -> Session:
    """The same night on two machines: each has morning#7, and both failed."""
    return nights.session(nights.folder(0, "east"), nights.folder(1, "west"))


def stand(session: Session, on: str, site: int, screen: str = "queue") -> None:
    """The cursor on a job or run of that machine."""
    put(session, screen, "", NOWHERE)
    key = nights.key_of(session, on, site)
    if screen == "dag":
        session.monitor.screens.dag.show(key)
    else:
        view: Any = session.monitor.view
        view.cursor = key
    session.text()


def sites(session: Session) -> list[int]:
    """Where verbs were done."""
    return [args["site"] for args in session.hands.done()]


@pytest.mark.parametrize("screen", LISTS)
def test_every_list_says_whose_a_row_is(screen: str) -> None:
    session = both()
    put(session, screen, "", NOWHERE)
    picture = session.text(120, 40)
    assert "HOST" in picture
    assert "east" in picture
    assert "west" in picture
    assert "2 hosts" in picture.splitlines()[0]


def test_the_tree_says_whose_run_it_is() -> None:
    session = both()
    stand(session, "morning#7 B", 1, "dag")
    assert "west" in session.text().splitlines()[1]


# Verbs


@pytest.mark.parametrize("site", [0, 1])
def test_a_verb_goes_to_the_runtime_of_its_row(site: int) -> None:
    session = both()
    stand(session, "sync#8 load", site)
    session.press("h")
    assert sites(session) == [site]


def test_marked_rows_of_two_machines_are_two_requests_and_stay_so_when_switched() -> None:
    session = both()
    for site, name in ((0, "B"), (1, "D")):
        key = nights.key_of(session, f"morning#7 {name}", site)
        session.monitor.screens.queue.marks[key] = None
    picture = session.press("r")
    assert "east morning#7" in picture
    assert "west morning#7" in picture
    session.press("o", "y")
    orders = [(a["site"], a["jobs"], a["options"]) for a in session.hands.done()]
    assert orders == [(0, ["B"], {"only": True}), (1, ["D"], {"only": True})]


def test_the_question_tells_what_that_machine_declares_and_what_is_usual_there() -> None:
    east, west = Folder(0, "east"), Folder(1, "west")
    east.run(flow("daily", job("load", effects="idempotent")), 1)
    west.run(flow("daily", job("load", effects="once")), 1)
    for folder, seconds in ((east, 60.0), (west, 5400.0)):
        folder.start(1, "load")
        folder.end(1, "load", code=1)
        past = [Past(f"daily#{n}", "succeeded", 0.0, seconds) for n in range(9)]
        folder.site.histories["daily"] = FlowHistory({"load": JobHistory(past)})
    session = Session(east, west)
    session.hands.answers["rerun"] = touched("daily#1", ("load", "failed", "waiting"))
    stand(session, "daily#1 load", 1)
    session.press("r")
    picture = session.text(160, 40)
    assert "daily#1 on west" in picture
    assert "once" in picture
    assert "idempotent" not in picture
    assert "1:30:00" in picture


@pytest.mark.parametrize("site", [0, 1])
@pytest.mark.parametrize("line", ["rerun morning#7 B", "rerun morning B", "rerun B"])
def test_words_mean_the_machine_of_the_row_in_hand(line: str, site: int) -> None:
    session = both()
    stand(session, "morning#9 A" if "#7" in line else "morning#7 A", site)
    if line == "rerun morning B":  # the newest run
        session.command("hold morning C")
        assert sites(session) == [site]
        return
    session.command(line)
    session.press("y")
    assert sites(session) == [site]
    assert session.hands.done()[0]["run"] == "morning#7"


def test_words_that_may_mean_either_machine_ask_for_a_row_of_one() -> None:
    session = both()
    put(session, "limits", "", NOWHERE)
    for line in ("rerun morning#7 B", "run morning", "hold --flow morning", "explain morning#7 B"):
        assert "east and west have a" in session.command(line)
    assert not session.hands.given("run")
    assert not session.hands.given("verb")


def test_a_flow_that_only_one_machine_has_is_started_there() -> None:
    session = both()
    session.world.sites[1].flows = {"flows": [{"flow": "report", "params": []}]}
    session.hands.answers["run"] = {"run": "report#1", "jobs": ["a"]}
    put(session, "limits", "", NOWHERE)
    session.command("run report")
    assert session.hands.given("run")[0]["site"] == 1


def test_the_list_of_flows_is_that_of_both_and_begins_at_the_row_in_hand() -> None:
    session = both()
    stand(session, "sync#8 load", 1)
    picture = session.press("n")
    assert all(f"{name}: {f}" in picture for name in ("east", "west") for f in ("morning", "sync"))
    assert "> west: sync" in picture
    session.hands.answers["run"] = {"run": "sync#10", "jobs": ["a"]}
    session.press("enter", "enter")
    assert [(a["site"], a["flow"]) for a in session.hands.given("run")] == [(1, "sync")]


def test_a_flow_on_the_schedule_is_held_where_it_is() -> None:
    session = both()
    put(session, "schedule", "", NOWHERE)
    session.monitor.screens.schedule.cursor = ("flow", 1, "morning")
    session.press("h")
    assert sites(session) == [1]


# One of them is away


def test_the_rows_of_one_that_is_away_fade_and_the_others_go_on() -> None:
    session = both()
    session.world.sites[0].away = NOW
    session.world.now = session.monitor.present = NOW + 60
    picture = session.text(120, 40)
    assert "THE RUNTIME of east IS AWAY since" in picture
    assert "01:00 old" in picture
    lines = session.monitor.lines(Size(120, 40))
    east, west = ([x for x in lines if plain(x).split()[:1] == [name]] for name in ("east", "west"))
    assert east
    assert all("dim" in style for line in east for _, style in line)
    assert any("dim" not in style for line in west for _, style in line)
    here, there = (session.world.row(nights.key_of(session, "sync#8 fetch", n)) for n in (0, 1))
    assert here is not None
    assert there is not None
    assert (here.now, there.now) == (NOW, NOW + 60)
    stand(session, "sync#8 load", 1)
    session.press("h")
    assert sites(session) == [1]


def test_a_line_of_each_that_is_away_and_flows_that_cannot_be_started_say_so() -> None:
    session = both()
    session.world.sites[0].away = session.world.sites[1].away = NOW
    picture = session.text(120, 40)
    assert "THE RUNTIME of east" in picture
    assert "THE RUNTIME of west" in picture
    assert session.press("n").count("does not answer now") == 4


# Files that are elsewhere


def test_the_editor_and_the_pager_say_where_the_file_is(tmp_path: Path) -> None:
    session = both()
    site = session.world.sites[1]
    site.remote, site.hello = True, {"home": "/srv/shop", "host": "west"}
    stand(session, "morning#7 B", 1)
    assert "edit: it is on the machine west: /srv/shop/scripts/b.py:53" in session.press("e")
    assert not [asked for asked in session.hands.asked if asked[0] == "edit"]
    put(session, "queue", "morning#7 B", NOWHERE)
    session.press("e")
    assert ("edit", (0, "scripts/b.py", 53)) in session.hands.asked


def test_up_says_that_only_a_runtime_of_this_machine_is_started() -> None:
    session = both()
    session.world.sites[1].away, session.world.sites[1].remote = NOW, True
    assert "on another machine" in session.press("u")
    session.world.sites[0].away = NOW
    session.press("u")
    assert session.hands.asked == [("start_runtime", None)]


# Clocks


@pytest.mark.parametrize("skew", [-7200.0, 0.0, 3600.0])
def test_times_are_right_whatever_the_other_machine_s_clock_says(skew: float) -> None:
    west = Folder(1, "west")
    west.now = NOW + skew - 80  # by its own clock
    west.run(nights.SYNC, 8)
    west.start(8, "fetch")
    hello = {"host": "west", "home": "/w", "now": NOW + skew, "heard": NOW}
    folding.fold(west.site, News("hello", hello), NOW)
    session = Session(nights.fresh(), west)
    row = session.world.row(RowKey(1, 8, 0))
    assert row is not None
    assert row.elapsed == 80
    for screen in ("queue", "limits", "dag", "history"):
        put(session, screen, "", NOWHERE)
        stand(session, "sync#8" if screen == "history" else "sync#8 fetch", 1, screen)
        line = next(x for x in session.text(120, 40).splitlines() if "01:20" in x)
        assert line


def test_a_clock_that_was_set_meanwhile_is_noticed_and_a_slow_line_is_not_taken_for_it() -> None:
    site = Site(0)
    site.skew = 5.0
    slow = {"now": NOW + 5, "asked": NOW - 1, "heard": NOW + 11}
    folding.tell_time(site, slow)
    assert site.skew == 5.0
    folding.tell_time(site, {"now": NOW + 90, "asked": NOW, "heard": NOW + 2})
    assert site.skew == 89.0


# What they are called


@pytest.mark.parametrize(
    ("homes", "called"),
    [
        (["etl01:/srv/shop"], ["etl01"]),
        (["etl01:/srv/shop", "etl02:/srv/shop"], ["etl01", "etl02"]),
        (["etl01:/srv/shop", "etl01:/srv/夜間"], ["shop@etl01", "夜間@etl01"]),
        (["a:/x/shop", "a:/y/shop", "b:/z"], ["/x/shop@a", "/y/shop@a", "b"]),
        (["a:/x", "a:/x"], ["/x@a 1", "/x@a 2"]),
        (["", "a:/x"], ["tunnel", "a"]),
    ],
)
def test_machines_are_told_apart_and_folders_of_one_machine_too(
    homes: list[str], called: list[str]
) -> None:
    found = [Site(n, labels.of_socket(Path("/tmp/tunnel.sock"))) for n in range(len(homes))]
    for site, home in zip(found, homes, strict=True):
        host, _, place = home.partition(":")
        site.hello = {"host": host, "home": place} if host else {}
    labels.name(found)
    assert [site.label for site in found] == called


def test_before_it_said_a_word_a_runtime_is_called_after_its_socket() -> None:
    assert labels.of_socket(Path("/tmp/east.sock")) == "east"
    assert labels.of_socket(Path("/srv/shop/.jobmon/runtime.sock")) == "shop"


# Two real ones, reached by their sockets alone

WORK = """
flow = Flow("work")
flow.shell("count", "echo progress 55/100; echo 売上 from $PWD; "
           "until [ -e open ]; do sleep 0.05; done")
flow.shell("broken", "echo no such table >&2; exit 3")
"""


@pytest.fixture
def folders(batch: Batch, tmp_path: Path) -> Iterator[tuple[Batch, Batch]]:
    """One whose socket's path is too long for an address, and one reached through a link."""
    deep = tmp_path / "/".join(["a folder of a long name"] * 5)
    deep.mkdir(parents=True)
    far = Batch(deep / "far")
    for folder in (batch, far):
        folder.flow(WORK, "work")
        folder.run("work")
    yield batch, far
    far.close()


def sockets(folders: tuple[Batch, Batch], tmp_path: Path) -> list[str]:
    near, far = (folder.state / "runtime.sock" for folder in folders)
    link = tmp_path / "near.sock"
    link.symlink_to(near)
    assert len(str(far)) > 108
    return ["--socket", str(link), "--socket", str(far)]


def row_of(terminal: Terminal, job: str, where: str) -> str:
    return next((row for _, row in rows_of(terminal, job, where)), "")


def rows_of(terminal: Terminal, job: str, where: str) -> list[tuple[int, str]]:
    """The lines of one picture that are about a job, with their places."""
    lines = enumerate(terminal.screen())
    return [(y, row) for y, row in lines if f" {job} " in row and where in row]


def test_two_real_runtimes_by_their_sockets(folders: tuple[Batch, Batch], tmp_path: Path) -> None:
    near, far = folders
    env = environment(near, {"EDITOR": "false"})
    argv = [JOBMON, "--home", str(tmp_path), *sockets(folders, tmp_path)]
    with Terminal([*argv, "--socket", str(tmp_path / "gone.sock")], env, 120, 40) as terminal:
        # Rows of both, with how far their jobs say they are: logs are read through the sockets.
        terminal.wait(lambda t: "55%" in row_of(t, "count", "batch@"), LOAD)
        terminal.wait(lambda t: "55%" in row_of(t, "count", "far@"), LOAD)
        terminal.wait("THE RUNTIME of gone")
        # The log of one, and where its files are.
        for _ in range(2):
            terminal.click(20, rows_of(terminal, "count", "far@")[0][0])
        terminal.wait(shows("LOG", "売上 from"), LOAD)
        terminal.press("o")
        terminal.wait("pager: it is on the machine far@")
        terminal.press("esc")
        terminal.wait("QUEUE")
        # One goes; its rows stay, it is named, and the other one takes verbs.
        near.kill()
        terminal.wait("THE RUNTIME of batch@", LOAD)
        assert row_of(terminal, "count", "batch@")
        terminal.press("c")
        terminal.wait(shows("cancel 1 job?", "work#1 on far@"))
        terminal.press("y")
        far.wait_job("work", "count", "cancelled")
        terminal.wait(lambda t: "cancelled" in row_of(t, "count", "far@"))
        # It comes back, and is taken up again.
        near.client().close()
        terminal.wait(lambda t: "THE RUNTIME of batch@" not in t.text(), LOAD)
        terminal.press("n")
        terminal.wait(shows("start a run of", "batch@", "far@"), LOAD)
        terminal.press("esc", "q")
        assert terminal.end() == 0


def test_a_socket_that_is_not_there_is_told_with_the_way_to_bring_it(
    batch: Batch, tmp_path: Path
) -> None:
    path = str(tmp_path / "east.sock")
    with Terminal([JOBMON, "--socket", path], environment(batch, {}), 120, 24) as terminal:
        assert terminal.end(LOAD) == 6
        told = "".join(terminal.screen())
        assert "there is no socket" in told
        assert f"ssh -L {path}:FOLDER/.jobmon/runtime.sock HOST" in told
