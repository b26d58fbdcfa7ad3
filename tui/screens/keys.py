"""The page of keys: everything a person can do, with the keys that do it."""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.tui.commandline.criteria import fold
from jobmon.tui.keyspage import Entry, OwnKeys, entries
from jobmon.tui.picture import Line, Size, fill, fit
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.text import cells, count, cut, pad

TWO_FROM = 150
"""Cells from which two columns stand side by side."""
GAP = 3
KEYS = 16
"""Cells for the keys of one action at most."""
_STEPS = {"move.down": 1, "move.up": -1}
_PAGES = {"move.page_down": 1, "move.page_up": -1}


class Keys(View):
    """One line for each action, group by group. `own` are a person's keys by action id."""

    name = "keys"
    title = "KEYS"

    def __init__(self, own: OwnKeys | None = None) -> None:
        self.groups = entries(own)
        self.filter = ""
        self.top = 0
        self._longest = 0  # lines of the longest column when it was last drawn
        self._height = 1

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The part of the page that fits."""
        blocks = self._blocks(stage)
        if not blocks:
            said = stage.ink.safe(f'  no action has "{self.filter}" in it: ')
            return fill([(), ((said, ""), ("reset", "key"), (" shows all", "dim"))], size.height)
        columns = _columns(blocks, 2 if size.width >= TWO_FROM else 1)
        self._longest, self._height = max(map(len, columns)), size.height
        self.top = max(0, min(self.top, self._longest - size.height))
        width = (size.width - GAP * (len(columns) - 1)) // len(columns)
        shown = [fill(column[self.top :], size.height) for column in columns]
        mark = stage.ink.lines.cut
        return [_side_by_side(row, width, mark) for row in zip(*shown, strict=True)]

    def _blocks(self, stage: Stage) -> list[list[Line]]:
        """For each group its title and its actions, as far as the filter lets them through."""
        found: list[list[Line]] = []
        for title, group in self.groups.items():
            kept = self._kept(group)
            if kept:
                rows = [_line(stage, entry, _widths(group)) for entry in kept]
                found.append([((f" {title}", "title"),), *rows, ()])
        return found

    def _kept(self, group: Sequence[Entry]) -> list[Entry]:
        wanted = fold(self.filter)
        return [entry for entry in group if wanted in fold(_text(entry))]

    def act(self, action: str, stage: Stage) -> bool:
        """Scroll."""
        if action == "move.top":
            self.top = 0
        elif action == "move.bottom":
            self.top = self._longest
        elif action in _STEPS or action in _PAGES:
            self.top += _STEPS.get(action, 0) + _PAGES.get(action, 0) * max(1, self._height - 1)
            self.top = max(0, min(self.top, self._longest - self._height))
        else:
            return False
        return True

    def pace(self, stage: Stage) -> float:
        """Nothing moves here."""
        return 0.0

    def search(self, text: str) -> None:
        """Only actions in which the text occurs."""
        self.filter, self.top = text.strip(), 0

    def reset(self) -> None:
        """All actions."""
        self.search("")

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """`help rerun`: words are a filter."""
        self.search(" ".join(words))
        return ""

    def state_line(self, stage: Stage) -> Line:
        """How many there are, and what is hidden."""
        every = sum(map(len, self.groups.values()))
        kept = sum(len(self._kept(group)) for group in self.groups.values())
        line: Line = ((count(kept, "action"), "dim"),)
        if not self.filter:
            return line
        said = f' {stage.ink.lines.dot} filter "{stage.ink.safe(self.filter)}" hides {every - kept}'
        return (*line, (said, "note"), (" (reset)", "dim"))

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("app.back", "view.filter", "move.page_down", "app.command", "app.palette")


def _text(entry: Entry) -> str:
    action = entry.action
    return " ".join([*entry.keys, action.np, action.word, action.label, action.help, entry.on])


def _widths(group: Sequence[Entry]) -> tuple[int, int, int]:
    """Cells for keys, NP characters and commands; none for what a group does not have."""
    keys = max(cells(" ".join(entry.keys)) for entry in group)
    np, word = (max(map(cells, texts)) for texts in zip(*map(_typed, group), strict=True))
    return min(KEYS, keys) + 1, np and np + 1, word and word + 1


def _typed(entry: Entry) -> tuple[str, str]:
    """What stands for it in the NP column and on the command line."""
    return entry.action.np, f":{entry.action.word}" if entry.action.word else ""


def _line(stage: Stage, entry: Entry, widths: tuple[int, int, int]) -> Line:
    """Keys, NP characters, command, what it does, on one line."""
    action, (np, word) = entry.action, _typed(entry)
    keys = cut(" ".join(entry.keys), KEYS, stage.ink.lines.cut)
    only = f"{entry.on}: " if len(action.where) == 1 and action.group != action.where[0] else ""
    return (
        (f"  {pad(keys, widths[0])}", "key"),
        (pad(np, widths[1]), "accent"),
        (pad(word, widths[2]), "dim"),
        (only, "dim"),
        (action.help, ""),
    )


def _columns(blocks: Sequence[list[Line]], number: int) -> list[list[Line]]:
    """The blocks in columns, each under the shorter one."""
    columns: list[list[Line]] = [[] for _ in range(min(number, len(blocks)))]
    for block in blocks:
        min(columns, key=len).extend(block)
    return [column[:-1] for column in columns]  # without the gap at its end


def _side_by_side(row: Sequence[Line], width: int, mark: str) -> Line:
    *left, last = row
    spans = [span for line in left for span in (*fit(line, width, mark), (" " * GAP, ""))]
    return (*spans, *fit(last, width, mark))
