"""Monitors in which all that jobs, files and people say is hostile: each screen, each box."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.model import Event
from jobmon.runtime.states import State
from jobmon.tui.ink import Ink
from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.screens.log.facts import About
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui import cli_fakes
from tests.tui.fakehands import Session, refused
from tests.tui.hostile import EVERYTHING, TEXTS
from tests.tui.logfakes import HEAD, ending, read_all, written
from tests.tui.racks import NOW, Ground, Read, wave
from tests.tui.worlds import UNICODE, Folder

Way = Callable[[Session], Any]
LOUD = EVERYTHING[:2000]
NAMES = [text for key, text in TEXTS.items() if key != "surrogates"]
"""What a definition can hold; the others come in documents alone."""
ABOUT = " ".join(NAMES)[:2000]
SHORT = TEXTS["colour"] + TEXTS["joined"] + TEXTS["bidi"] + TEXTS["wide"]
FLOW = 900
"""The run whose jobs are called by all of the texts."""


def ordeal(ink: Ink = UNICODE, **more: Any) -> Session:
    """One site with a run for each state and text, one with a flow of all of them."""
    session = Session(_states(), _flow(), ink=ink, **more)
    verbs = ("rerun", "skip", "hold", "release", "cancel", "kill", "mark", "done")
    session.hands.answers |= dict.fromkeys(verbs, preview)
    session.hands.answers["explain"] = explained()
    session.hands.answers["run"] = RefusedError(f"start {LOUD}", LOUD, LOUD)
    return session


class _Site:
    """A ground's site, as a session takes it."""

    def __init__(self, ground: Ground) -> None:
        self.site = ground.world.sites[0]


def _states() -> Any:
    """Every state and flag, on jobs, flows, persons and reasons with hostile names."""
    ground = Ground()
    took = tuple(float(n) for n in range(40, 70, 2))
    for at, text in enumerate(NAMES):
        state = list(State)[at % len(State)]
        read = Read(0.4, 3.0, 0.5, wave(0.2, 0.8), 0.9, 9.0, 40.0, 0.5, last=text, moving=True)
        ground.add(
            text, state.value, None if state in _UNSTARTED else 60.0 + at, read=read, took=took,
            flow=text[:40], reason=text, held_by=text, code=at, held=at % 5 == 0, warn=at % 7 == 0,
            stale=at % 6 == 0, old_code=at % 8 == 0, unsupervised=at % 9 == 0, due=NOW + 60,
            ended=NOW - 10 if state in _OVER else None,
        )  # fmt: skip
    site = ground.world.sites[0]
    site.label, site.hello = SHORT, {"home": LOUD, "host": LOUD, "version": LOUD}
    site.status = {
        "slots": {"total": 60}, "pools": {LOUD: {"total": 3}, SHORT: {"total": 1}},
        "locks": {LOUD: {}}, "initiators": [{"pid": LOUD, "attempt": LOUD}],
    }  # fmt: skip
    site.flows = flows()
    return _Site(ground)


_UNSTARTED = {State.WAITING, State.QUEUED, State.UPSTREAM_FAILED, State.EXPIRED}
_OVER = {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST}


def _flow() -> Folder:
    """A flow whose jobs are called so, held and commented on so, with a past."""
    names = [text for text in NAMES if text.strip()]
    jobs = [job("gate"), *(job(name, "gate", pool=name, text=name, source=name) for name in names)]
    jobs += [job("join", *names[:9]), job("last", "join", kind="manual", text=ABOUT)]
    folder = Folder(1, TEXTS["longwide"], slots=20)
    params = dict(list(TEXTS.items())[:5]) | {SHORT: LOUD}
    flow = FlowDef(name=SHORT, jobs=tuple(jobs), description=ABOUT, file=ABOUT)
    folder.run(flow, FLOW, params=params, why=LOUD, who=SHORT, tags=(SHORT,))
    folder.start(FLOW, "gate")
    folder.end(FLOW, "gate")
    folder.start(FLOW, *names[:12])
    for at, name in enumerate(names[:6]):
        folder.end(FLOW, name, at % 3)
    for name in names[14:20]:
        _, index = folder.key(FLOW, name)
        data = {"reason": LOUD, "why": LOUD}
        folder.fold(Event(kind="job.hold", at=folder.now, run=FLOW, job=index, who=LOUD, why=LOUD,
                          data=data))  # fmt: skip
    past = [Past(f"r{n}", "failed" if n % 4 else "succeeded", 0.0, 30.0 + n) for n in range(20)]
    folder.site.histories[SHORT] = FlowHistory({name: JobHistory(past) for name in names})
    folder.site.flows = flows()
    return folder


