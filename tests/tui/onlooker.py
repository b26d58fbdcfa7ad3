"""The monitor without a terminal over real sockets: what its app does on every tick, as fast."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jobmon.tui import asking
from jobmon.tui.monitor import Monitor
from jobmon.tui.picture import Size
from jobmon.tui.session import Opening, Session
from jobmon.tui.settings import ScreenSettings
from jobmon.tui.text import plain
from jobmon.tui.world import Site
from tests.batch import until
from tests.tui.fakehands import FakeHands
from tests.tui.worlds import UNICODE


class Onlooker:
    """One session; `site` is its first runtime."""

    def __init__(self, opening: Opening) -> None:
        self.session = Session(opening, UNICODE, ScreenSettings())
        self.monitor = Monitor(self.session.world, UNICODE, FakeHands())
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.asker = asking.Asker(self.session.reaches, self._posted.put)
        self.banners: list[str] = []
        """What stood over the key bar, each once."""

    @property
    def site(self) -> Site:
        return self.session.sites[0]

    def tick(self) -> str:
        """News, answers, what is wanted; the picture."""
        now = time.time()
        self.session.world.now = self.monitor.present = now
        self.session.fold(now, 0.1)
        while not self._posted.empty():
            self._posted.get()()
        self.asker.fetch(asking.wanted(self.monitor.view, self.monitor.stage),
                         self.session.world, now)  # fmt: skip
        text = "\n".join(plain(line).rstrip() for line in self.monitor.lines(Size(200, 30)))
        self.banners += [row for row in text.splitlines() if "THE RUNTIME" in row]
        return text

    def ask(self, site: int) -> Callable[[], Any]:
        """Have a document asked for; what is returned says what came, None before that."""
        heard: list[Any] = []
        self.asker.call(site, "view", {"name": "flows", "args": {}}, heard.append)
        return lambda: heard[0] if heard else None

    def until(self, condition: Callable[[str], Any], what: str) -> str:
        """Tick until something is true of the picture; the picture then."""

        def look() -> str:
            picture = self.tick()
            return picture if condition(picture) else ""

        return until(look, what)

    def sees(self, *texts: str) -> str:
        """Tick until all of these stand there."""
        return self.until(lambda picture: all(text in picture for text in texts), str(texts))


@contextmanager
def looking(opening: Opening) -> Iterator[Onlooker]:
    """An onlooker that has begun to listen."""
    onlooker = Onlooker(opening)
    onlooker.session.listen(lambda: None)
    try:
        yield onlooker
    finally:
        onlooker.asker.close()
        onlooker.session.close()
