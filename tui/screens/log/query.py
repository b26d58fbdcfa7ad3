"""What is sought in a log, and what narrows it: which lines are shown, which are hits. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.find import Finder, pattern_of, step_to

LEVELS = {"": "", "W": "warnings and errors", "E": "errors only"}


class Query:
    """`sought` is looked for, lines without `sifted` or below `level` are not shown.

    `finder` and `sieve` are what looks for them in a log. `complaint` says what is wrong with what
    was typed.
    """

    def __init__(self) -> None:
        self.sought = self.sifted = self.level = self.complaint = ""
        self.finder: Finder | None = None
        self.sieve: Finder | None = None
        self._log: LogFile | None = None
        self._origin = 0  # where the cursor was when something began to be sought
        self._aim: int | None = None  # the line from which on a hit is waited for

    def open(self, log: LogFile) -> None:
        """Look for the same in another log."""
        self._log, self.finder, self.sieve = log, None, None
        self._look()
        self._aim = None

    def type(self, text: str, cursor: int) -> None:
        """Take in what is typed: a text, an /expression/, or either behind & to show only such."""
        if self.finder is None:
            self._origin = cursor
        if text.startswith("&"):
            self.sifted = text[1:]
        else:
            self.sought, self.sifted = text, self.sifted if text else ""
        self._look()

    def next_level(self) -> None:
        """All lines, from warnings on, errors alone."""
        levels = tuple(LEVELS)
        self.level = levels[(levels.index(self.level) + 1) % len(levels)]
        self._look()

    def _look(self) -> None:
        self.complaint = ""
        try:
            self.sieve = self._again(self.sieve, self.sifted, self.level)
            self.finder = self._again(self.finder, self.sought)
        except re.error as error:
            self.complaint = f"no regular expression: {error}"
        self._aim = self._origin if self.finder else None

    def _again(self, old: Finder | None, text: str, level: str = "") -> Finder | None:
        """The finder for a text: the one there is if it looks for just that."""
        if self._log is None:
            return None
        pattern = pattern_of(text) if text else None
        if old is not None and (old.pattern, old.level) == (pattern, level):
            return old
        self._log.forget(old)
        return self._log.find(pattern, level) if pattern else None

    # What comes of it

    def shown(self) -> Sequence[int]:
        """The numbers of the lines that are shown, in order."""
        if self._log is None:
            return ()
        if self.sieve is not None:
            return self.sieve.hits if self._log.complete else ()
        return self._log.index.of_level(self.level)

    @property
    def narrowed(self) -> bool:
        """Not all lines are shown."""
        return self.sieve is not None or bool(self.level)

    @property
    def kept(self) -> int:
        """In how many lines `sifted` was found."""
        return len(self.sieve.hits) if self.sieve else 0

    @property
    def over(self) -> bool:
        """All that is known of the log was looked through."""
        finders = [f for f in (self.finder, self.sieve) if f]
        return self._log is not None and all(map(self._log.searched, finders))

    def hits(self) -> Sequence[int]:
        """The lines in which it was found so far."""
        known = self.finder is not None and self._log is not None and self._log.complete
        return self.finder.hits if self.finder is not None and known else ()

    def landing(self) -> int | None:
        """The first hit from where the search began, once it is known, else the last before; once.

        None: there is none, or not yet.
        """
        if self._aim is None or self._log is None or not self._log.complete:
            return None
        hits, shown = self.hits(), self.shown()
        line = step_to(hits, shown, self._aim - 1, 1)
        if line is None and self.over:
            line, self._aim = step_to(hits, shown, self._aim, -1), None
        if line is not None:
            self._aim = None
        return line

    def place(self, line: int) -> str:
        """Which hit a line is of how many: `3/14`, `14`, `14+` while it goes on, `no hit`."""
        hits = self.hits()
        at = bisect_left(hits, line)
        here = f"{at + 1:,}/" if at < len(hits) and hits[at] == line else ""
        if not self.over:
            return f"{here}{len(hits):,}+"
        return f"{here}{len(hits):,}" if len(hits) else "no hit"
