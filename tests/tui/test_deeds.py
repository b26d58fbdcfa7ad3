"""What actions come to where it is not plain: whole runs, old runs, flows, the mouse, words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.errors import RefusedError
from jobmon.runtime.model import Event
from jobmon.tui.acting.confirm import Confirm
from jobmon.tui.boxes import ChoiceBox
from jobmon.tui.world import RowKey, Want
from tests.tui import nights
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session
from tests.tui.nights import FAILED, put
from tests.tui.presses import done, view

NOWHERE = Path("/nowhere")


def standing(screen: str, on: str, **more: Any) -> Session:
    session = nights.session(**more)
    put(session, screen, on, NOWHERE)
    return session


# Whole runs


@pytest.mark.parametrize("screen", ["dag", "history"])
def test_a_verb_on_a_run_says_that_all_of_it_is_meant(screen: str) -> None:
    session = standing(screen, "sync#8")
    assert "cancel the run sync#8: 2 jobs?" in session.press("c")
    session.press("n")
    assert "hold: the run sync#8" in session.press("h") or done(session)
    assert done(session) == [("hold", "sync#8", None, {})]


def test_a_held_run_is_released_by_the_same_key() -> None:
    folder = nights.folder()
    folder.fold(Event(kind="run.hold", at=NOW, run=8, who="anna"))
    session = nights.session(folder)
    put(session, "history", "sync#8", NOWHERE)
    session.press("h")
    assert done(session) == [("release", "sync#8", None, {})]


@pytest.mark.parametrize("key", ["r", "s", "M", "D"])
def test_what_acts_on_jobs_says_so_on_a_run(key: str) -> None:
    session = standing("dag", "morning#7")
    assert "this is the run; R reruns what failed of it" in session.press(key)
    assert not session.hands.given("verb")


def test_enter_on_the_run_of_a_tree_says_that_jobs_have_logs() -> None:
    assert "its jobs have logs" in standing("dag", "morning#7").press("enter")


def test_marked_runs_are_all_meant() -> None:
    session = standing("history", "morning#9")
    session.press("space", "space")
    assert "rerun what failed of 2 runs: 4 jobs?" in session.press("R")
    session.press("y")
    assert [order[1] for order in done(session)] == ["morning#9", "sync#8"]


# Runs that are not on the screen any more


def old(session: Session) -> None:
    """morning#2, of last week, is on a list only."""
    row = {
        "run": "morning#2", "id": 2, "flow": "morning", "state": "failed", "created": NOW - 6e5,
        "started": NOW - 6e5, "ended": NOW - 5.9e5, "who": "anna", "counts": {"failed": 1},
        "total": 5, "params": {},
    }  # fmt: skip
    site = session.world.sites[0]
    site.documents = {Want(0, "ls", (("limit", 500),), 30.0): {"runs": [row]}}
    session.monitor.show("history")
    session.monitor.screens.history.cursor = RowKey(0, 2, -1)
    session.text()
    assert session.monitor.screens.history.cursor == RowKey(0, 2, -1)


def test_an_old_run_is_rerun_by_its_name() -> None:
    session = nights.session()
    old(session)
    session.press("R", "y")
    assert done(session) == [("rerun", "morning#2", None, {"failed": True})]


def test_an_old_run_is_explained_by_its_name() -> None:
    session = nights.session()
    old(session)
    session.press("w")
    assert session.hands.given("view")[0]["args"] == {"run": "morning#2"}


@pytest.mark.parametrize("key", ["enter", "2"])
def test_an_old_run_is_shown_as_it_was(key: str) -> None:
    session = nights.session()
    old(session)
    session.press(key)
    assert view(session) == "dag"
    assert session.hands.asked == [("travel", NOW - 5.9e5)]


def test_words_reach_a_run_that_is_not_on_the_screen() -> None:
    session = nights.session()
    session.command("rerunfailed morning#2")
    session.press("y")
    assert done(session) == [("rerun", "morning#2", None, {"failed": True})]
    session.command("explain morning#2 B")
    assert session.hands.given("view")[-1]["args"] == {"run": "morning#2", "job": "B"}


