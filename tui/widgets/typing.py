"""The line text is typed into: shown wherever the picture asks for text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from jobmon.tui.boxes import Entry

EDITS: Mapping[str, Callable[[Input], None]] = {
    "left": Input.action_cursor_left,
    "right": Input.action_cursor_right,
    "ctrl+left": Input.action_cursor_left_word,
    "ctrl+right": Input.action_cursor_right_word,
    "home": Input.action_home,
    "ctrl+a": Input.action_home,
    "end": Input.action_end,
    "ctrl+e": Input.action_end,
    "backspace": Input.action_delete_left,
    "delete": Input.action_delete_right,
    "ctrl+w": Input.action_delete_left_word,
    "ctrl+u": Input.action_delete_left_all,
    "ctrl+k": Input.action_delete_right_all,
}
"""Keys that move in the text or take of it; what is no sign and not here is the monitor's."""


class _Completions(Suggester):
    """What the entry in hand suggests. `failed` hears of a defect in that."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._failed = failed
        self.suggest: Callable[[str], Sequence[str]] = lambda _text: ()

    async def get_suggestion(self, value: str) -> str | None:
        """The first text that what is typed may become, and that can be typed."""
        try:
            fitting = (text for text in self.suggest(value) if text.startswith(value))
            return next((text for text in fitting if text.isprintable()), None)
        except Exception as error:  # noqa: BLE001 - it is told; one can type on without
            self._failed(error)
            return None


class Typing(Input):
    """`typed` hears every change of the text. Keys and pastes are handed in, in order, by the app.

    `failed` hears of defects in completing.
    """

    DEFAULT_CSS = """
    Typing { layer: over; display: none; height: 1; border: none; padding: 0; }
    Typing:focus { border: none; background-tint: $foreground 0%; }
    """

    def __init__(self, typed: Callable[[str], None], failed: Callable[[Exception], None]) -> None:
        self._completions = _Completions(failed)
        self._placing = False  # the text is being set, not typed
        # Focus comes late: what is typed by then would be selected, and replaced by the next sign.
        super().__init__(
            id="typing", suggester=self._completions, compact=True, select_on_focus=False
        )
        self._typed = typed
        self._place: tuple[int, int, int] | None = None
        self.cursor_blink = False

    def place(self, entry: Entry | None) -> None:
        """Show the entry where it belongs, or nothing."""
        if entry is None:
            self.display = False
            self._place = None
            return
        self._completions.suggest = entry.suggest
        place = (entry.x, entry.y, entry.width)
        if place != self._place:
            self._place = place
            self.styles.offset = (entry.x, entry.y)
            self.styles.width = entry.width
            self.display = True
            self.screen.set_focus(self)
        if self.value != entry.text:
            self._placing = True
            self.value = entry.text
            self.cursor_position = len(entry.text)
            self._placing = False

    def watch_value(self, value: str) -> None:
        """Every change of the text, before any further key is looked at."""
        if self.display and not self._placing:
            self._typed(value)

    def paste(self, text: str) -> None:
        """The first line of what is pasted, without what acts on a terminal."""
        line = next(iter(text.strip().splitlines()), "")
        self._insert("".join(sign for sign in line if sign.isprintable()))

    def _insert(self, text: str) -> None:
        """At the cursor, or in the place of what is selected."""
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)

    def take(self, event: events.Key) -> bool:
        """Type a sign, or edit with a key; False: it is no key for text."""
        edit = EDITS.get(event.key)
        if edit is not None:
            edit(self)
        elif event.is_printable and event.character:
            self._insert(event.character)
        else:
            return False
        return True
