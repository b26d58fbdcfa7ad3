"""What keys do: verbs with their questions, screens, the command line, the NP column, the past."""

from __future__ import annotations

import pytest

from jobmon.runtime.errors import RefusedError
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.model import Event
from jobmon.runtime.stops import end_job
from jobmon.tui.commandline.criteria import Criteria
from jobmon.tui.meters.meter import Meter
from jobmon.tui.picture import Field
from jobmon.tui.rows import FACTS
from jobmon.tui.screens.queue import FIELDS, SORT_KEYS
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session, touched
from tests.tui.flows import flow
from tests.tui.logfakes import out
from tests.tui.worlds import Folder

MORNING = flow("morning", job("A"), job("B", "A"), job("C", "B"), job("D", "B"), job("E", "C", "D"))


def failed_morning() -> Folder:
    """A succeeded, B failed with code 1, C, D and E cannot run."""
    folder = Folder(label="shop")
    run = folder.run(MORNING, 7)
    folder.start(run, "A")
    folder.end(run, "A")
    folder.start(run, "B")
    folder.end(run, "B", code=1)
    return folder


def on(session: Session, name: str) -> RowKey:
    """Put the cursor on a job."""
    session.command(f"locate {name}")
    key = session.monitor.screens.queue.cursor
    assert isinstance(key, RowKey)
    return key


RERUN = touched("morning#7", *((name, "failed", "waiting") for name in "BCDE"))


def test_a_rerun_shows_all_it_touches_and_does_nothing_before_the_yes() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    picture = session.press("r")
    assert "rerun 4 jobs?" in picture
    assert all(f" {name} " in picture for name in "BCDE")
    assert not session.hands.done()
    session.press("y")
    (done,) = session.hands.done()
    assert (done["run"], done["jobs"], done["options"]) == ("morning#7", ["B"], {})
    assert session.monitor.box is None


@pytest.mark.parametrize("key", ["n", "escape", "q"])
def test_no_leaves_everything_as_it_is(key: str) -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r", key)
    assert not session.hands.done()
    assert session.monitor.box is None


def test_the_preview_switches_between_downstream_alone_and_all_that_failed() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r", "o", "o", "o", "o", "y")
    asked = [args["options"] for args in session.hands.given("verb")]
    assert asked == [{}, {"only": True}, {"failed": True}, {}, {"only": True}, {"only": True}]
    assert session.hands.done()[0]["jobs"] == ["B"]


def test_a_verb_acts_on_the_row_meant_although_rows_moved() -> None:
    folder = failed_morning()
    session = Session(folder)
    session.hands.answers["rerun"] = RERUN
    meant = on(session, "B")
    folder.run(MORNING, 8)  # its rows come before
    session.world.version += 1
    session.text()
    assert session.monitor.screens.queue.cursor == meant
    session.press("r", "y")
    assert session.hands.done()[0]["run"] == "morning#7"


def test_a_key_that_a_state_does_not_allow_says_so() -> None:
    session = Session(failed_morning())
    on(session, "A")
    picture = session.press("s")
    assert "skip: A is succeeded" in picture
    assert not session.hands.given("verb")


def test_what_the_runtime_refuses_is_told_with_the_way_on() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RefusedError("rerun morning#7 C", "B failed", "rerun B")
    on(session, "C")
    assert "rerun morning#7 C: B failed - rerun B" in session.press("r")


def test_hold_needs_no_question_and_releases_what_is_held() -> None:
    folder = Folder()
    run = folder.run(MORNING, 7)
    session = Session(folder)
    on(session, "C")
    session.press("h")
    _, index = folder.key(run, "C")
    folder.fold(Event(kind="job.hold", at=NOW, run=run, job=index, who="anna"))
    session.world.version += 1
    session.press("h")
    assert [args["verb"] for args in session.hands.done()] == ["hold", "release"]


