"""One opening of the monitor: the runtimes it looks at, their feeds, and what is remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.runtime.errors import RefusedError
from jobmon.tui import folding, labels, memory
from jobmon.tui.feed import Feed
from jobmon.tui.ink import Ink
from jobmon.tui.reach import Reach
from jobmon.tui.settings import ScreenSettings
from jobmon.tui.world import Site, World

PATIENCE = 3.0
"""Seconds after which keys are taken although nothing answers: there is a banner to see."""


class Opening(NamedTuple):
    """How the monitor was asked for. `screen` is the first to be shown, "" the one before."""

    home: Path | None = None
    sockets: tuple[Path, ...] = ()
    readonly: bool = False
    screen: str = ""


class Session:
    """`sites`, `reaches` and `feeds` belong together by their number; `world` is the present."""

    def __init__(self, opening: Opening, ink: Ink, settings: ScreenSettings) -> None:
        self.opening, self.ink, self.settings = opening, ink, settings
        self.readonly, self.first_screen = opening.readonly, opening.screen
        self.reaches = [Reach(sock=path) for path in opening.sockets]
        if opening.home is not None:
            self.reaches.insert(0, Reach(state_dir=opening.home / ".jobmon"))
        self.sites = [_site(number, reach) for number, reach in enumerate(self.reaches)]
        self.world = World(self.sites)
        self.feeds: list[Feed] = []
        self._place = memory.place(str(opening.home or opening.sockets))
        self.kept: Mapping[str, Any] = memory.read(self._place)
        self._began = time.monotonic()

    def listen(self, wake: Callable[[], None]) -> None:
        """Begin to follow every runtime."""
        self.feeds = [
            Feed(reach.connect, wake, revive=not self.readonly and reach.state_dir is not None)
            for reach in self.reaches
        ]
        for feed in self.feeds:
            feed.start()

    @property
    def ready(self) -> bool:
        """There is something to press keys on."""
        waited = time.monotonic() - self._began > PATIENCE
        return waited or all(site.loaded or site.trouble for site in self.sites)

    def fold(self, now: float, budget: float) -> bool:
        """Take in the news, for at most `budget` seconds; whether there is more.

        Each runtime that has news gets the same share: one that has much to say silences nobody.
        """
        share = budget / max(1, sum(not feed.news.empty() for feed in self.feeds))
        folded = 0
        for site, feed in zip(self.sites, self.feeds, strict=True):
            count = self._fold(site, feed, now, time.monotonic() + share)
            if count:
                folding.forget(site)
            folded += count
        if folded:
            self.world.version += 1
        return any(not feed.news.empty() for feed in self.feeds)

    def _fold(self, site: Site, feed: Feed, now: float, end: float) -> int:
        count = 0
        while not feed.news.empty() and time.monotonic() < end:
            news = feed.news.get()
            folding.fold(site, news, now)
            if news.kind == "hello":
                labels.name(self.sites)
            count += 1
        if site.adrift:
            site.adrift = False
            feed.resync()
        return count

    def start_again(self) -> None:
        """Have runtimes of this machine that were stopped started."""
        for feed in self.feeds:
            feed.start_again()

    def lay_sample(self) -> dict[str, Any]:
        """Lay the sample flows. Raises RefusedError where that would touch somebody's files."""
        from jobmon.jobs.samples import lay

        home = self.opening.home
        if home is None:
            raise RefusedError("lay the sample", "the batch folder is on another machine")
        try:
            return {"files": [str(path) for path in lay(home)]}
        except FileExistsError as error:
            raise RefusedError("lay the sample", str(error), "jobmon demo DIR") from error

    def remember(self, kept: Mapping[str, Any]) -> None:
        """What to know next time; a screen that was asked for is not the one to come back to."""
        before = {"screen": self.kept.get("screen")} if self.first_screen else {}
        self.kept = {**kept, **before}

    def close(self) -> None:
        """End the feeds and remember."""
        for feed in self.feeds:
            feed.close()
        memory.write(self._place, self.kept)


def _site(number: int, reach: Reach) -> Site:
    """A runtime of which nothing is known yet."""
    site = Site(number, labels.of_socket(reach.sock) if reach.sock else "")
    site.remote = reach.state_dir is None
    return site