@pytest.mark.parametrize("line", ["explain morning#7 X", "hold morning#7 X", "edit X", "log X Y"])
def test_a_job_that_is_not_there_is_never_the_one_under_the_cursor(line: str) -> None:
    session = standing("queue", "morning#7 B")
    answer = RefusedError("explain morning#7", "there is no job X")
    session.hands.answers |= {"explain": answer}
    assert "there is no job" in session.command(line)
    assert not done(session)


# Flows


def test_hold_on_the_schedule_holds_the_flow_and_releases_it() -> None:
    session = standing("schedule", "sync")
    assert "hold: the flow sync" in session.press("h")
    assert "release: the flow sync" in session.command("release")
    assert done(session) == [("hold", "sync", None, {}), ("release", "sync", None, {})]


def test_a_hold_until_a_time_needs_no_name_where_a_flow_is_under_the_cursor() -> None:
    session = standing("schedule", "sync")
    assert "hold: the flow sync" in session.command("hold --until 23:00")
    ((verb, flow, _, options),) = done(session)
    assert (verb, flow) == ("hold", "sync")
    assert options["until"] > NOW


def test_a_hold_until_a_time_says_that_it_is_for_flows_where_jobs_are() -> None:
    session = standing("queue", "sync#8 load")
    assert "--until is for a flow" in session.command("hold --until 23:00")
    assert not done(session)


def test_enter_on_a_flow_says_when_it_starts() -> None:
    picture = standing("schedule", "sync").press("enter")
    assert "when somebody starts it" in picture
    assert "flows/sync.py" in picture


# What cannot be


@pytest.mark.parametrize(
    ("key", "on", "said"),
    [
        ("M", "sync#8 fetch", "outcome: fetch is running"),
        ("X", "sync#8 load", "kill: load is waiting"),
        ("D", "sync#8 load", "done: load is waiting"),
        ("s", "morning#7 A", "skip: A is succeeded"),
        ("r", "sync#8 fetch", "rerun: fetch is running"),
        ("a", "sync#8 fetch", "seen: only what failed or is lost"),
        ("l", "sync#8 load", "log: load has not started yet"),
    ],
)
def test_a_key_that_cannot_be_says_why(key: str, on: str, said: str) -> None:
    session = standing("queue", on)
    assert said in session.press(key)
    assert session.monitor.box is None
    assert not session.hands.given("verb")


def test_a_failure_without_a_file_is_edited_where_the_job_is_declared() -> None:
    session = standing("queue", "morning#7 B")
    session.hands.answers["explain"] = {"card": {"cause": {"line": "killed"}}}
    session.press("e")
    assert ("edit", (0, "flows/morning.py", 12)) in session.hands.asked


def test_of_several_verbs_what_failed_is_said_beside_what_was_done() -> None:
    session = standing("history", "morning#9")
    session.press("space", "space")

    def answer(args: Any) -> Any:
        wrong = args["run"] == "morning#9" and not args.get("preview")
        return (
            RefusedError("rerun morning#9", "none of it failed") if wrong else nights.answer(args)
        )

    session.hands.answers["rerun"] = answer
    picture = session.press("R", "y")
    assert "rerun morning#9: none of it failed; rerun failed: A, B" in picture


def test_seen_says_so_where_nothing_failed() -> None:
    session = standing("equalizer", "morning#7 B")
    session.press("a")
    assert "only what failed or is lost" in session.press("a")


# The mouse


def click(session: Session, text: str, *, double: bool = False) -> str:
    lines = session.text().splitlines()
    y = next(i for i, line in enumerate(lines) if text in line)
    session.monitor.click(lines[y].index(text), y, double=double)
    return session.text()


def test_a_click_puts_the_cursor_there_and_a_double_one_opens_the_log() -> None:
    session = standing("queue", "sync#8 load")
    click(session, " mail ")
    hand = session.monitor.hand()
    assert hand is not None
    assert hand.name == "mail"
    click(session, " fetch ", double=True)
    assert view(session) == "log"


def test_a_double_click_beside_the_rows_opens_nothing() -> None:
    session = standing("queue", "sync#8 fetch")
    click(session, "STATE", double=True)
    assert view(session) == "queue"