def test_marked_rows_are_all_meant() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "C")
    session.press("space", "space", "space")
    assert "3 marked" in session.text()
    session.press("r", "y")
    assert session.hands.done()[0]["jobs"] == ["C", "D", "E"]
    assert "marked" not in session.press("U").splitlines()[1]


def test_a_mark_asks_which_outcome_first() -> None:
    session = Session(failed_morning())
    session.hands.answers["mark"] = touched("morning#7", ("B", "failed", "succeeded"))
    on(session, "B")
    assert "mark 1 job as" in session.press("M")
    session.press("enter", "y")
    assert session.hands.done()[0]["options"] == {"outcome": "success"}


def test_skipping_a_running_job_stops_it_first_after_one_question() -> None:
    folder = Folder()
    run = folder.run(MORNING, 7)
    folder.start(run, "A")
    session = Session(folder)
    on(session, "A")
    assert "A is stopped first: TERM, after 10s KILL" in session.press("s")
    session.press("y")
    assert ("skip_running", "A") in session.hands.asked
    assert not session.hands.done()


def test_a_monitor_that_only_looks_takes_no_verb_by_key_or_by_word() -> None:
    session = Session(failed_morning(), readonly=True)
    on(session, "B")
    assert "only looks on" in session.press("r")
    assert "only looks on" in session.command("rerun B")
    assert "only looks on" in session.press("n")
    assert not session.hands.given("verb")


def test_what_was_opened_to_look_only_stays_so() -> None:
    session = Session(failed_morning(), readonly=True)
    on(session, "B")
    session.command("readonly")
    assert "open it with jobmon to act" in session.command("readonly off")
    assert "open it with jobmon to act" in session.press("r")
    assert "open it with jobmon to act" in session.command("run morning")
    assert not session.hands.asked


def test_what_was_said_before_a_command_or_of_another_world_is_taken_back() -> None:
    session = Session(failed_morning())
    session.monitor.say("theme: there is none of that name")
    assert "none of that name" not in session.command("sort job")
    session.monitor.say("at: nothing is recorded of then")
    session.monitor.enter(session.world)
    assert "nothing is recorded" not in session.text()


def test_the_past_takes_no_verb() -> None:
    session = Session(failed_morning())
    session.world.live = False
    on(session, "B")
    assert "at now" in session.press("r")
    assert not session.hands.given("verb")


def test_e_opens_the_line_that_failed_and_offers_the_rerun() -> None:
    session = Session(failed_morning())
    cause = {"file": "scripts/b.py", "lineno": 53, "line": "KeyError"}
    session.hands.answers["explain"] = {"card": {"cause": cause}}
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    picture = session.press("e")
    assert ("edit", (0, "scripts/b.py", 53)) in session.hands.asked
    assert "rerun 4 jobs?" in picture
    assert "rerun 4 jobs?" in session.press("enter")  # it came by itself
    session.press("y")
    assert session.hands.done()


def test_each_screen_has_its_key_and_back_leads_back() -> None:
    session = Session(failed_morning())
    names = []
    for key in "2356781":
        session.press(key)
        names.append(session.monitor.view.name)
    assert names == ["dag", "equalizer", "schedule", "history", "limits", "syslog", "queue"]
    session.press("escape", "f3")
    assert session.monitor.view.name == "limits"


def test_the_log_of_a_job_that_never_started_is_not_opened() -> None:
    session = Session(failed_morning())
    on(session, "C")
    assert "C has not started yet" in session.press("l")
    on(session, "B")
    session.press("enter")
    assert session.hands.asked[-1][0] == "open_log"
    assert session.monitor.view.name == "log"


def test_find_narrows_while_it_is_typed_and_escape_takes_it_back() -> None:
    session = Session(failed_morning())
    session.press("slash")
    picture = session.type("upstream")
    assert " A " not in picture
    assert "find=upstream" in picture
    session.press("escape")
    assert session.monitor.screens.queue.criteria == Criteria()


