"""Documents for the screens: asked in threads, each when it is due, never twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from jobmon.runtime.client import SilentRuntimeError
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.forecasting import forecast
from jobmon.runtime.model import RUN_TERMINAL
from jobmon.tui import folding
from jobmon.tui.reach import Reach, changes
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.workers import Workers
from jobmon.tui.world import Site, Want, World

STATUS_EVERY = 5.0
FLOWS_EVERY = 30.0
HISTORY_EVERY = 600.0
AGAIN = 2.0
"""Seconds after which an answer that failed is asked for again."""
KEPT = 100
"""Documents kept of a site."""

Action = Callable[[], Any]
Then = Callable[[Any], None]
Post = Callable[[Callable[[], None]], None]
"""Has a function called on the screen's own thread."""


class Asker:
    """`post` brings answers to the screen's thread.

    Each runtime has threads of its own: one that is frozen holds up no other, and nothing that is
    read on this machine. What changes a runtime is done in turn.
    """

    def __init__(self, reaches: Sequence[Reach], post: Post) -> None:
        self._reaches, self._post = reaches, post
        self._local = Workers(2, "read")
        self._readers = [Workers(2, "read") for _ in reaches]
        # By its status a runtime is seen to be there: that waits for nothing else.
        self._pulse = Workers(len(reaches), "status")
        self._writers = [ThreadPoolExecutor(1, thread_name_prefix="write") for _ in reaches]
        self._changes: list[Future[None]] = []
        self._apart: list[threading.Thread] = []
        self._due: dict[Want, float] = {}
        self._under_way: set[Want] = set()

    def close(self) -> None:
        """Read no more; what was told to be done is done before the process ends."""
        for readers in (self._local, self._pulse, *self._readers):
            readers.close()
        for writer in self._writers:
            writer.shutdown(wait=False)

    @property
    def busy(self) -> bool:
        """Something that takes long is still being done."""
        return any(thread.is_alive() for thread in self._apart)

    @property
    def idle(self) -> bool:
        """All that was told to be done is done."""
        return not self.busy and all(change.done() for change in self._changes)

    def finish(self) -> None:
        """Wait until all that was told to be done is done."""
        for thread in self._apart:
            thread.join()
        for writer in self._writers:
            writer.shutdown()

    def call(self, site: int, op: str, args: Mapping[str, Any], then: Then) -> None:
        """One request; `then` hears its answer or the error it came to."""
        do = self.change if changes(op, args) else self.work
        do(lambda: self._reaches[site].call(op, **args), then, site=site)

    def work(self, action: Action, then: Then, *, site: int | None = None) -> None:
        """Read something, of a runtime or of this machine, and tell the screen what came of it."""
        readers = self._local if site is None else self._readers[site]
        readers.submit(self._told(action, then))

    def change(self, action: Action, then: Then, *, site: int = 0) -> None:
        """Do something to a runtime, after what was to be done to it before."""
        self._changes = [change for change in self._changes if not change.done()]
        self._changes.append(self._writers[site].submit(self._told(action, then)))

    def apart(self, action: Action, then: Then) -> None:
        """Do something that takes long, beside all else; it is done when the screen is left too."""
        self._apart = [thread for thread in self._apart if thread.is_alive()]
        thread = threading.Thread(target=self._told(action, then), name="apart")
        self._apart.append(thread)
        thread.start()

    def _told(self, action: Action, then: Then) -> Callable[[], None]:
        """The action, with what comes of it told to the screen; it raises nothing."""

        def run() -> None:
            try:
                answer = action()
            except Exception as error:  # noqa: BLE001 - who waits for it must hear something
                answer = error if isinstance(error, JobmonError) else _as_error(error)
            self._post(lambda: then(answer))

        return run

    def fetch(self, wants: Iterable[Want], world: World, now: float) -> None:
        """Ask for those that are due; answers turn up in their sites."""
        self._forget(now)
        for want in wants:
            site = world.sites[want.site]
            if _may_answer(site, want) and now >= self._due.get(want, 0.0) and self._begin(want):
                self._due[want] = now + want.every
                self._ask(site, want, now)

    def _forget(self, now: float) -> None:
        """Wants of long ago."""
        if len(self._due) > 2 * KEPT:
            self._due = {want: due for want, due in self._due.items() if due > now}

    def _begin(self, want: Want) -> bool:
        if want in self._under_way:
            return False
        self._under_way.add(want)
        return True

    def _ask(self, site: Site, want: Want, now: float) -> None:
        def hear(answer: Any) -> None:
            self._under_way.discard(want)
            failed = isinstance(answer, JobmonError)
            if want in self._due:  # else it is out of date by now
                self._due[want] = time.time() + (AGAIN if failed else want.every)
            if isinstance(answer, SilentRuntimeError) and want.name == "status":
                folding.silent(site, now, answer)  # others may wait for flow files that load slowly
            elif not failed:
                folding.answered(site)
                _keep(site, want, answer)

        def ask() -> Mapping[str, Any]:
            args = {"name": want.name, "args": dict(want.args)}
            return self._reaches[want.site].call("view", **args)

        if want.name == "status":
            self._pulse.submit(self._told(lambda: _timed(ask), hear))
        else:
            self.work(ask, hear, site=want.site)

    def again(self, name: str) -> None:
        """What is known by that name is out of date."""
        for want in [want for want in self._due if want.name == name]:
            del self._due[want]


def _timed(ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """An answer, and between which moments of ours it was given."""
    asked = time.time()
    return {**ask(), "asked": asked, "heard": time.time()}


def _may_answer(site: Site, want: Want) -> bool:
    """One that is silent is asked for its status alone, which tells that it is back."""
    return site.away is None or (site.silent and want.name == "status")


def _as_error(error: Exception) -> JobmonError:
    why = str(error) if isinstance(error, OSError) else repr(error)
    return JobmonError("read for the screen", why, "jobmon doctor")


def _keep(site: Site, want: Want, answer: Mapping[str, Any]) -> None:
    if want.name == "history":  # what is made of it is a tenth as large
        site.histories[answer["flow"]] = forecast.history_of(answer)
        return
    if want.name == "status":
        site.status = answer
        folding.tell_time(site, answer)
    elif want.name == "flows":
        site.flows = answer
    site.documents.pop(want, None)
    site.documents[want] = answer
    while len(site.documents) > KEPT:
        del site.documents[next(iter(site.documents))]


def wanted(view: View, stage: Stage) -> list[Want]:
    """What the screen needs, and what all of them need: status, flows, histories."""
    found = list(view.wants(stage))
    for site in stage.world.sites:
        found.append(Want(site.number, "status", (), STATUS_EVERY))
        found.append(Want(site.number, "flows", (), FLOWS_EVERY))
        found += histories(site)
    return found


def histories(site: Site) -> list[Want]:
    """Of each flow that is on the board: anew whenever a run of it ended."""
    newest: dict[str, float] = {}
    for run in site.board.runs.values():
        ended = run.ended or 0.0 if run.state in RUN_TERMINAL else 0.0
        newest[run.flow] = max(newest.get(run.flow, 0.0), ended)
    return [
        Want(site.number, "history", (("flow", flow),), HISTORY_EVERY, f"{ended}")
        for flow, ended in newest.items()
    ]
