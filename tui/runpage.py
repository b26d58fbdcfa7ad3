"""The run page (`show`): a run as a tree of its jobs, and one job with its attempts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.words import command
from jobmon.tui import tree
from jobmon.tui.ink import Ink
from jobmon.tui.lists import finished, run_note
from jobmon.tui.look import FLAGS, job_look, outcome_look, run_look
from jobmon.tui.text import (
    Cell,
    Column,
    bar,
    cell,
    count,
    duration,
    elapsed,
    moment,
    size,
    state_cell,
    table,
    wrap,
)
from jobmon.tui.words import ended, signal_name, why

Document = Mapping[str, Any]
RUN_FLAGS = ("held", "late", "warn")
JOB_COLUMNS = (
    Column("JOB", flexible=True, least=16),
    Column("STATE"),
    Column("ELAPSED", keep=1, right=True),
    Column("LEFT", keep=2, right=True),
    Column("ATT", keep=2, right=True),
    Column("WHY", flexible=True, least=12, keep=3),
)


def page(ink: Ink, run: Document, now: float) -> list[str]:
    """The whole page: title, facts, tree."""
    return [*title(ink, run, now), "", *job_tree(ink, run["jobs"], now)]


def title(ink: Ink, run: Document, now: float) -> list[str]:
    """Key, state, how much is done, and the facts of the run, two to four lines."""
    look = run_look(run["state"])
    done, total = finished(run.get("counts", {})), run.get("total", len(run.get("jobs", ())))
    taken = duration(elapsed(run.get("started"), run.get("ended"), now))
    flags = [ink.paint(FLAGS[f].word, FLAGS[f].style) for f in RUN_FLAGS if run.get(f)]
    parts = [
        ink.paint(f"{ink.sign(look)} {look.word}", look.style),
        *flags,
        f"{ink.paint(bar(ink, done, total, 12), look.tint)} {done}/{total}",
        taken,
    ]
    head = ink.paint(ink.safe(run["run"]), "bold") + "  " + "  ".join(p for p in parts if p)
    note = run_note(ink, {**run, "why": ""})
    return [head, *([ink.paint(note, "yellow")] if note else []), *_facts(ink, run, now)]


def _facts(ink: Ink, run: Document, now: float) -> list[str]:
    params = " ".join(f"{name}={_value(v)}" for name, v in (run.get("params") or {}).items())
    started = moment(run.get("started") or run.get("created"), now, full=not ink.terminal)
    who = f"by {run['who']}" if run.get("who") else ""
    facts = [
        f"time {run['time']}" if run.get("time") else "",
        params,
        _ends(ink, run, now),
        " ".join(part for part in ("started", started, who) if part),
        f'"{run["why"]}"' if run.get("why") else "",
    ]
    dot = f" {ink.lines.dot} "
    line = dot.join(ink.safe(fact) for fact in facts if fact)
    return [ink.paint(part, "dim") for part in wrap(line, ink.width or 10_000, dot)]


def _ends(ink: Ink, run: Document, now: float) -> str:
    """`ends about 06:05:10, at p90 06:12:00, deadline 06:10:00`: what is known of it."""
    words = {"ends about": "eta", "at p90": "eta_late", "deadline": "deadline"}
    times = {word: moment(run.get(key), now, full=not ink.terminal) for word, key in words.items()}
    return ", ".join(f"{word} {at}" for word, at in times.items() if at)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def job_tree(ink: Ink, jobs: Sequence[Document], now: float) -> list[str]:
    """The jobs as a tree with their states."""
    nodes = [tree.Node(job["job"], needs(job, jobs), _seconds(job, now)) for job in jobs]
    rows = [
        _job_row(ink, branch, jobs, now) for branch in tree.branches(tree.graph(nodes), ink.lines)
    ]
    return table(ink, JOB_COLUMNS, rows)


def needs(job: Document, jobs: Sequence[Document]) -> Sequence[str]:
    """The names a job comes after; a `finally_` job comes after all that are none.

    A map comes after what it was declared after, and its children after it.
    """
    if job.get("of"):
        return [job["of"]]
    declared = declared_after(job, jobs) if job.get("map") else None
    if declared is not None:
        return declared
    if job.get("finally"):
        return [other["job"] for other in jobs if not other.get("finally")]
    return job.get("after") or ()


def declared_after(job: Document, jobs: Sequence[Document]) -> Sequence[str] | None:
    """What a map was declared to come after; None while its list is not known."""
    named = set(job["after"])
    mine = (row for row in jobs if row.get("of") == job["job"] and row["job"] in named)
    return next((row["after"] for row in mine), None)


def _seconds(job: Document, now: float) -> float:
    return elapsed(job.get("started"), job.get("ended"), now) or 0.001


def _job_row(
    ink: Ink, branch: tree.Branch, jobs: Sequence[Document], now: float
) -> list[Cell | str]:
    if branch.references:
        names = " ".join(f"^{ink.safe(jobs[i]['job'])}" for i in branch.references)
        return [((branch.guides, "dim"), (names, "dim")), "", "", "", "", ""]
    job = jobs[branch.node]
    look = job_look(job["state"])
    name: Cell = (
        (branch.guides, "dim"),
        (ink.sign(look), look.style),
        (f" {ink.safe(job['job'])}", "bold" if job["state"] == "running" else ""),
    )
    times = (_elapsed(job, now), _left(job))
    return [name, job_state(job), *times, cell(attempts(job)), _why_cell(ink, job, now)]


def only(run: Document, name: str) -> dict[str, Any]:
    """The document of a run with one of its jobs and that job's attempts.

    Raises NotFoundError naming the jobs there are.
    """
    jobs = [job for job in run["jobs"] if job["job"] == name]
    if not jobs:
        import difflib

        names = [job["job"] for job in run["jobs"]]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else command("show", run["run"])
        known = ", ".join(names[:20])
        raise NotFoundError(f"find the job {name} in {run['run']}", f"its jobs: {known}", hint)
    attempts = [a for a in run.get("attempts") or () if a["job"] == name]
    return {**run, "jobs": jobs, "attempts": attempts}


def job_state(job: Document) -> Cell:
    """The state's word and the flags that stand."""
    look = job_look(job["state"])
    flags = [flag for name, flag in FLAGS.items() if job.get(name)]
    words = [(f" {flag.word}", flag.style) for flag in flags]
    return ((look.word, look.style), *words)