# What runtimes answer


def flows() -> dict[str, Any]:
    def row(flow: str) -> dict[str, Any]:
        params = [
            {"name": name, "type": text, "default": text, "choices": [text, LOUD]}
            for name, text in (*list(TEXTS.items())[:6], (LOUD, LOUD), (SHORT, SHORT))
        ]
        return {
            "flow": flow, "file": flow, "jobs": 3, "params": params, "tags": [flow], "tz": flow,
            "description": flow, "schedule": flow, "held": True, "until": None, "by": flow,
        }  # fmt: skip

    return {"flows": [row(text) for text in (*TEXTS.values(), LOUD)], "mistakes": [LOUD, SHORT]}


def preview(args: Mapping[str, Any]) -> dict[str, Any]:
    touched = [
        {"run": text, "job": text, "state": text, "becomes": text, "note": text}
        for text in (*TEXTS.values(), LOUD)
    ]
    return {"touched": touched, "notes": [LOUD, *TEXTS.values()]}


def explained() -> dict[str, Any]:
    cause = {"line": LOUD, "file": LOUD, "lineno": 3, "hint": LOUD}
    return {
        "run": SHORT, "job": LOUD, "state": "failed", "reasons": [LOUD, *TEXTS.values()],
        "next": list(TEXTS.values()),
        "card": {
            "ended_how": LOUD, "attempt": 1, "cause": cause, "last": list(TEXTS.values()),
            "changed": {SHORT: [LOUD]}, "since": LOUD, "next": [LOUD],
        },
    }  # fmt: skip


def runs() -> list[dict[str, Any]]:
    made = []
    for at, text in enumerate(TEXTS.values()):
        jobs = [cli_fakes.job(text, "failed", reason=text, code=at), cli_fakes.job(SHORT, text)]
        more = {"run": f"{text}#{at}", "id": at + 1, "ended": NOW - 5 * at, "params": {text: text}}
        more |= dict.fromkeys(("flow", "who", "why", "definition", "note"), text)
        made.append(cli_fakes.show(jobs, text if at % 2 else "failed", **more))
    return made


def answer_wants(session: Session) -> None:
    """Give the screen whatever documents it asks for."""
    kinds = {"runtime.trouble": -1, "flow.hold": -1, SHORT: 3, "job.fail": 3}
    events = [
        {"seq": n, "kind": kind, "at": NOW, "who": LOUD, "why": LOUD, "run": 0 if job < 0 else FLOW,
         "job": job, "attempt": 0, "data": {"reason": LOUD, "flow": LOUD, SHORT: LOUD}}
        for n, (kind, job) in enumerate(kinds.items(), 1)
    ]  # fmt: skip
    answers = {"explain": explained(), "flows": flows(), "ls": cli_fakes.ls(*runs()),
               "show": runs()[0], "events": {"events": events},
               "schedule": {"schedules": [], "mistakes": [LOUD]}}  # fmt: skip
    for want in session.monitor.view.wants(session.monitor.stage):
        session.world.sites[want.site].documents[want] = answers[want.name]


# Ways to each screen and each box


def keys(*names: str) -> Way:
    return lambda session: session.press(*names)


def on_queue(state: State, *then: str) -> Way:
    """A job in that state under the cursor, then these keys."""

    def go(session: Session) -> None:
        board = session.world.sites[0].board
        found = next(job for job in board.jobs.values() if job.state is state)
        session.monitor.screens.queue.cursor = RowKey(0, *found.key)
        session.press(*then)

    return go


