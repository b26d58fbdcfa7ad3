"""How each state looks: one row per state, a sign in Unicode and in ASCII, a word, a colour.

Sign and word come first, colour only repeats them: blue, yellow, magenta and reverse stay apart
for red-green blindness. Every Unicode sign is one cell wide on every terminal, East Asian ones
included. Styles are words that rich understands too ("bold blue", "reverse red", "dim").
"""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """One state: the sign in both glyph sets, the word people read, the style."""

    unicode: str
    ascii: str
    word: str
    style: str

    @property
    def tint(self) -> str:
        """The colour alone, for bars: a reversed one would be a block."""
        return self.style.replace("reverse ", "")


JOB_LOOKS: dict[str, Look] = {
    "waiting": Look("◦", "o", "waiting", "dim"),
    "queued": Look("⋄", "=", "queued", ""),
    "starting": Look("▹", ")", "starting", "blue"),
    "running": Look("▸", ">", "running", "bold blue"),
    "waiting_human": Look("☐", "?", "waiting human", "bold yellow"),
    "retry_wait": Look("↻", "r", "retry wait", "yellow"),
    "stopping": Look("▾", "/", "stopping", "yellow"),
    "succeeded": Look("✓", "v", "succeeded", "green"),
    "failed": Look("✗", "x", "failed", "reverse red"),
    "cancelled": Look("⊗", "c", "cancelled", "magenta"),
    "skipped": Look("↷", "s", "skipped", "dim"),
    "upstream_failed": Look("⊘", "-", "upstream failed", "red"),
    "expired": Look("◷", "e", "expired", "dim"),
    "lost": Look("!", "!", "lost", "reverse magenta"),
}
RUN_LOOKS: dict[str, Look] = {
    "queued": JOB_LOOKS["queued"],
    "running": JOB_LOOKS["running"],
    "blocked": Look("▪", "#", "blocked", "bold yellow"),
    "stopping": JOB_LOOKS["stopping"],
    "succeeded": JOB_LOOKS["succeeded"],
    "failed": JOB_LOOKS["failed"],
    "cancelled": JOB_LOOKS["cancelled"],
    "expired": JOB_LOOKS["expired"],
}
UNKNOWN = Look("~", "~", "unknown", "bold")
"""A state of a newer runtime: shown as it is named, never an error."""

LONGEST = 24
"""Signs of the name of a state or an event."""

FLAGS: dict[str, Look] = {
    "held": Look("H", "H", "held", "magenta"),
    "late": Look("L", "L", "late", "bold yellow"),
    "stuck": Look("=", "=", "stuck", "reverse yellow"),
    "warn": Look("*", "*", "warn", "yellow"),
    "stale": Look("~", "~", "stale", "yellow"),
    "old_code": Look("o", "o", "old code", "yellow"),
    "unsupervised": Look("u", "u", "unsupervised", "yellow"),
    "probing": Look("?", "?", "being probed", "yellow"),
}
OUTCOME_LOOKS: dict[str, Look] = {
    "": JOB_LOOKS["running"]._replace(word="open"),
    "void": JOB_LOOKS["skipped"]._replace(word="void"),
}
"""Outcomes of attempts that are no states of jobs."""

_EVENTS: dict[str, Look] = {
    "job.ready": JOB_LOOKS["queued"],
    "job.ask": JOB_LOOKS["waiting_human"],
    "job.branch": JOB_LOOKS["skipped"],
    "job.doom": JOB_LOOKS["upstream_failed"],
    "job.expire": JOB_LOOKS["expired"],
    "job.unfit": JOB_LOOKS["failed"],
    "job.launch": JOB_LOOKS["starting"],
    "job.started": JOB_LOOKS["running"],
    "job.voided": JOB_LOOKS["skipped"],
    "job.stop": JOB_LOOKS["stopping"],
    "job.succeed": JOB_LOOKS["succeeded"],
    "job.fail": JOB_LOOKS["failed"],
    "job.retry": JOB_LOOKS["retry_wait"],
    "job.stopped": JOB_LOOKS["cancelled"],
    "job.lose": JOB_LOOKS["lost"],
    "job.due": JOB_LOOKS["queued"],
    "job.cancel": JOB_LOOKS["cancelled"],
    "job.skip": JOB_LOOKS["skipped"],
    "job.done": JOB_LOOKS["succeeded"],
    "job.mark_success": JOB_LOOKS["succeeded"],
    "job.mark_failed": JOB_LOOKS["failed"],
    "job.reset": JOB_LOOKS["waiting"],
    "job.revive": JOB_LOOKS["waiting"],
    "job.hold": FLAGS["held"],
    "run.hold": FLAGS["held"],
    "flow.hold": FLAGS["held"],
    "job.stale": FLAGS["stale"],
    "job.old_code": FLAGS["old_code"],
    "job.late": FLAGS["late"],
    "run.late": FLAGS["late"],
    "job.stuck": FLAGS["stuck"],
    "job.unsupervised": FLAGS["unsupervised"],
    "job.unverified": FLAGS["unsupervised"],
    "run.cancel": JOB_LOOKS["cancelled"],
    "run.ready": JOB_LOOKS["queued"],
    "run.expire": JOB_LOOKS["expired"],
    "schedule.dropped": JOB_LOOKS["expired"],
    "schedule.failed": JOB_LOOKS["failed"],
    "runtime.trouble": JOB_LOOKS["failed"],
    "notify.given_up": JOB_LOOKS["failed"],
}
_NEWS = Look(" ", " ", "", "")