@pytest.mark.parametrize("field", [f for f in FIELDS if f.name not in ("np", "started")])
def test_what_stands_over_a_column_can_be_typed(field: Field) -> None:
    session = Session(failed_morning())
    session.command(f"filter {field.title} != 77")
    assert session.monitor.screens.queue.criteria.conditions[0].column in FACTS
    session.command(f"sort {field.title},D")
    assert session.monitor.screens.queue.sort[0][0] in SORT_KEYS
    assert " B " in session.text()


def test_what_the_screen_says_of_a_job_can_be_asked_for() -> None:
    session = Session(failed_morning())
    assert "code>0  hides 4" in session.command("filter RC > 0")
    session.command("reset")
    assert "state=upstream_failed" in session.command("state upstream failed")
    assert "upstream failed" in session.text()


def test_an_empty_queue_says_which_filter_hides_what() -> None:
    session = Session(failed_morning())
    picture = session.command("prefix nothing*")
    assert "no job matches prefix=nothing*" in picture
    assert "`reset` shows all 5" in picture
    assert " B " in session.command("reset")


def test_action_characters_on_several_rows_run_in_order_by_one_enter() -> None:
    folder = Folder()
    folder.run(MORNING, 7)
    session = Session(folder)
    on(session, "C")
    session.press("colon", "tab")
    assert session.monitor.prompt is not None
    session.press("h", "down", "h", "enter")
    (done,) = session.hands.done()
    assert (done["verb"], done["jobs"]) == ("hold", ["C", "D"])


def cancel_and_skip() -> Session:
    """c on A, which runs, and k on C, which waits, as typed in the NP column; answers are late."""
    folder = Folder()
    folder.start(folder.run(MORNING, 7), "A")
    session = Session(folder)
    session.hands.late = True
    session.hands.answers["cancel"] = touched("morning#7", ("A", "running", "cancelled"))
    session.hands.answers["skip"] = touched("morning#7", ("C", "waiting", "skipped"))
    on(session, "A")
    session.press("colon", "tab", "c")
    session.monitor.screens.queue.typed |= {RowKey(0, 7, 2): "k"}
    session.press("enter")
    return session


@pytest.mark.parametrize("answer", ["n", "y"])
def test_each_question_of_the_np_column_comes_once_the_one_before_is_over(answer: str) -> None:
    session = cancel_and_skip()
    session.hands.come()
    assert "cancel 1 job?" in session.text()
    assert len(session.hands.given("verb")) == 1
    session.press(answer)
    session.hands.come()  # what was done
    session.hands.come()  # the next preview
    assert "skip 1 job?" in session.text()
    session.press("y")
    assert session.hands.done()[-1]["jobs"] == ["C"]


def test_a_preview_the_runtime_refuses_does_not_end_the_np_column() -> None:
    session = cancel_and_skip()
    session.hands.answers["cancel"] = RefusedError("cancel", "it has ended", "")
    session.hands.come()
    session.hands.come()
    assert "skip 1 job?" in session.text()


def test_a_look_of_the_np_column_is_read_before_the_next_question() -> None:
    session = Session(failed_morning())
    session.hands.late = True
    session.hands.answers["explain"] = {"run": "morning#7", "job": "B", "state": "failed",
                                        "reasons": ["it failed"], "next": []}  # fmt: skip
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("colon", "tab", "w")
    session.monitor.screens.queue.typed |= {RowKey(0, 7, 2): "r"}
    session.press("enter")
    session.hands.come()
    assert "why B" in session.text()
    assert not session.hands.given("verb")
    session.press("escape")
    session.hands.come()
    assert "rerun 4 jobs?" in session.text()


def test_a_box_that_comes_late_waits_behind_the_one_that_is_there() -> None:
    session = Session(failed_morning())
    session.hands.late = True
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r", "ctrl+p")
    session.hands.come()
    assert "find an action" in session.text()
    assert "rerun 4 jobs?" in session.press("escape")


