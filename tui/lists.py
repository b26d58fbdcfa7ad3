"""The list pages: runs (`ls`), flows, what a verb touched. Documents in, lines out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import FLAGS, JOB_LOOKS, RUN_LOOKS, Look, job_look, run_look
from jobmon.tui.text import (
    Cell,
    Column,
    bar,
    cell,
    count,
    duration,
    elapsed,
    moment,
    state_cell,
    table,
)
from jobmon.tui.words import waits

Document = Mapping[str, Any]
BAR = 6
FOLDED = 4
"""So many children of a map to which the same happens, or more, are one line."""
BAD_STATES = ("failed", "lost", "upstream_failed", "cancelled", "expired")
RUN_COLUMNS = (
    Column("RUN", flexible=True, least=18),
    Column("STATE"),
    Column("DONE", keep=1),
    Column("STARTED", keep=4, right=True),
    Column("ELAPSED", keep=2, right=True),
    Column("ENDS", keep=3, right=True),
    Column("NOTE", flexible=True, least=14, keep=3),
)


def runs(ink: Ink, rows: Sequence[Document], now: float) -> list[str]:
    """The table of runs."""
    return table(ink, RUN_COLUMNS, [_run(ink, row, now) for row in rows])


def _run(ink: Ink, row: Document, now: float) -> list[Cell]:
    look = run_look(row["state"])
    started = row.get("started")
    taken = elapsed(started, row.get("ended"), now)
    return [
        ((f"{ink.sign(look)} ", look.style), (ink.safe(row["run"]), "")),
        _run_state(row),
        _done(ink, row),
        cell(moment(started or row.get("created"), now, full=not ink.terminal)),
        cell(duration(taken)),
        cell(moment(row.get("eta"), now, full=not ink.terminal), "dim"),
        cell(run_note(ink, row)),
    ]


def _run_state(row: Document) -> Cell:
    look = run_look(row["state"])
    flags = [FLAGS[name] for name in ("held", "late", "warn") if row.get(name)]
    return ((look.word, look.style), *((f" {flag.word}", flag.style) for flag in flags))


def _done(ink: Ink, row: Document) -> Cell:
    total = row.get("total", 0)
    done = finished(row.get("counts", {}))
    figures = f"{done}/{total}"
    if not ink.terminal:
        return cell(figures)
    return ((bar(ink, done, total, BAR), run_look(row["state"]).tint), (f" {figures}", ""))


def finished(counts: Mapping[str, int]) -> int:
    """How many jobs are done well: succeeded or skipped."""
    return counts.get("succeeded", 0) + counts.get("skipped", 0)


def run_note(ink: Ink, row: Document) -> str:
    """What a person should know of a run: its bad jobs, its manual steps, why it was started."""
    if row["state"] == "expired" and row.get("reason"):
        return ink.safe(row["reason"])
    counts = row.get("counts", {})
    words = [f"{counts[s]} {job_look(s).word}" for s in BAD_STATES if counts.get(s)]
    waiting = counts.get("waiting_human")
    words += ["waits for you"] if waiting else []
    if row.get("ended") is None and (waited := waits(row.get("waits") or ())):
        words.append(ink.safe(waited))
    words += [ink.safe(row["reason"])] if row.get("reason") else []
    words += [ink.safe(row["why"])] if row.get("why") else []
    return ", ".join(words)


def runs_footer(rows: Sequence[Document]) -> str:
    """`4 runs: 1 running, 1 failed`."""
    states: dict[str, int] = {}
    for row in rows:
        states[row["state"]] = states.get(row["state"], 0) + 1
    parts = ", ".join(f"{number} {run_look(state).word}" for state, number in states.items())
    return f"{count(len(rows), 'run')}: {parts}"


FLOW_COLUMNS = (
    Column("FLOW", flexible=True, least=12),
    Column("HOLD", flexible=True, keep=1),
    Column("JOBS", right=True, keep=1),
    Column("SCHEDULE", flexible=True, keep=2),
    Column("PARAMS", flexible=True, keep=3),
    Column("FILE", flexible=True, keep=4),
    Column("DESCRIPTION", flexible=True, keep=5, least=12),
)


def flows(ink: Ink, rows: Sequence[Document], now: float) -> list[str]:
    """The table of flows."""
    return table(ink, FLOW_COLUMNS, [_flow(ink, row, now) for row in rows])


def _hold(row: Document, now: float) -> str:
    """Until when and by whom a flow is held."""
    until = f"until {moment(row['until'], now)}" if row.get("until") else ""
    by = f"by {row['by']}" if row.get("by") else ""
    return " ".join(part for part in (until, by) if part)


def _flow(ink: Ink, row: Document, now: float) -> list[Cell]:
    held: Cell = ((f" {FLAGS['held'].word}", FLAGS["held"].style),) if row.get("held") else ()
    jobs = row.get("jobs", "")
    params = " ".join(_param(item) for item in row.get("params") or ())
    return [
        ((ink.safe(row["flow"]), "bold"), *held),
        cell(ink.safe(_hold(row, now))),
        cell(str(len(jobs) if isinstance(jobs, list) else jobs)),
        cell(ink.safe(starts(row))),
        cell(ink.safe(params)),
        cell(ink.safe(row.get("file") or "")),
        cell(ink.safe(row.get("description") or ""), "dim"),
    ]


def _param(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    default = item.get("default")
    return item["name"] if default is None else f"{item['name']}={default}"


def starts(row: Document) -> str:
    """What starts the flow by itself: its schedule, files, other flows."""
    schedule = row.get("schedule") or ""
    if isinstance(schedule, Mapping):
        schedule = " ".join(str(part) for part in schedule.values() if part)
    return ", ".join(filter(None, [schedule, *(row.get("triggers") or ())]))


TOUCH_COLUMNS = (
    Column("JOB", flexible=True, least=12),
    Column("RUN", flexible=True, least=10, keep=3),
    Column("NOW"),
    Column("BECOMES"),
    Column("NOTE", flexible=True, least=10, keep=2),
)


def touched(ink: Ink, answer: Document) -> list[str]:
    """What a verb touched or would touch, then its notes.

    Children of one map to which the same happens are one line.
    """
    rows = [_touch(ink, row) for row in _folded(ink, answer["touched"])]
    lines = table(ink, TOUCH_COLUMNS, rows) if rows else []
    return lines + [ink.paint(f"note: {ink.safe(n)}", "yellow") for n in answer.get("notes", ())]


def _folded(ink: Ink, rows: Sequence[Document]) -> list[Document]:
    alike: dict[tuple[Any, ...], list[Document]] = {}
    for number, row in enumerate(rows):
        name = row.get("job") or ""
        of = name.partition("[")[0] if name.endswith("]") else number
        what = (row.get(key) for key in ("run", "state", "becomes", "note"))
        alike.setdefault((of, *what), []).append(row)
    return [line for group in alike.values() for line in _one_line(ink, group)]


def _one_line(ink: Ink, group: Sequence[Document]) -> Sequence[Document]:
    if len(group) < FOLDED:
        return group
    of = group[0]["job"].partition("[")[0]
    return [{**group[0], "job": f"{of}[{ink.lines.cut}] {len(group)} children"}]


def _touch(ink: Ink, row: Document) -> list[Cell]:
    known = JOB_LOOKS if row.get("job") else RUN_LOOKS
    whole = "(the run)" if row.get("run") else "(the flow)"
    return [
        cell(ink.safe(row.get("job") or whole), "bold"),
        cell(ink.safe(row.get("run") or "")),
        _state(ink, known, row.get("state") or ""),
        _state(ink, known, row.get("becomes") or ""),
        cell(ink.safe(row.get("note") or "")),
    ]


def _state(ink: Ink, known: Mapping[str, Look], word: str) -> Cell:
    """A state with its sign; any other word (held, stale, free) as it is."""
    return state_cell(ink, known[word]) if word in known else cell(ink.safe(word))
