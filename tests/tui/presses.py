"""What each action is for: on which screen, on what, and what is so after it and was not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jobmon.tui.boxes import Box
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.world import RowKey
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session
from tests.tui.nights import CAUSE, FAILED, RUNNING, SYNCING

Look = Callable[[Session], Any]


class Case(NamedTuple):
    """The cursor is put `on` something, `first` is done; the action makes `look` see `after`."""

    action: str
    screen: str
    on: str
    look: Look
    after: Any
    first: Look = lambda session: None

    @property
    def name(self) -> str:
        return f"{self.action}-{self.screen}-{self.on}".replace(" ", ".")


def each(
    action: str, where: Mapping[str, str], look: Look, after: Any, first: Look | None = None
) -> Iterator[Case]:
    """An action that does alike on several screens; `where` says what it is on there."""
    for screen, on in where.items():
        yield Case(action, screen, on, look, after, first or (lambda session: None))


def keys(*names: str) -> Look:
    """Press these first."""
    return lambda session: session.press(*names)


# What is looked at


def done(session: Session) -> list[tuple[Any, ...]]:
    """The verbs that were done: verb, run or flow, jobs, options."""
    return [
        (a["verb"], a.get("run") or a.get("flow"), a.get("jobs"), a["options"])
        for a in session.hands.done()
    ]


def asked(session: Session) -> Any:
    """The last thing the hands were asked."""
    return session.hands.asked[-1] if session.hands.asked else None


def view(session: Session) -> str:
    return session.monitor.view.name


def log_asked(session: Session) -> Any:
    """The screen, and the log that was asked for."""
    return view(session), asked(session)


def place(session: Session) -> Any:
    """The screen, and what the cursor stands on there."""
    return view(session), cursor(session)


def cursor(session: Session) -> Any:
    """What the cursor stands on: a row, a lane, the number of a line."""
    found: Any = session.monitor.view
    return found.cursor.line + 1 if found.name == "log" else found.cursor


def box(session: Session) -> str:
    found = session.monitor.box
    return found.title if isinstance(found, Box) else ""


def prompt(session: Session) -> str:
    return session.monitor.prompt.label if session.monitor.prompt else ""


def of_view(name: str) -> Look:
    """An attribute of the screen that is shown."""
    return lambda session: getattr(session.monitor.view, name)


def marked(session: Session) -> int:
    found: Any = session.monitor.view
    return len(found.marks)


def row(session: Session) -> int:
    """The place of the cursor's row on a screen that is a list."""
    found: Any = session.monitor.view
    items = found.items(session.monitor.stage)
    return [found.key(item) for item in items].index(found.cursor)


B, RUN = RowKey(0, FAILED, 1), RowKey(0, FAILED, -1)
FETCH, LOAD = RowKey(0, SYNCING, 0), RowKey(0, SYNCING, 1)
DEAD, LANE, NEXT_LANE = LaneKey(*B, 1), LaneKey(*FETCH, 1), LaneKey(0, RUNNING, 0, 1)
LISTS: dict[str, str] = dict.fromkeys(
    ("queue", "dag", "schedule", "history", "limits", "syslog"), ""
)
STANDING = {
    "queue": "morning#7 B", "dag": "morning#7 B", "syslog": "morning#7 B", "schedule": "morning",
    "history": "morning#7", "limits": "sync#8 fetch",
}  # fmt: skip
"""Each list with the cursor on something."""


# The jobs


def verb(action: str, rows: dict[str, str], *order: Any) -> Iterator[Case]:
    """A verb: its order is verb, run, jobs, options."""
    name, run, jobs, *options = order
    yield from each(action, rows, done, [(name, run, jobs, options[0] if options else {})])


def on_jobs(job: str, *more: str) -> dict[str, str]:
    return dict.fromkeys((*("queue", "dag", "equalizer"), *more), job)


def edited(session: Session) -> bool:
    return ("edit", (0, CAUSE["file"], 53)) in session.hands.asked


def seen(session: Session) -> bool:
    return DEAD in session.monitor.screens.equalizer.seen


