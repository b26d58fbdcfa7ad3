"""What stands around every screen: the head line, the keys at the foot, the very small screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from jobmon.runtime.model import RUN_TERMINAL
from jobmon.runtime.states import State
from jobmon.tui import notices, rows
from jobmon.tui.actions import BY_ID, Action, shown
from jobmon.tui.look import job_look
from jobmon.tui.picture import Line, Size, ends, fill, fit
from jobmon.tui.profile import badge
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.text import Span, cells, local, plain
from jobmon.tui.world import Row

SMALLEST = Size(60, 16)
"""Below it there is room for one line only."""
MORE, HELP = ("app.command", "app.quit"), "app.help"
"""Keys that every key bar has where there is room, and the one that it always has."""
_WORST = (State.FAILED, State.LOST, State.WAITING_HUMAN, State.UPSTREAM_FAILED)


def counts(stage: Stage) -> Counter[State]:
    """Job runs by state: of every run that is not over, and of those that failed."""
    found: Counter[State] = Counter()
    for site in stage.world.sites:
        for run in site.board.runs.values():
            if run.state in RUN_TERMINAL and run.state != "failed":
                continue
            found.update({State(s): n for s, n in site.board.counts(run.id).items()})
    return found


def head(stage: Stage, view: View, width: int) -> Line:
    """Name, screen, what runs, waits and failed, the time."""
    world = stage.world
    figures = (
        (" ", ""),
        *_figures(stage),
        (f"  {local(world.now)} ", "title" if world.live else "banner"),
    )
    mark = stage.ink.lines.cut
    room = width - cells(plain(figures))
    *names, least = _names(stage, view)
    fitting = next((name for name in names if cells(plain(name)) <= room), least)
    return ends(fitting, figures, width, mark)


def _names(stage: Stage, view: View) -> list[Line]:
    """Of the monitor, the screen, what that shows, and where it looks; ever less of it."""
    name, _, more = stage.ink.safe(view.title).partition(" ")
    own, screen = (" JOBMON ", "title"), (f" {name}", "accent")
    detail, where = (f" {more}" if more else "", "accent"), (f"  {_where(stage)}", "dim")
    mark = _profile(stage)
    return [
        (own, *mark, screen, detail, where), (own, *mark, screen, detail), (own, *mark, screen),
        (*mark, screen),
    ]  # fmt: skip


def _profile(stage: Stage) -> Line:
    """Which profile the runtime serves; of several runtimes, that one of them is prod."""
    profiles = [str(site.hello.get("profile") or "") for site in stage.world.sites]
    told = [badge(stage.ink.safe(profile)) for profile in dict.fromkeys(profiles) if profile]
    found = max(told, key=lambda mark: "reverse" in mark[1], default=("", ""))
    return ((" ", ""), found) if found[0] else ()


def _where(stage: Stage) -> str:
    sites = stage.world.sites
    if stage.world.many:
        return f"{len(sites)} hosts"
    return stage.ink.safe(sites[0].label) if sites else ""


def _figures(stage: Stage) -> list[Span]:
    found = counts(stage)
    active = sum(found[s] for s in (State.RUNNING, State.STARTING, State.STOPPING))
    slots = stage.world.slots()
    spans: list[Span] = [
        (f"run {active}/{slots}" if slots else f"run {active}", _lit(active, "run"))
    ]
    waits = found[State.WAITING] + found[State.QUEUED]
    words_of = (
        ("wait", waits, "dim"),
        ("retry", found[State.RETRY_WAIT], "late"),
        ("yours", found[State.WAITING_HUMAN], "late"),
        ("lost", found[State.LOST], "held"),
        ("! broken", sum(len(s.status.get("broken") or ()) for s in stage.world.sites), "late"),
        ("FAIL", found[State.FAILED], "reverse red"),
    )
    for word, number, style in words_of:
        if number:
            text = f" {word} {number} " if style.startswith("reverse") else f"{word} {number}"
            spans += [("  ", ""), (text, style)]
    return spans


def _lit(number: int, style: str) -> str:
    return style if number else "dim"


class Hint(NamedTuple):
    """An action on the key bar: its key and label, and the cells from and to which it stands."""

    action: Action
    words: Line
    start: int
    end: int


Offered = Callable[[Action], Action | None]
"""What a key's action means now, such as release for hold; None where it means nothing."""


def hints(view: View, keymap: dict[str, Action], width: int, offered: Offered) -> list[Hint]:
    """What stands on the key bar: the screen's own from the left, as many as fit; help at the end.

    Keys that the row in hand does not take are left out.
    """
    keys = {action.id: key for key, action in reversed(keymap.items())}
    found: list[Hint] = []
    end, room = 0, width
    last = [_hint(BY_ID[HELP], BY_ID[HELP], keys, 0)] if HELP in keys else []
    if last:
        room = width - last[0].end
        last = [last[0]._replace(start=room, end=width)]
    for name in dict.fromkeys((*view.hints(), *MORE)):
        meant = offered(BY_ID[name]) if name in keys else None
        if meant is not None:
            hint = _hint(BY_ID[name], meant, keys, end)
            if hint.end <= room:
                found.append(hint)
                end = hint.end
    return [*found, *last]


def _hint(action: Action, meant: Action, keys: Mapping[str, str], start: int) -> Hint:
    words = ((f" {shown(keys[action.id])}", "key"), (f" {meant.label} ", "dim"))
    return Hint(action, words, start, start + cells(plain(words)))


def key_bar(found: Sequence[Hint], width: int) -> Line:
    """The keys that matter here."""
    at_end = [hint for hint in found if hint.action.id == HELP]
    left = tuple(span for hint in found if hint not in at_end for span in hint.words)
    return ends(left, at_end[0].words if at_end else (), width)


def small(stage: Stage, size: Size) -> list[Line]:
    """Where there is room for nothing else: counts and the worst failure."""
    found = counts(stage)
    parts = [f"{n} {job_look(s).word}" for s, n in sorted(found.items()) if n]
    worst = _worst(stage.world.rows())
    lines: list[Line] = [
        (("JOBMON", "title"), *_profile(stage), (" ", ""), (", ".join(parts) or "nothing runs", ""))
    ]
    if worst is not None:
        look = job_look(worst.job.state)
        text = f"{stage.ink.sign(look)} {worst.name} {worst.run.key}: {rows.why(worst)}"
        lines.append(((stage.ink.safe(text), look.style),))
    lines += notices.banner(stage, size.width)
    lines.append(((f"the screens need {SMALLEST.width}x{SMALLEST.height}", "dim"),))
    return [fit(line, size.width) for line in fill(lines, size.height)]


def _worst(every: Iterable[Row]) -> Row | None:
    bad = [row for row in every if row.job.state in _WORST]
    return min(bad, key=lambda r: (_WORST.index(r.job.state), -(r.job.ended or 0)), default=None)
