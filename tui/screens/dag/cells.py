"""The columns beside the tree: state, progress, why, the last runs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from jobmon.runtime.forecasting.forecast import JobHistory
from jobmon.runtime.states import State
from jobmon.tui import rows
from jobmon.tui.bars import level
from jobmon.tui.ink import Ink
from jobmon.tui.look import FLAGS, Look, job_look, run_look
from jobmon.tui.picture import Field
from jobmon.tui.screens.dag.course import PAST, Course
from jobmon.tui.screens.dag.tree import RUN, Item
from jobmon.tui.screens.dag.why import why
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cell, cells, clock_span, cut, cut_cell, local, plain

FIELDS = (
    Field("tree", "TREE", 26, grow=3, most=52),
    Field("state", "STATE", 10, keep=1, grow=1, most=16),
    Field("percent", "PRG", 4, keep=2, right=True),
    Field("bar", "BAR", 12, keep=4),
    Field("why", "WHY / TIME", 17, grow=4, most=60),
    Field("past", "LAST 20 RUNS", 20, keep=3),
)
CALM = frozenset({State.SUCCEEDED, State.SKIPPED})
"""What ended well steps back."""
BESIDE = 6
"""Cells that references beside a job's name need; it goes first."""
SHORT = {State.UPSTREAM_FAILED: "up failed", State.WAITING_HUMAN: "your turn"}
"""Words of states for a column that is too narrow for the whole ones."""


def counts(ink: Ink, states: Mapping[str, int]) -> Cell:
    """Signs with numbers: how many jobs are in each state."""
    spans: list[Span] = []
    for state in State:
        if number := states.get(state.value):
            look = job_look(state)
            spans += [(" ", "")] if spans else []
            spans.append((f"{ink.sign(look)}{number}", look.tint))
    return tuple(spans)


def ending(course: Course) -> Sequence[str]:
    """When the run ends as earlier runs tell, or how long it took: in ever fewer words."""
    run = course.run
    if course.over:
        return [f"took {clock_span(run.ended - run.started)}"] if run.started and run.ended else []
    if run.held:
        return [f"held by {run.held_by}" if run.held_by else "held", "held"]
    if run.state == "blocked":
        return [_blocked(course)]
    end = course.timeline.end
    if end is None or end.end <= course.now + 0.5:
        return []
    if not end.sure or course.counts.get("queued"):
        return [f"ends {local(end.end)} at the earliest", f"ends {local(end.end)}+"]
    about = f"ends ~{local(end.end)}"
    return [about if end.late is None else f"{about}, {local(end.late)} at p90", about]


def _blocked(course: Course) -> str:
    """What keeps a run that is not over from going on."""
    found = {job_look(s).word: course.counts.get(s, 0) for s in _BLOCKING}
    found["held"] = sum(job.held for job in course.jobs)
    return "blocked: " + ", ".join(f"{n} {word}" for word, n in found.items() if n)


_BLOCKING = (State.WAITING_HUMAN, State.LOST, State.FAILED)


