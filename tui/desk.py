"""What every command works at: the batch folder, its runtime or its stored state, the output.

The one place where the command line touches the runtime, and the one that tests replace.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jobmon.runtime.errors import NoRuntimeError, NotFoundError, RefusedError, UsageError
from jobmon.runtime.settings.profiles import VARIABLE
from jobmon.tui.ink import Ink, measure

if TYPE_CHECKING:
    from jobmon.runtime.client import Client
    from jobmon.runtime.config import Settings

Document = dict[str, Any]
_OF_RUNS = frozenset({"ls", "show", "explain", "events"})
"""Documents made from recorded runs; nothing else is needed for them."""


def _no_runs(name: str, run: str | None) -> Document:
    """The document of a folder in which nothing ever ran. Raises NotFoundError about a run."""
    if run:
        why, hint = "no run has been started yet", "start one: jobmon run FLOW"
        raise NotFoundError(f"find the run {run}", why, hint)
    rows: Document = {"runs": [], "seq": 0} if name == "ls" else {"events": [], "names": {}}
    return {"schema": f"jobmon.{name}/1", **rows}


class Looking(NamedTuple):
    """How the monitor is asked for: on which sockets, and whether it only looks."""

    sockets: tuple[Path, ...] = ()
    readonly: bool = False


class Desk:
    """Opened once per command. Nothing is read or connected before it is asked for."""

    def __init__(self, home: str | None = None) -> None:
        self.named_home = home
        self.looking = Looking()
        self._frozen = False  # a runtime is there that does not answer, and that was told

    @cached_property
    def ink(self) -> Ink:
        """What standard output can show."""
        return measure()

    @cached_property
    def settings(self) -> Settings:
        """The batch folder's settings. Raises NotFoundError or UsageError."""
        from jobmon.runtime import config

        return config.load(self.home)

    @cached_property
    def home(self) -> Path:
        """The batch folder. Raises NotFoundError."""
        from jobmon.runtime import config

        return config.find_home(self.named_home)

    @property
    def state_dir(self) -> Path:
        """Where its state and logs lie."""
        from jobmon.runtime.config import STATE_NAME

        return self.home / STATE_NAME

    @cached_property
    def usable(self) -> Settings:
        """The settings; the usual ones while the file is broken, for looking and for stopping."""
        from jobmon.runtime import config

        try:
            return self.settings
        except UsageError:
            return config.usual(self.home)

    def now(self) -> float:
        """The wall clock."""
        return time.time()

    def connect(self, *, start: bool = False, limit: float | None = None) -> Client:
        """A new connection; starts the runtime when `start`. Raises NoRuntimeError.

        An answer may take `limit` seconds, None: as long as the client bears. RefusedError when one
        is to be there, and serves another profile than the one that was named.
        """
        from jobmon.runtime.client import ANSWER_LIMIT, connect
        from jobmon.tui import profile

        client = connect(self.state_dir, start=start, limit=limit or ANSWER_LIMIT)
        if start:
            try:
                profile.same(os.environ.get(VARIABLE, ""), client.hello.get("profile", ""))
            except RefusedError:
                client.close()
                raise
        return client

    @cached_property
    def runtime(self) -> Client:
        """The runtime of this folder, started when there is none."""
        return self.connect(start=True)

    def view(self, name: str, **args: Any) -> Document:
        """A document, from the runtime when one is there and answers, else from the state."""
        given = {key: value for key, value in args.items() if value is not None}
        nothing = name in _OF_RUNS and not self._database.exists()
        body = _no_runs(name, given.get("run")) if nothing else self._looked(name, given)
        return {"profile": self._profile(), **body} if name == "ls" else body

    def _looked(self, name: str, args: Document) -> Document:
        from jobmon.runtime import client

        if not self._frozen:
            try:
                return client.asked(self.usable, name, args)
            except client.SilentRuntimeError as error:
                self._tell_frozen(error)
        return client.stored(self.usable, name, args)

    def _tell_frozen(self, error: NoRuntimeError) -> None:
        """Once, beside the document: what follows is not asked of the runtime any more."""
        if not self._frozen:
            told = f"a runtime is there, but {error.why}: read from the stored state"
            sys.stderr.write(f"jobmon: {told}; see: jobmon status\n")
        self._frozen = True

    def status(self, patience: float | None = None) -> Document:
        """How the runtime is, and when it last gave a sign of life; also when there is none.

        One that does not answer within `patience` seconds counts as none, with that as a trouble;
        who gives none may not show troubles, and is told beside the document.
        """
        from jobmon.runtime.notify.alive import seen

        return self._status(patience) | {"seen": seen(self.state_dir)}

    def _status(self, patience: float | None) -> Document:
        if not self._database.exists():
            return self._answered(patience) or self._without_runtime()
        body = self._soon(patience)
        return body if body["running"] else self._without_runtime() | body

    def _answered(self, patience: float | None) -> Document | None:
        """What a runtime says whose state was taken away under it."""
        try:
            with self.connect(limit=patience) as client:
                return client.call("view", name="status")
        except NoRuntimeError:
            return None

    def _soon(self, patience: float | None) -> Document:
        from jobmon.runtime import views
        from jobmon.runtime.client import LOOK_LIMIT, SilentRuntimeError

        troubles: list[str] = []
        try:
            with self.connect(limit=patience or LOOK_LIMIT) as client:
                return client.call("view", name="status")
        except SilentRuntimeError as error:
            if patience is None:
                self._tell_frozen(error)
            self._frozen = True
            troubles = [f"a runtime is there, but {error.why}; {error.hint}"]
        except NoRuntimeError:
            pass
        return views.read(self.state_dir, "status", {}) | {"troubles": troubles}

    def _without_runtime(self) -> Document:
        settings = self.usable
        return {
            "schema": "jobmon.status/1",
            "running": False,
            **dict.fromkeys(("pid", "version", "started", "uptime", "flows")),
            "home": str(settings.home),
            "profile": self._profile(),
            "broken": [],
            "slots": {"total": settings.slots, "busy": 0},
            "counts": {},
            "jobs": {},
            "mistakes": [],
            "db": str(self._database),
            "troubles": [],
        }

    def _profile(self) -> str:
        """The one that was named; else that of a runtime that was killed, which the next takes."""
        from jobmon.runtime.disk import WriterLock

        before = WriterLock(self.state_dir).holder().get("profile")
        return str(before or "") if VARIABLE not in os.environ else self.usable.profile

    @property
    def _database(self) -> Path:
        return self.state_dir / "state.db"

    def call(self, op: str, **args: Any) -> Document:
        """Ask the runtime to do something; one is started when there is none."""
        return self.runtime.call(op, **args)