ON_B, FETCHING = on_jobs("morning#7 B"), {"limits": "sync#8 fetch"}
WAITING = {"queue": "sync#8 load", "dag": "sync#8 load"}
HELD = {"queue": "sync#8 mail", "dag": "sync#8 mail"}
MANUAL = {"queue": "sync#8 approve", "dag": "sync#8 approve"}
WHOLE = {"dag": "sync#8", "history": "sync#8"}
STARTED = on_jobs("sync#8 fetch", "log", "limits")
OF_FAILED = on_jobs("morning#7 B", "log") | {"history": "morning#7"}
FAILED_ONES = ("rerun", "morning#7", None, {"failed": True})
JOBS = (
    *each("job.log", ON_B | {"syslog": "morning#7 B"}, log_asked, ("log", ("open_log", (B, 1)))),
    *each("job.log", FETCHING, log_asked, ("log", ("open_log", (FETCH, 1)))),
    *each("job.log", {"history": "morning#7"}, place, ("dag", RUN)),
    *each("job.explain", on_jobs("morning#7 B", "log", "syslog"), box, "why B"),
    *each("job.explain", FETCHING, box, "why fetch"),
    *each("job.explain", dict.fromkeys(("dag", "history", "syslog"), "morning#7"),
          box, "why morning#7"),
    *each("flow.explain", {"schedule": "morning"}, box, "flow morning"),
    *each("job.edit", ON_B, edited, True),
    *verb("job.rerun", on_jobs("morning#7 B", "log"), "rerun", "morning#7", ["B"]),
    *verb("run.rerun_failed", OF_FAILED, *FAILED_ONES),
    *verb("run.rerun_failed", {"dag": "morning#7"}, *FAILED_ONES),
    *verb("job.skip", WAITING, "skip", "sync#8", ["load"]),
    *each("job.skip", {"equalizer": "sync#8 fetch"}, asked, ("skip_running", "fetch")),
    *verb("job.hold", WAITING, "hold", "sync#8", ["load"]),
    *verb("job.hold", {"equalizer": "sync#8 fetch"}, "hold", "sync#8", ["fetch"]),
    *verb("job.hold", WHOLE, "hold", "sync#8", None),
    *verb("job.hold", HELD, "release", "sync#8", ["mail"]),
    *verb("job.hold", {"schedule": "sync"}, "hold", "sync", None),
    *verb("job.cancel", STARTED, "cancel", "sync#8", ["fetch"]),
    *verb("job.cancel", WHOLE, "cancel", "sync#8", None),
    *verb("job.kill", STARTED, "kill", "sync#8", ["fetch"]),
    *verb("job.kill", WHOLE, "kill", "sync#8", None),
    *verb("job.mark", ON_B, "mark", "morning#7", ["B"], {"outcome": "success"}),
    *verb("job.done", MANUAL, "done", "sync#8", ["approve"]),
    *each("run.start", STANDING | on_jobs("morning#7 B"), box, "start a run of"),
    *each("lane.acknowledge", ON_B, seen, True),
)  # fmt: skip
NO_KEY = tuple(verb("job.release", HELD, "release", "sync#8", ["mail"]))
"""What only the NP column, the command line and the palette have."""

# Rows


def below(session: Session) -> bool:
    return row(session) > 0


MARKING = {"queue": "morning#7 B", "dag": "morning#7", "history": "morning#9"}
IN_LOG, ON_LANE = {"log": "morning#7 B"}, {"equalizer": "sync#8 fetch"}
MOVES = (
    *each("mark.toggle", MARKING, marked, 1),
    *each("mark.range", MARKING, marked, 3, keys("space", "down")),
    *each("mark.clear", MARKING, marked, 0, keys("space")),
    *each("mark.invert", {"queue": "morning#7 B"}, marked, 19, keys("space")),
    *each("mark.invert", {"dag": "morning#7"}, marked, 6, keys("space")),
    *each("mark.invert", {"history": "morning#9"}, marked, 3, keys("space")),
    *each("move.down", LISTS, row, 1, keys("home")),
    *each("move.up", LISTS, row, 0, keys("home", "down")),
    *each("move.bottom", LISTS, below, True, keys("home")),
    *each("move.top", LISTS, row, 0, keys("end")),
    *each("move.page_down", LISTS, below, True, keys("home")),
    *each("move.page_up", LISTS, row, 0, keys("home", "pagedown")),
    *each("move.down", IN_LOG, cursor, 2, keys("home")),
    *each("move.up", IN_LOG, cursor, 199, keys("end")),
    *each("move.page_down", IN_LOG, lambda s: cursor(s) > 10, True, keys("home")),
    *each("move.page_up", IN_LOG, lambda s: cursor(s) < 190, True, keys("end")),
    *each("move.top", IN_LOG, cursor, 1),
    *each("move.bottom", IN_LOG, cursor, 200, keys("home")),
    *each("move.down", {"keys": ""}, of_view("top"), 1, keys("home")),
    *each("move.page_down", {"keys": ""}, lambda s: of_view("top")(s) > 9, True, keys("home")),
    *each("move.left", IN_LOG, of_view("left"), 0, keys("right")),
    *each("move.right", IN_LOG, of_view("left"), 16),
    *each("move.left", {"dag": "morning#7 B"}, cursor, RowKey(0, FAILED, 0)),
    *each("move.right", {"dag": "morning#7 A"}, cursor, B),
    *each("move.right", ON_LANE, cursor, NEXT_LANE, keys("home")),
    *each("move.left", ON_LANE, cursor, LANE, keys("home", "right")),
    *each("move.down", ON_LANE, cursor, NEXT_LANE, keys("home")),
    *each("move.bottom", ON_LANE, cursor, DEAD),
)