def in_flow(*then: str) -> Way:
    """The tree of the flow, then these keys."""

    def go(session: Session) -> None:
        session.monitor.screens.dag.show(RowKey(1, FLOW, 3))
        session.press("2", *then)

    return go


def write_log(path: Path) -> LogFile:
    """A log in which all of it was printed, on both streams, and some of it damaged."""
    texts = [*TEXTS.values(), LOUD * 3]
    rows = [{"t": NOW - 60, "s": s, "m": text} for text in texts for s in ("out", "err")]
    lines = [json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows]
    damaged = b"\xff\x9b\x1b[31m\n" + b'{"t":1.0,"s":"out","m":"half \\ud800"}\n'
    return written(path, HEAD, *lines, damaged, ending(1, error=SHORT))


def in_log(path: Path, *then: str) -> Way:
    def go(session: Session) -> None:
        view = session.monitor.screens.log
        log = write_log(path)
        view.open(log, About(RowKey(1, FLOW, 3), SHORT, LOUD, 2, 3))
        session.monitor.show("log")
        read_all(log, view)
        session.press("home", *then)

    return go


def typed(key: str, *texts: str) -> Way:
    """Into what asks for text: the command line, the search, a list, a form."""

    def go(session: Session) -> None:
        session.press(key)
        for text in texts:
            session.type(text)

    return go


def compared(session: Session) -> None:
    session.press("6")
    answer_wants(session)
    session.press("space", "space", "C")
    answer_wants(session)


def away(session: Session) -> None:
    for site in session.world.sites:
        site.away, site.trouble = NOW - 60, LOUD


def past(session: Session) -> None:
    session.world.live, session.world.speed = False, 60.0


def refused_verb(session: Session) -> None:
    session.hands.answers["cancel"] = refused(LOUD, LOUD, LOUD)
    on_queue(State.RUNNING, "c")(session)


def form(session: Session) -> None:
    session.press("n", "enter", "down", "down")
    session.type(LOUD)


def ways(log: Path) -> dict[str, Way]:
    """Every screen and every box over one, by name."""
    return {
        "queue": keys("1"),
        "queue wide": keys("1", "greater_than_sign", "space", "down", "space"),
        "queue found": typed("slash", LOUD),
        "explain": on_queue(State.FAILED, "w"),
        "explain scrolled": on_queue(State.FAILED, "w", "pagedown", "down"),
        "confirm": on_queue(State.RUNNING, "c"),
        "confirm scrolled": on_queue(State.FAILED, "r", "pagedown", "o"),
        "refused": refused_verb,
        "mark": on_queue(State.FAILED, "M", "down"),
        "flows": keys("n", "down"),
        "form": form,
        "palette": keys("ctrl+p", "down"),
        "palette narrowed": typed("ctrl+p", LOUD),
        "command": typed("colon", f"rerun {LOUD}"),
        "np": keys("colon", "tab", "r", "down", "s"),
        "dag": in_flow(),
        "dag gantt": in_flow("t", "down"),
        "dag boxes": in_flow("b", "right"),
        "dag folded": in_flow("z"),
        "equalizer": keys("3"),
        "equalizer turned": keys("3", "o", "m"),
        "log": in_log(log),
        "log wrapped": in_log(log, "x", "pagedown", "t"),
        "log moved": in_log(log, "right", "right", "end"),
        "schedule": keys("5", "end"),
        "schedule explained": keys("5", "w"),
        "history": keys("6", "down"),
        "compare": compared,
        "limits": keys("7", "down"),
        "syslog": keys("8"),
        "wall": keys("W"),
        "wall turned": keys("W", "o", "m"),
        "keys": keys("question_mark"),
        "away": away,
        "past": past,
    }


def gone(name: str, log: Path, ink: Ink = UNICODE) -> Session:
    """An ordeal that went one of these ways."""
    session = ordeal(ink)
    ways(log)[name](session)
    answer_wants(session)
    session.text()
    return session
