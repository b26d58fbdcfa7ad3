"""What stands under a run's tree: its critical path, and all that is known of the job in hand."""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.jobs.definition import TRIGGERS
from jobmon.jobs.params import as_text
from jobmon.runtime.states import ACTIVE, TERMINAL, State
from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look
from jobmon.tui.picture import Line, Size, beside, fill, fit
from jobmon.tui.screens import detail
from jobmon.tui.screens.dag.cells import ending, past
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.tree import RUN
from jobmon.tui.screens.dag.why import why
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Span, cells, clock_span, cut_cell, local, plain

RULES = frozenset(TRIGGERS) - {"all_success"}
"""Rules that are worth a word."""
MOST_ITEM = 60
"""Characters of an item that are shown."""
NAMED = 8
"""Neighbours that are named."""
GAP = "   "
WIDE = 150
"""Cells of a screen that has room for more than a table."""
PANE = 58
"""Cells of what is known of a job, as the queue shows it too."""
ROOMY = 16
"""Lines under the tree from which that pane and the boxes stand there."""
MOST = 30
ABOUT = 6
"""Lines on the run or the job, the last one empty."""


def height(size: Size, used: int) -> int:
    """How many lines stand under `used` lines of tree or boxes: the same whatever is in hand."""
    least = 0 if size.height < 12 else 2 if size.height < 18 else 5 if size.height < 30 else ABOUT
    spare = min(MOST, size.height - used - 1)
    return spare if size.width >= WIDE and spare >= ROOMY else least


def room_for_boxes(size: Size) -> Size:
    """What is left for boxes under the tree, once the rest has its place."""
    if size.height < ROOMY:
        return Size(0, 0)
    return Size(size.width - PANE - 1, size.height - 1 - ABOUT)


def lines(
    stage: Stage, course: Course, index: int, size: Size, boxes: Sequence[Line]
) -> list[Line]:
    """All of it: a rule with the critical path, the run or the job in hand, perhaps boxes."""
    if not size.height:
        return []
    ink = stage.ink
    about = _of_run(ink, course) if index == RUN else _of_job(ink, course, index)
    rule = path(ink, course, size.width)
    if size.height < ROOMY:
        found = [rule, *about]
        return [fit(line, size.width, ink.lines.cut) for line in fill(found, size.height)]
    width = size.width - PANE - 1
    left = [fit(line, width, ink.lines.cut) for line in (*fill(about, ABOUT), *boxes)]
    left = fill(left, size.height - 1)
    row = None if index == RUN else course.row(index)
    pane = [()] if row is None else detail.pane(stage, row, Size(PANE, size.height - 1))
    bar = "│" if ink.unicode else "|"
    return [rule, *beside(left, fill(pane, size.height - 1), width, bar)]


def path(ink: Ink, course: Course, width: int) -> Line:
    """The chain of jobs that decides when the run ends, as a rule over the lines."""
    rule = ink.lines.rule
    told = ending(course)
    words = told[0 if width >= 80 else -1] if told else ""
    tail = f" {ink.lines.dot} {ink.safe(words)} " if words else " "
    head = f"{rule * 2} critical path: "
    room = width - cells(head) - cells(tail)
    chain = _chain(ink, course, room)
    if not chain:
        return ((rule * width, "rule"),)
    chain = cut_cell(chain, max(1, room), ink.lines.cut)
    rest = max(0, width - cells(head) - cells(plain(chain)) - cells(tail))
    line = ((head, "dim"), *chain, (tail, "dim"), (rule * rest, "rule"))
    return fit(line, width, ink.lines.cut)


def _chain(ink: Ink, course: Course, room: int) -> Line:
    """The names of the path; the first ones go where there is no room, ended ones before all."""
    arrow = f" {ink.lines.arrow} "
    names = [ink.safe(course.name(i)) for i in course.timeline.path]
    first = 0
    while first < len(names) - 1 and _wide(names[first:], arrow) + (first > 0) * 4 > room:
        first += 1
    spans: list[Span] = [(f"{ink.lines.cut}{arrow}", "dim")] if first else []
    for n in range(first, len(names)):
        job = course.jobs[course.timeline.path[n]]
        look = job_look(job.state)
        style = look.tint if job.state in TERMINAL or job.state in ACTIVE else "accent"
        spans += [(arrow, "dim")] if n > first else []
        spans.append((names[n], style))
    return tuple(spans)


def _wide(names: Sequence[str], arrow: str) -> int:
    return sum(cells(name) for name in names) + cells(arrow) * (len(names) - 1)


def _joined(parts: Sequence[Line]) -> Line:
    """Those of the parts that say something, with gaps between."""
    spans: list[Span] = []
    for part in parts:
        if part and plain(part):
            spans += [(GAP, "")] if spans else [(" ", "")]
            spans += part
    return tuple(spans)


def _said(label: str, text: str) -> Line:
    """A label and what it says, nothing where there is nothing to say."""
    return ((f"{label} ", "dim"), (text, "")) if text else ()


