"""One of each screen, kept for as long as the monitor is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.screens.equalizer import Equalizer
from jobmon.tui.screens.history import History
from jobmon.tui.screens.keys import Keys
from jobmon.tui.screens.limits import Limits
from jobmon.tui.screens.log.view import LogView
from jobmon.tui.screens.queue import Queue
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.screens.syslog import Syslog
from jobmon.tui.screens.view import View
from jobmon.tui.screens.wall import Wall


class Screens(Mapping[str, View]):
    """The screens by their names."""

    def __init__(self, keys: Mapping[str, Sequence[str]], columns: Sequence[str]) -> None:
        self.queue, self.dag, self.log = Queue(columns), DagView(), LogView()
        self.equalizer = Equalizer()
        self.wall = Wall(self.equalizer.seen)
        self.schedule, self.history = Schedule(), History()
        self.limits, self.syslog, self.keys_page = Limits(), Syslog(), Keys(keys)
        every = (
            self.queue, self.dag, self.equalizer, self.log, self.schedule, self.history,
            self.limits, self.syslog, self.wall, self.keys_page,
        )  # fmt: skip
        self._views: dict[str, View] = {view.name: view for view in every}

    def __getitem__(self, name: str) -> View:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)