# What is shown


def folded(session: Session) -> bool:
    found: Any = session.monitor.view
    return len(found.items(session.monitor.stage)) == 3  # the run, A and B


def faults(session: Session) -> bool:
    screens = session.monitor.screens
    return screens.history.faults if view(session) == "history" else screens.queue.criteria.faults


def compared(session: Session) -> bool:
    return session.monitor.screens.history.comparison is not None


def follow(session: Session) -> bool:
    found = session.monitor.screens.log.cursor
    return found is not None and found.follow


def sought(session: Session) -> None:
    """The lines 50, 100, 150 and 200 are hits, the cursor is on the first."""
    found = session.monitor.screens.log
    session.press("home")
    found.search("needle")
    assert found.cursor is not None
    while found.cursor.log.extend():
        found.extended()
    found.extended()


def log(action: str, look: Look, after: Any, first: Look | None = None) -> Case:
    (case,) = each(f"log.{action}", IN_LOG, look, after, first)
    return case


LANES = {"equalizer": "", "wall": ""}
SHOWN = (
    *each("view.filter", STANDING | IN_LOG | {"keys": ""}, prompt, "FIND"),
    *each("view.faults", {"queue": "", "history": ""}, faults, True),
    *each("view.sort", {"queue": ""}, of_view("sort"), (("job", False),)),
    *each("view.sort", {"history": "", "schedule": ""}, of_view("order"), 1),
    *each("view.wide", {"queue": ""}, of_view("wide"), True),
    *each("dag.gantt", {"dag": "morning#7"}, of_view("gantt"), True),
    *each("dag.boxes", {"dag": "morning#7"}, of_view("boxes"), True),
    *each("dag.fold", {"dag": "morning#7 B"}, folded, True),
    *each("dag.path", {"dag": "morning#7"}, lambda s: cursor(s).job >= 0, True),
    *each("dag.previous", {"dag": "morning#7 B"}, cursor, RowKey(0, 5, 1)),
    *each("dag.next", {"dag": "morning#7 B"}, cursor, RowKey(0, RUNNING, 1)),
    *each("eq.orient", {"equalizer": ""}, of_view("orient"), "horizontal"),
    *each("eq.orient", {"wall": ""}, of_view("orient"), "vertical"),
    *each("eq.metric", LANES, of_view("metric"), "pulse"),
    *each("history.compare", {"history": "morning#7"}, compared, True),
    log("follow", follow, False),
    log("next_hit", cursor, 100, sought),
    log("previous_hit", cursor, 50, lambda s: (sought(s), s.press("n"))),
    log("next_error", cursor, 21, keys("home")),
    log("previous_error", cursor, 181),
    log("next_warning", cursor, 6, keys("home")),
    log("previous_warning", cursor, 186),
    log("next_gap", cursor, 101, keys("home")),
    log("previous_gap", cursor, 101),
    log("level", lambda s: s.monitor.screens.log.query.level, "W"),
    log("time", of_view("times"), "rel"),
    log("wrap", of_view("wrap"), True),
    log("older", asked, ("open_log", (B, 1))),
    log("newer", asked, ("open_log", (B, 3))),
    log("copy", asked, ("copy", "row 200 of the needle")),
    log("pager", lambda s: asked(s) and asked(s)[0], "page"),
    log("wider", cursor, 140),
    log("nearer", cursor, 200, keys("less_than_sign")),
)

# Screens, and the monitor itself


def no_flows(session: Session) -> None:
    session.world.sites[0].flows = {}


def away(session: Session) -> None:
    session.world.sites[0].away = NOW


SCREENS = (
    *(Case(f"go.{name}", "syslog", "", view, name)
      for name in ("queue", "dag", "equalizer", "schedule", "history", "limits", "wall")),
    *each("go.syslog", {"queue": ""}, view, "syslog"),
    *each("go.log", {"queue": "morning#7 B"}, log_asked, ("log", ("open_log", (B, 1)))),
    *each("go.log", {"schedule": "morning"}, view, "log"),
    *each("go.dag", {"queue": "sync#8 load"}, place, ("dag", LOAD)),
    *each("go.dag", {"history": "morning#7"}, place, ("dag", RUN)),
    *each("app.sample", {"queue": ""}, asked, ("lay_sample", None), no_flows),
    *each("app.up", {"queue": ""}, asked, ("start_runtime", None), away),
    *each("app.command", {"queue": ""}, prompt, "COMMAND"),
    *each("app.palette", {"queue": ""}, box, "find an action"),
    *each("app.help", {"queue": ""}, view, "keys"),
    *each("app.back", {"dag": ""}, view, "queue"),
    *each("app.quit", {"queue": ""}, asked, ("leave", None)),
)  # fmt: skip
CASES = (*JOBS, *NO_KEY, *MOVES, *SHOWN, *SCREENS)
