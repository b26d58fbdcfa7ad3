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

FLAGS: dict[str, Look] = {
    "held": Look("H", "H", "held", "magenta"),
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


def job_look(state: str) -> Look:
    """The row of a job run's state; an unknown one keeps its own name as the word."""
    return JOB_LOOKS.get(state) or UNKNOWN._replace(word=state.replace("_", " "))


def run_look(state: str) -> Look:
    """The row of a run's state."""
    return RUN_LOOKS.get(state) or UNKNOWN._replace(word=state.replace("_", " "))


def outcome_look(outcome: str) -> Look:
    """The row of an attempt's outcome ("" = still open)."""
    return OUTCOME_LOOKS.get(outcome) or job_look(outcome)
