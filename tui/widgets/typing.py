"""The line text is typed into: shown wherever the picture asks for text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from jobmon.tui.boxes import Entry

BESIDE = frozenset(
    {"enter", "escape", "tab", "shift+tab", "up", "down", "ctrl+s", "f1", "f2", "f3", "ctrl+p"}
)
"""Keys that are no text: the monitor's."""


class _Completions(Suggester):
    """What the entry in hand suggests."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.suggest: Callable[[str], Sequence[str]] = lambda _text: ()

    async def get_suggestion(self, value: str) -> str | None:
        """The first text that what is typed may become."""
        return next((text for text in self.suggest(value) if text.startswith(value)), None)


class Typing(Input):
    """`typed` hears every change of the text, `beside` the keys that are no text."""

    DEFAULT_CSS = """
    Typing { layer: over; display: none; height: 1; border: none; padding: 0; }
    Typing:focus { border: none; }
    """

    def __init__(self, typed: Callable[[str], None], beside: Callable[[str], None]) -> None:
        self._completions = _Completions()
        self._placing = False  # the text is being set, not typed
        super().__init__(id="typing", suggester=self._completions, compact=True)
        self._typed, self._beside = typed, beside
        self._place: tuple[int, int, int] | None = None
        self.cursor_blink = False

    def place(self, entry: Entry | None) -> None:
        """Show the entry where it belongs, or nothing."""
        if entry is None:
            if self.display:
                self.display = False
                self._place = None
            return
        self._completions.suggest = entry.suggest
        place = (entry.x, entry.y, entry.width)
        if place != self._place or not self.display:
            self._place = place
            self.styles.offset = (entry.x, entry.y)
            self.styles.width = entry.width
            self.display = True
            self.focus()
        if self.value != entry.text:
            self._placing = True
            self.value = entry.text
            self.cursor_position = len(entry.text)
            self._placing = False

    def watch_value(self, value: str) -> None:
        """Every change of the text, before any further key is looked at."""
        if self.display and not self._placing:
            self._typed(value)

    async def _on_key(self, event: events.Key) -> None:
        """Text is ours, the rest is the monitor's."""
        if event.key in BESIDE:
            event.stop()
            event.prevent_default()
            self._beside(event.key)
            return
        await super()._on_key(event)
