"""A table that a text narrows: it always says what it hides, and how to see all again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jobmon.tui.commandline.criteria import fold
from jobmon.tui.picture import Field, Line, Place, Size
from jobmon.tui.screens.view import Stage, Table
from jobmon.tui.text import Cell, Span, cell, count
from jobmon.tui.world import Site

HOST = Field("host", "HOST", 8, keep=2, grow=1, most=16)

Painter = Callable[[Stage, Any, int], Cell]
"""Makes the cell of one column for an item and a width."""


class Filtered(Table):
    """A table of items that have a `site`.

    `columns` are its fields but for the host's, which is there when there are several sites.
    `orders` are the words for the ways it can be sorted, the first is the usual one. `noun` is what
    one item is called.
    """

    noun = "row"
    columns: tuple[Field, ...] = ()
    orders: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.filter = ""
        self.order = 0
        self._basis: tuple[Any, ...] = ()
        self._all: Sequence[Any] = ()
        self._items: Sequence[Any] = ()

    # What a subclass says

    def everything(self, stage: Stage) -> Sequence[Any]:
        """All there is, in the order `self.order`."""
        raise NotImplementedError

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """What `everything` is made of beside the boards: documents."""
        return ()

    def text(self, stage: Stage, item: Any) -> str:
        """What a filter looks in."""
        raise NotImplementedError

    def painter(self, name: str) -> Painter:
        """What makes the cells of the column of that name."""
        raise NotImplementedError

    def filters(self) -> list[str]:
        """The filters in force, as people read them."""
        return [f'filter "{self.filter}"'] if self.filter else []

    def passes(self, stage: Stage, item: Any) -> bool:
        """Whether the filters let an item through."""
        return not self.filter or fold(self.filter) in fold(self.text(stage, item))

    # What it makes of that

    def items(self, stage: Stage) -> Sequence[Any]:
        """What the filters let through; made anew only when something changed."""
        world = stage.world
        basis = (id(world), world.version, self.order, *self.filters(), *self.basis(stage))
        if basis != self._basis:
            self._all = self.everything(stage)
            self._items = self._all
            if self.filters():
                self._items = [item for item in self._all if self.passes(stage, item)]
            if self.marks:
                shown = {self.key(item) for item in self._items}
                self.marks = {key: None for key in self.marks if key in shown}
        self._basis = basis
        return self._items

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The table, with hosts where there are several."""
        self.fields = (HOST, *self.columns) if stage.world.many else self.columns
        return super().lines(stage, size)

    def cells(self, stage: Stage, item: Any, places: Sequence[Place]) -> list[Cell]:
        """A cell for each place."""
        shown = [(self.fields[place.field].name, place.width) for place in places]
        return [self._painter(name)(stage, item, width) for name, width in shown]

    def _painter(self, name: str) -> Painter:
        return _host if name == "host" else self.painter(name)

    def ground(self, stage: Stage, item: Any) -> str:
        """Rows of a runtime that does not answer step back."""
        return "dim" if item.site.away is not None else ""

    def nothing(self, stage: Stage) -> list[Line]:
        """Which filters hide everything, or why there is nothing."""
        if not self._all:
            return [(), ((f"  {self.empty}", "dim"),)]
        said = f"  {count(len(self._all), self.noun)} hidden by "
        filters = stage.ink.safe(", ".join(self.filters()))
        return [(), ((said, ""), (filters, "note")), (("  reset", "key"), (" shows all", "dim"))]

    def state_line(self, stage: Stage) -> Line:
        """How many there are, what is hidden by what, how they are sorted."""
        items, dot = self.items(stage), f" {stage.ink.lines.dot} "
        parts: list[Span] = [(count(len(items), self.noun), "dim")]
        if self.filters():
            filters = stage.ink.safe(", ".join(self.filters()))
            hidden = f" hides {len(self._all) - len(items):,}"
            parts += [(dot, "dim"), (filters, "note"), (hidden, "note"), (" (reset)", "dim")]
        if self.orders:
            parts.append((f"{dot}{self.orders[self.order]}", "dim"))
        if self.marks:
            parts += [(dot, "dim"), (f"{len(self.marks)} marked", "accent")]
        return tuple(parts)

    def act(self, action: str, stage: Stage) -> bool:
        """The next order; movement and marks."""
        if action == "view.sort" and self.orders:
            self.order = (self.order + 1) % len(self.orders)
            return True
        return super().act(action, stage)

    def search(self, text: str) -> None:
        """Show only what the text occurs in."""
        self.filter = text.strip()

    def reset(self) -> None:
        """All rows in their usual order."""
        self.filter, self.order = "", 0

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """Words after the screen's name are a filter."""
        if words:
            self.search(" ".join(words))
        return ""

    def remember(self) -> dict[str, Any]:
        """Filter and order."""
        return {"filter": self.filter, "order": self.order}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take them up."""
        text, order = kept.get("filter"), kept.get("order")
        self.filter = text if isinstance(text, str) else ""
        known = isinstance(order, int) and 0 <= order < max(1, len(self.orders))
        self.order = int(order) if known and order is not None else 0


def host(site: Site) -> str:
    """What a site is called: its label, else its machine."""
    return site.label or str(site.hello.get("host") or f"site {site.number}")


def _host(stage: Stage, item: Any, _width: int) -> Cell:
    return cell(stage.ink.safe(host(item.site)), "accent")