def test_a_box_that_comes_late_does_not_get_the_keys_of_what_is_typed() -> None:
    session = Session(failed_morning())
    session.hands.late = True
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r", "slash")
    session.hands.come()
    session.press("y")
    assert not session.hands.done()
    assert "rerun 4 jobs?" in session.press("escape")


def test_the_question_stands_until_its_other_preview_is_there() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r")
    session.hands.late = True
    assert "rerun 4 jobs?" in session.press("o", "y")
    assert not session.hands.done()
    session.hands.answers["rerun"] = touched("morning#7", ("B", "failed", "waiting"))
    session.hands.come()
    assert "[this alone]" in session.text()
    session.press("y")
    assert session.hands.done()[0]["options"] == {"only": True}


def test_a_way_the_runtime_refuses_leaves_the_question_and_says_why() -> None:
    session = Session(failed_morning())
    session.hands.answers["rerun"] = RERUN
    on(session, "B")
    session.press("r")
    session.hands.answers["rerun"] = RefusedError("rerun B --only", "C is running", "")
    picture = session.press("o")
    assert "rerun 4 jobs?" in picture
    assert "C is running" in picture
    session.hands.answers["rerun"] = RERUN
    assert "[all failed]" in session.press("o")


def test_a_start_takes_the_parameters_of_its_form() -> None:
    folder = failed_morning()
    params = [{"name": "day", "type": "date", "default": "today", "choices": []}]
    folder.site.flows = {"flows": [{"flow": "morning", "params": params, "description": "朝"}]}
    session = Session(folder)
    session.hands.answers["run"] = {"run": "morning#8", "jobs": list("ABCDE")}
    session.press("n", "enter")
    session.type("2026-11-24")
    session.press("enter")
    session.type("前日分の再処理")
    picture = session.press("enter")
    (asked,) = session.hands.given("run")
    assert asked["params"] == {"day": "2026-11-24"}
    assert asked["why"] == "前日分の再処理"
    assert "started morning#8: 5 jobs" in picture


def test_what_was_typed_is_not_lost_when_the_runtime_refuses_the_start() -> None:
    folder = failed_morning()
    params = [{"name": "day", "type": "date", "default": "today", "choices": []}]
    folder.site.flows = {"flows": [{"flow": "morning", "params": params, "description": "朝"}]}
    session = Session(folder)
    session.hands.late = True
    session.hands.answers["run"] = RefusedError("run morning", "2026-13-24 is no date", "")
    session.press("n", "enter")
    session.type("2026-13-24")
    session.press("enter")
    session.type("前日分の再処理")
    session.press("enter")
    session.hands.come()
    picture = session.text()
    assert all(
        told in picture for told in ("2026-13-24 is no date", "前日分の再処理", "start morning")
    )
    session.press("up")
    session.type("2026-11-24")
    session.press("ctrl+s")
    asked = session.hands.given("run")[-1]
    assert (asked["params"], asked["why"]) == ({"day": "2026-11-24"}, "前日分の再処理")


def test_a_job_that_is_being_stopped_already_is_not_stopped_or_held_again() -> None:
    folder = Folder()
    run = folder.run(MORNING, 7)
    folder.start(run, "A")
    board = folder.site.board
    folder.fold(
        end_job(board, board.jobs[folder.key(run, "A")], NOW, who="anna", why="", grace=9.0)
    )
    session = Session(folder)
    on(session, "A")
    assert "cancel: A is stopping" in session.press("c")
    assert "hold: A is stopping" in session.press("h")
    session.press("X")
    assert [args["verb"] for args in session.hands.given("verb")] == ["kill"]