def test_no_click_answers_a_question() -> None:
    session = standing("queue", "sync#8 fetch")
    session.press("c")
    assert isinstance(session.monitor.box, Confirm)
    session.monitor.click(9, 9, double=True)
    assert isinstance(session.monitor.box, Confirm)
    assert not done(session)


def test_no_double_click_does_what_is_being_typed() -> None:
    session = standing("queue", "sync#8 load")
    session.press("colon")
    session.type("hold")
    click(session, " mail ", double=True)
    assert session.monitor.prompt is not None
    assert not done(session)


def test_a_click_on_the_key_bar_presses_the_key() -> None:
    session = standing("queue", "sync#8 fetch")
    click(session, "c cancel")
    assert isinstance(session.monitor.box, Confirm)


@pytest.mark.parametrize("screen", ["queue", "dag", "history", "syslog", "equalizer", "limits"])
def test_the_wheel_moves_on_every_list(screen: str) -> None:
    session = standing(screen, "")
    session.press("home")
    found: Any = session.monitor.view
    before = found.cursor
    session.monitor.wheel(1)
    session.text()
    assert found.cursor != before
    session.monitor.wheel(-1)
    session.text()
    assert found.cursor == before


# The command line


@pytest.mark.parametrize(
    ("line", "screen"),
    [
        ("st ext*", "queue"), ("dag morning#7 B", "dag"), ("eq", "equalizer"), ("sch", "schedule"),
        ("hi morning", "history"), ("li", "limits"), ("sy", "syslog"), ("wa", "wall"),
        ("log morning#7 B", "log"), ("log morning#7 B 1", "log"), ("help", "keys"),
    ],
)  # fmt: skip
def test_a_screen_is_called_by_the_beginning_of_its_name(line: str, screen: str) -> None:
    session = standing("limits" if screen != "limits" else "queue", "")
    session.command(line)
    assert view(session) == screen
    session.command("-")
    assert view(session) == ("limits" if screen != "limits" else "queue")


def test_arguments_of_a_screen_are_taken() -> None:
    session = nights.session()
    session.command("st fe*")
    assert session.monitor.screens.queue.criteria.prefix == "fe*"
    session.command("log morning#7 B")
    assert session.hands.asked[-1] == ("open_log", (RowKey(0, FAILED, 1), 1))
    assert "B has 1 attempt" in session.command("log morning#7 B 4")


def test_the_past_themes_and_looking_only_are_asked_for_by_words() -> None:
    session = standing("queue", "morning#7 B")
    session.command("at -15m")
    session.command("theme night")
    assert session.hands.asked == [("travel", NOW - 900), ("paint_in", "night")]
    session.command("readonly")
    assert "only looks on" in session.press("c")
    session.command("readonly off")
    session.world.live = False
    session.command("replay 60x")
    assert session.world.speed == 60


def test_tab_completes_a_word_and_on_an_empty_line_walks_the_np_column() -> None:
    session = standing("queue", "morning#7 B")
    session.press("colon")
    session.type("thm")
    session.press("tab")
    assert prompt_text(session) == "thm"
    session.type("them")
    session.press("tab")
    assert prompt_text(session) == "theme "
    session.type("")
    session.press("tab")
    assert session.monitor.prompt is not None
    assert session.monitor.prompt.label == "NP"


def prompt_text(session: Session) -> str:
    assert session.monitor.prompt is not None
    return session.monitor.prompt.text


def test_find_says_where_there_is_nothing_to_find() -> None:
    assert "no rows on this screen" in standing("wall", "").command("find x")


def test_esc_on_the_first_screen_says_how_to_leave() -> None:
    assert "q leaves" in nights.session().press("escape")


def test_help_is_closed_by_the_key_that_opened_it() -> None:
    session = standing("limits", "")
    session.press("question_mark", "question_mark")
    assert view(session) == "limits"


def test_the_mark_key_chooses_the_outcome_and_both_can_be_had() -> None:
    session = standing("queue", "morning#7 B")
    session.press("M")
    assert isinstance(session.monitor.box, ChoiceBox)
    session.press("down", "enter", "y")
    assert done(session) == [("mark", "morning#7", ["B"], {"outcome": "failed"})]


def test_every_key_of_help_may_be_taken_away() -> None:
    assert nights.session(keys={"app.help": (), "app.quit": ()}).press("escape")
