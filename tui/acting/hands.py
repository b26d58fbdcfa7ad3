"""What the monitor has done for it outside: the textual app implements it, tests replace it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jobmon.runtime.errors import JobmonError
from jobmon.tui.world import Row, RowKey

Answer = Mapping[str, Any]
Then = Callable[[Answer | JobmonError], None]
"""Hears the answer, or the error it came to, back on the screen's own thread."""


class Hands(Protocol):
    """Every effect of the screen. Nothing here blocks: what takes time calls back."""

    def call(self, site: int, op: str, args: Mapping[str, Any], then: Then) -> None:
        """One request to a runtime: a document, a preview, or what changes it."""
        ...

    def skip_running(self, row: Row, why: str, then: Then) -> None:
        """Cancel a job and skip it once nothing of it is alive."""
        ...

    def open_log(self, key: RowKey, attempt: int) -> None:
        """Have the log screen show an attempt."""
        ...

    def travel(self, moment: float | None) -> None:
        """Show a moment of the past; None: the present."""
        ...

    def edit(self, site: int, path: str, line: int, after: Callable[[], None]) -> None:
        """Open the user's editor on a file of that site, at a line; `after` when that went well."""
        ...

    def page(self, path: str) -> None:
        """Open a file in the user's pager."""
        ...

    def copy(self, text: str) -> None:
        """Put text into the terminal's clipboard."""
        ...

    def paint_in(self, name: str) -> None:
        """Paint everything in another theme."""
        ...

    def start_runtime(self) -> None:
        """Have runtimes that were stopped started again."""
        ...

    def lay_sample(self) -> None:
        """Lay the sample into a batch folder in which there is no flow."""
        ...

    def leave(self) -> None:
        """Close the screen."""
        ...