def _of_run(ink: Ink, course: Course) -> list[Line]:
    run = course.run
    params = " ".join(f"{name}={value}" for name, value in run.params.items())
    begun = local(run.started) if run.started else ""
    deadline = ink.safe(course.shape.flow.deadline)
    who = _joined([_said("by", ink.safe(run.who)), _said("why", ink.safe(run.why))])
    return [
        _joined([((ink.safe(run.key), "title"),), _said("started", begun), who,
                 _said("deadline", deadline)]),
        _joined([_said("params", ink.safe(params)), _said("time", ink.safe(run.time))]),
        _slowest(ink, course),
        _last(ink, course, RUN),
    ]  # fmt: skip


def _of_job(ink: Ink, course: Course, index: int) -> list[Line]:
    job = course.jobs[index]
    look = job_look(job.state)
    name: Line = (
        (ink.safe(course.name(index)), "title"),
        ("  ", ""),
        (f"{ink.sign(look)} {look.word}", look.style),
        ("  ", ""),
        *why(ink, course, index),
    )
    return [
        _joined([name]),
        _joined([*_times(course, index), *_ends(ink, course, index)]),
        _joined([_near(ink, course, "after", course.shape.parents[index]),
                 _near(ink, course, "then", course.shape.children[index]),
                 _kind(ink, course, index)]),
        _output(ink, course, index) or _slowest(ink, course),
        _last(ink, course, index),
    ]  # fmt: skip


def _times(course: Course, index: int) -> list[Line]:
    """Attempt, start, what it usually takes, and how long it may take more."""
    row = course.row(index)
    job, history, retry = row.job, row.history, row.jobdef.retry
    tries = f"{job.attempt}" + (f" of {retry.times + 1}" if retry else "")
    usual = "" if history.median is None else clock_span(history.median)
    return [
        _said("attempt", tries if job.attempt else ""),
        _said("started", local(job.started) if job.started else ""),
        _said("median", usual),
        _said("p90", "" if history.p90 is None else clock_span(history.p90)),
        _spare(course, index),
    ]


def _spare(course: Course, index: int) -> Line:
    job = course.jobs[index]
    if course.over or job.ended is not None or course.timeline.stretches[index] is None:
        return ()
    if index in course.critical:
        return (("on the critical path", "accent"),)
    return _said("slack", clock_span(course.timeline.spare[index]))


def _ends(ink: Ink, course: Course, index: int) -> list[Line]:
    """Its code, and the limits it counts against."""
    job, jobdef = course.jobs[index], course.site.board.jobdef((course.run.id, index))
    code = "" if job.code is None else str(job.code)
    limits = {"pool": jobdef.pool, "rate": jobdef.rate, "lock": jobdef.lock}
    return [_said("code", code), *(_said(word, ink.safe(name)) for word, name in limits.items())]


def _near(ink: Ink, course: Course, label: str, jobs: Sequence[int]) -> Line:
    """Its neighbours in the graph with the signs of their states."""
    spans: list[Span] = [(label, "dim")] if jobs else []
    for index in jobs[:NAMED]:
        look = job_look(course.jobs[index].state)
        spans += [(f" {ink.sign(look)} ", look.tint), (ink.safe(course.name(index)), "")]
    if len(jobs) > NAMED:
        spans.append((f" and {len(jobs) - NAMED} more", "dim"))
    return tuple(spans)


def _kind(ink: Ink, course: Course, index: int) -> Line:
    """What is special about how it comes to run."""
    jobdef, rule = course.shape.jobs[index], course.shape.rules[index]
    sources = [course.name(i) for i in course.shape.handles.get(index, ())]
    words = [
        "runs last, whatever happens" if jobdef.finally_ else "",
        f"handles the failure of {', '.join(sources[:3])}" if sources else "",
        *_several(course, index),
        f"rule {rule}" if rule in RULES and not sources and not jobdef.finally_ else "",
        f"when {jobdef.when}" if jobdef.when else "",
        "the run bears its failure" if jobdef.tolerate else "",
    ]
    return ((ink.safe(f" {ink.lines.dot} ".join(word for word in words if word)), "dim"),)


def _several(course: Course, index: int) -> list[str]:
    """That it is more than one process: a map, a child of one, rounds, a run of its own."""
    jobdef, done = course.shape.jobs[index], course.jobs[index].round
    bound = jobdef.map.max_parallel if jobdef.map else None
    words = [
        "one for each item" if jobdef.map else "",
        f"{bound} at once" if bound else "",
        f"item {as_text(jobdef.item)[:MOST_ITEM]}" if jobdef.of else "",
        f"runs the flow {jobdef.flow}" if jobdef.kind == "subflow" else "",
    ]
    if jobdef.repeat:
        words.append(f"round {done + 1} of {jobdef.repeat.most}, until {jobdef.repeat.until}")
    return words


def _output(ink: Ink, course: Course, index: int) -> Line:
    row = course.row(index)
    last = row.meter.at(row.now).last if row.meter and row.job.state is not State.WAITING else ""
    return (("  ", ""), (ink.safe(last), "dim")) if last else ()


def _slowest(ink: Ink, course: Course) -> Line:
    found = course.slowest
    if found is None:
        return ()
    index, over = found
    name, more = ink.safe(course.name(index)), clock_span(over, signed=True)
    return ((" slowest against its median  ", "dim"), (name, ""), (f"  {more}", "late"))


def _last(ink: Ink, course: Course, index: int) -> Line:
    """How it went the last times."""
    found = past(ink, course, index)
    return ((" last runs ", "dim"), *found) if found else ()