def _elapsed(job: Document, now: float) -> Cell:
    return cell(duration(elapsed(job.get("started"), job.get("ended"), now)))


def _left(job: Document) -> Cell:
    """The time to go; how far it is over what it usually takes, with a minus."""
    left = job.get("left")
    if left is None:
        return ()
    sign, style = ("-", "yellow") if left < 0 else ("", "dim")
    return cell(f"{sign}{duration(abs(left))}", style)


def attempts(job: Document) -> str:
    """`2/4` where retries are declared, else the number of attempts beyond the first."""
    attempt, tries = job.get("attempt") or 0, job.get("tries") or 0
    return str(attempt) if attempt > 1 or tries > 1 else ""


def _why_cell(ink: Ink, job: Document, now: float) -> Cell:
    return cell(ink.safe(why(job, now)), "" if job["state"] == "failed" else "dim")


ATTEMPT_COLUMNS = (
    Column("ATT", right=True),
    Column("OUTCOME"),
    Column("STARTED", right=True, keep=2),
    Column("TOOK", right=True, keep=1),
    Column("CODE", right=True),
    Column("LINES", right=True, keep=3),
    Column("MAXRSS", right=True, keep=4),
    Column("REASON", flexible=True, least=10, keep=2),
)


def job_page(ink: Ink, run: Document, job: Document, now: float) -> list[str]:
    """One job of a run: its state, what it hangs on, its attempts, its output."""
    look = job_look(job["state"])
    name = f"{ink.paint(ink.safe(job['job']), 'bold')}  {ink.paint(ink.safe(run['run']), 'dim')}"
    state = ink.paint(f"{ink.sign(look)} {look.word}", look.style)
    lines = [f"{name}  {state}", *_job_facts(ink, job, now)]
    mine = run.get("attempts") or ()
    if mine:
        rows = [_attempt(ink, attempt, now) for attempt in mine]
        lines += ["", *table(ink, ATTEMPT_COLUMNS, rows)]
        lines += [ink.paint(f"log of attempt {mine[-1]['n']}: {ink.safe(_log(mine[-1]))}", "dim")]
    return lines


def _log(attempt: Document) -> str:
    """The path of its file, from the state folder on: the batch folder is known."""
    path = str(attempt.get("log") or "none")
    return path[max(0, path.find(".jobmon")) :]


def _job_facts(ink: Ink, job: Document, now: float) -> list[str]:
    output = job.get("output")
    facts = {
        "why": why(job, now),
        "to do": job.get("text") if job["state"] != "waiting_human" else "",
        "after": ", ".join(job.get("after") or ()),
        "kind": " ".join(str(job[k]) for k in ("kind", "group") if job.get(k)),
        "trigger": job.get("trigger") if job.get("trigger") != "all_success" else "",
        "effects": job.get("effects"),
        "limits": " ".join(f"{k} {job[k]}" for k in ("pool", "rate", "lock") if job.get(k)),
        "flags": ", ".join(flag.word for name, flag in FLAGS.items() if job.get(name)),
        "output": "" if output is None else json.dumps(output, ensure_ascii=False),
    }
    return [
        f"  {ink.paint(f'{word:<8}', 'dim')}{ink.safe(fact)}"
        for word, fact in facts.items()
        if fact
    ]


def _attempt(ink: Ink, attempt: Document, now: float) -> list[Cell | str]:
    rusage = attempt.get("rusage") or {}
    code, signal = attempt.get("code"), attempt.get("signal")
    started = attempt.get("started")
    return [
        str(attempt["n"]),
        state_cell(ink, outcome_look(attempt.get("outcome") or "")),
        moment(started or attempt.get("created"), now, full=not ink.terminal),
        duration(elapsed(started, attempt.get("ended"), now)),
        signal_name(signal) if signal else "" if code is None else str(code),
        str(attempt.get("lines") or ""),
        size(rusage.get("maxrss")),
        ink.safe(attempt.get("error") or ended(attempt)),
    ]


def summary(ink: Ink, run: Document, now: float) -> str:
    """One line that says how a run ended."""
    look = run_look(run["state"])
    taken = duration(elapsed(run.get("started"), run.get("ended"), now))
    total = count(run.get("total", 0), "job")
    state = ink.paint(f"{ink.sign(look)} {look.word}", look.style)
    warn = " with warnings" if run.get("warn") else ""
    note = run_note(ink, {**run, "why": ""})
    tail = f" {ink.lines.dot} {note}" if note else ""
    within = f" in {taken}" if taken else ""
    return f"{ink.safe(run['run'])} {state}{warn}: {total}{within}{tail}"