def test_a_row_of_the_past_follows_what_is_read_of_it_later() -> None:
    folder = Folder()
    run = folder.run(MORNING, 7)
    folder.start(run, "A")
    session = Session(folder)
    session.world.live = False  # and time stands still
    before = session.text()
    past = tuple(Past(f"morning#{n}", "succeeded", 0.0, 7200.0) for n in range(9))
    folder.site.histories["morning"] = FlowHistory({"A": JobHistory(past)})
    with_history = session.text()
    meter = Meter()
    meter.add_lines(out("63%", NOW - 9))
    folder.site.meters[(run, 0)] = meter
    assert "~" not in before
    assert "~40%" in with_history
    assert " 63%" in session.text()


@pytest.mark.parametrize("width", [60, 80])
def test_the_command_line_is_there_however_much_the_screen_says_of_itself(width: int) -> None:
    session = Session(failed_morning())
    session.command("filter job=" + "売上" * 40)
    assert session.text(width, 24).splitlines()[1].startswith(" COMMAND ===> ")
    session.press("colon")
    assert session.text(width, 24).splitlines()[1].startswith(" COMMAND ===> ")


def test_what_was_shown_is_shown_again() -> None:
    session = Session(failed_morning())
    session.command("prefix B*")
    session.press("3")
    again = Session(failed_morning())
    again.monitor.recall(session.monitor.remember())
    assert again.monitor.view.name == "equalizer"
    assert again.monitor.screens.queue.criteria.prefix == "B*"
    again.monitor.recall({"screen": 7, "views": {"queue": {"criteria": 3, "sort": "x"}}})


def test_a_runtime_that_is_away_is_told_and_its_clock_stands_still() -> None:
    folder = Folder(label="shop")
    run = folder.run(MORNING, 7)
    folder.start(run, "A")
    session = Session(folder)
    folder.site.away = NOW
    session.world.now = session.monitor.present = NOW + 240
    picture = session.text()
    assert "THE RUNTIME IS AWAY since" in picture
    assert "04:00 old" in picture
    row = session.world.row(RowKey(0, run, 0))
    assert row is not None
    assert row.now == NOW


def test_a_runtime_that_was_stopped_is_started_again_when_asked() -> None:
    folder = Folder(label="shop")
    folder.run(MORNING, 7)
    session = Session(folder)
    assert "the runtime is there" in session.press("u")
    folder.site.away, folder.site.absent = NOW, "IS STOPPED"
    session.world.now = session.monitor.present = NOW + 240
    assert "THE RUNTIME IS STOPPED since" in session.text()
    session.press("u")
    assert session.hands.asked == [("start_runtime", None)]


def test_a_folder_without_flows_offers_a_sample() -> None:
    session = Session(Folder())
    assert "lays a sample" in session.text()
    session.press("L")
    assert session.hands.asked == [("lay_sample", None)]
    only = Session(Folder(), readonly=True)
    assert "only looks on" in only.press("L")
    assert not only.hands.asked


@pytest.mark.parametrize(("width", "height"), [(59, 24), (80, 15), (60, 15), (30, 5), (10, 2)])
def test_a_very_small_screen_still_names_the_worst_failure(width: int, height: int) -> None:
    picture = Session(failed_morning()).text(width, height)
    assert picture.startswith("JOBMON"[:width])
    if width >= 30:
        assert "B morning#7" in picture


def test_at_and_replay_are_asked_of_the_hands() -> None:
    session = Session(failed_morning())
    session.command("at -15m")
    assert ("travel", NOW - 900) in session.hands.asked
    assert "say first from when" in session.command("replay 60x")
    session.command("at now")
    assert session.hands.asked[-1] == ("travel", None)


def test_the_palette_finds_an_action_by_a_few_letters() -> None:
    session = Session(failed_morning())
    session.press("ctrl+p")
    session.type("limits")
    session.press("enter")
    assert session.monitor.view.name == "limits"


def test_names_and_reasons_of_others_are_inert() -> None:
    session = Session(failed_morning())
    session.monitor.say("\x1b]52;c;aGk=\x07 [bold]x[/] \u202e")
    picture = session.text()
    assert "\x1b" not in picture
    assert "\u202e" not in picture
    assert "[bold]x[/]" in picture