class Lines(NamedTuple):
    """The signs a tree, a bar and a cut text are drawn with."""

    branch: str
    last: str
    pipe: str
    gap: str
    full: str
    empty: str
    cut: str
    dot: str
    rule: str
    arrow: str


UNICODE_LINES = Lines("├─ ", "└─ ", "│  ", "   ", "━", "╌", "…", "·", "─", "→")
ASCII_LINES = Lines("|- ", "`- ", "|  ", "   ", "#", ".", "~", "-", "-", "->")


class Gauges(NamedTuple):
    """The signs the meters of running jobs are drawn with, one cell each.

    `rise`: a cell filled from below, by eighths from none to all. `peaks`: a line low, in the
    middle and high in a cell. `behind` points at a bar from the right, `line` crosses one. `dead`
    fills the lane of a job that failed. `floor` is what bars stand on, `hand` the floor of the lane
    under the cursor, `grid` the lines behind.
    """

    rise: str
    peaks: str
    behind: str
    line: str
    dead: str
    floor: str
    hand: str
    grid: str


UNICODE_GAUGES = Gauges(" ▁▂▃▄▅▆▇█", "▁─▔", "<", "│", "x", "▔", "▀", "▔")
ASCII_GAUGES = Gauges(" ..:::###", "_-^", "<", "|", "x", "-", "=", ".")
GLOW = 6
"""Shades of a bar: the style words `run.1` at its foot to `run.6` at its tip; as many of `late`."""


class Strokes(NamedTuple):
    """The signs of a job against the clock, one cell each, fainter as things grow less certain.

    What ran and its head; the two ends and the middle of what is expected; what may be; an end
    nobody knows; now.
    """

    ran: str
    head: str
    opens: str
    expected: str
    closes: str
    late: str
    unknown: str
    now: str


UNICODE_STROKES = Strokes("━", "━", "├", "─", "┤", "┈", "?", "┊")
ASCII_STROKES = Strokes("=", ">", "[", ".", "]", "-", "?", ":")

_DIRECTIONS: tuple[int, ...] = (5, 10, 6, 12, 3, 9, 7, 13, 14, 11, 15)
UNICODE_WIRES: dict[int, str] = dict(zip(_DIRECTIONS, "│─╭╮╰╯├┤┬┴┼", strict=True))
ASCII_WIRES: dict[int, str] = dict(zip(_DIRECTIONS, "|-+++++++++", strict=True))
"""Lines between boxes by where they leave a cell: 1 up, 2 right, 4 down, 8 left, added up."""


def _words(name: str) -> str:
    """A name of a state or an event as people read it; whatever else it holds is no part of one."""
    word = "".join(c if c.isascii() and c.isalnum() else " " for c in name[:LONGEST])
    return word.strip() or UNKNOWN.word


def job_look(state: str) -> Look:
    """The row of a job run's state; an unknown one keeps its own name as the word."""
    return JOB_LOOKS.get(state) or UNKNOWN._replace(word=_words(state))


def run_look(state: str) -> Look:
    """The row of a run's state."""
    return RUN_LOOKS.get(state) or UNKNOWN._replace(word=_words(state))


def outcome_look(outcome: str) -> Look:
    """The row of an attempt's outcome ("" = still open)."""
    return OUTCOME_LOOKS.get(outcome) or job_look(outcome)


def event_look(kind: str) -> Look:
    """Sign and colour of what happened, by the state it led to; the word is the kind itself."""
    return _EVENTS.get(kind, _NEWS)._replace(word=_words(kind.removeprefix("job.")))