def _tree(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    ink = stage.ink
    if item.job == RUN:
        look = run_look(course.run.state)
        return ((ink.sign(look), look.style), (f" {ink.safe(course.run.key)}", "title"))
    room = width - cells(item.guides) - 2
    tail = f" [+{len(item.hidden)}]" if item.hidden else ""
    name = squeeze(ink.safe(course.name(item.job)), room - cells(tail), ink.lines.cut)
    if item.reference:
        return ((item.guides, "dim"), (f"^{name}", "dim"))
    job = course.jobs[item.job]
    look = job_look(job.state)
    style = "bold" if course.row(item.job).active else "dim" if job.state in CALM else ""
    if item.job in course.critical and job.ended is None:
        style = f"{style} accent".strip()
    spans: list[Span] = [(item.guides, "dim"), (ink.sign(look), look.style), (f" {name}", style)]
    spans.append((tail, "accent"))
    room -= cells(name) + cells(tail)
    if item.references and room >= BESIDE:
        names = "".join(f" ^{ink.safe(course.name(i))}" for i in item.references)
        spans.append((cut(names, room, ink.lines.cut), "dim"))
    return tuple(spans)


def squeeze(name: str, width: int, mark: str) -> str:
    """A name in `width` cells, both of its ends kept: long names often differ in the last signs."""
    if cells(name) <= width or width < 12:
        return name
    end = name[-8:]
    while cells(end) > 8:
        end = end[1:]
    return cut(name, width - cells(end), mark) + end


def _state(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    if item.reference:
        return ()
    if item.job == RUN:
        look, flags = run_look(course.run.state), _flags(course.run)
        return _worded(stage.ink, (look.word, look.style), flags, width)
    row = course.row(item.job)
    look = job_look(row.job.state)
    word = look.word if cells(look.word) <= width else SHORT.get(row.job.state, look.word)
    said = ("LATE", "late") if row.late else (word, look.style)
    flags = [flag for flag in _flags(row.job) if not (row.late and flag is FLAGS["late"])]
    return _worded(stage.ink, said, flags, width)


def _flags(record: object) -> list[Look]:
    return [flag for name, flag in FLAGS.items() if getattr(record, name, False)]


def _worded(ink: Ink, word: Span, flags: Sequence[Look], width: int) -> Cell:
    """The word with its flags, which are words where there is room and signs else."""
    whole = (word, *((f" {flag.word}", flag.style) for flag in flags))
    if cells(plain(whole)) <= width:
        return whole
    return (word, *((f" {ink.sign(flag)}", flag.style) for flag in flags))


def _percent(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    if item.reference:
        return ()
    if item.job == RUN:
        return cell(f"{100 * course.done // max(1, len(course.jobs))}%")
    return rows.percent(stage, course.row(item.job), width)


def _bar(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    if item.reference:
        return ()
    if item.job == RUN:
        tint = run_look(course.run.state).tint.replace("bold ", "")
        return level(stage.ink, course.done / max(1, len(course.jobs)), width, tint)
    row = course.row(item.job)
    found = rows.progress(stage, row, width)
    part, guessed = rows.share(row)
    if part is None or guessed or not row.active or row.elapsed is None:
        return found
    return _marked(stage.ink, found, row.history.mark(row.elapsed), width)


def _marked(ink: Ink, found: Cell, part: float | None, width: int) -> Cell:
    """A bar with a mark where a median run would be now."""
    if part is None:
        return found
    at = min(width - 1, int(part * width))
    before = cut_cell(found, at, "")
    after: Cell = ()
    seen = 0
    for text, style in found:
        start, seen = seen, seen + len(text)
        rest = text[max(0, at + 1 - start) :]
        after = (*after, (rest, style)) if rest else after
    return (*before, ("│" if ink.unicode else "|", "accent"), *after)


def _why(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    ink = stage.ink
    if item.reference:
        return cell("see below" if item.below else "see above", "dim")
    if item.job == RUN:
        done = f"{course.done}/{len(course.jobs)}"
        words = [f"  {ink.safe(text)}" for text in ending(course)]
        fitting = next((text for text in words if cells(done + text) <= width), "".join(words[-1:]))
        return ((done, ""), (fitting, "dim"))
    if item.hidden:
        found = Counter(course.jobs[i].state.value for i in item.hidden)
        return counts(ink, found)
    return why(ink, course, item.job)


def _past(stage: Stage, course: Course, item: Item, width: int) -> Cell:
    """The last runs, the newest on the right, so that each column is one run."""
    found = () if item.reference else past(stage.ink, course, item.job)
    return ((" " * (width - cells(plain(found))), ""), *found)


def past(ink: Ink, course: Course, index: int) -> Cell:
    """How the job, or the run, ended in the last runs, oldest first."""
    if index == RUN:
        return _signs(ink.unicode, [run_look(run.state) for run in course.history.runs[-PAST:]])
    return _of_job(ink.unicode, course.history.of(course.name(index)), course.past_runs)


@lru_cache(maxsize=4096)
def _of_job(unicode: bool, history: JobHistory, runs: tuple[str, ...]) -> Cell:
    """One sign for each of the last runs; a gap where the job was not part of one."""
    if not runs:
        return _signs(unicode, [job_look(each.state) for each in history.past[-PAST:]])
    states = {each.run: each.state for each in history.past}
    return _signs(unicode, [job_look(states[r]) if r in states else None for r in runs])


def _signs(unicode: bool, looks: Sequence[Look | None]) -> Cell:
    spans: list[Span] = []
    for style, group in groupby(looks, lambda look: "" if look is None else look.tint):
        signs = [" " if k is None else k.unicode if unicode else k.ascii for k in group]
        spans.append(("".join(signs), style))
    return tuple(spans)


CELLS: Mapping[str, Callable[[Stage, Course, Item, int], Cell]] = {
    "tree": _tree,
    "state": _state,
    "percent": _percent,
    "bar": _bar,
    "why": _why,
    "past": _past,
}
"""The cell of each column for a row of the tree and a width."""
