"""What people ask about messages: a test, another try, the report now."""

from __future__ import annotations

import asyncio
from typing import Any

from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.library import Library
from jobmon.runtime.notify import reporting
from jobmon.runtime.notify.notifier import Notifier
from jobmon.runtime.notify.targets import wanted
from jobmon.runtime.pending import Planned
from jobmon.runtime.store import Batch

Answer = dict[str, Any]
HINT = "write [[notify]] into jobmon.toml, see docs/notifications.md"


class Wishes:
    """Answers the operation `notify`. Raises RefusedError when there is nobody to tell."""

    def __init__(
        self, configuration: Configuration, engine: Engine, library: Library, notifier: Notifier
    ) -> None:
        self._configuration, self._engine = configuration, engine
        self._library, self._notifier = library, notifier

    async def answer(self, request: Answer) -> Answer:
        """One of: {"test": true}, {"retry": true}, {"report": {"since", "until"}}."""
        idem = str(request.get("idem", ""))
        if request.get("retry"):
            return await self._engine.order(self._retry, idem)
        if not self._configuration.now.notify:
            raise RefusedError("send a message", "no rule names anybody", HINT)
        if request.get("test"):
            return {"results": await self._notifier.post.try_all()}
        return await self._report(request.get("report") or {}, idem)

    def _retry(self, now: float, batch: Batch) -> Planned:
        return [], {"messages": self._notifier.retry(now, batch)}

    async def _report(self, asked: Answer, idem: str) -> Answer:
        settings, flows = self._configuration.now, (await self._library.current()).flows
        to = [target.label for target in wanted(settings, "report").values()]
        if not to:
            raise RefusedError("send the report", 'no rule has on = ["report"]', HINT)
        since, until = float(asked["since"]), float(asked["until"])
        text = await asyncio.to_thread(reporting.made, settings, flows, since, until)

        def plan(now: float, batch: Batch) -> Planned:
            self._notifier.tell("report", text, now, batch, f"report.{now:.3f}")
            return [], {"to": to}

        return await self._engine.order(plan, idem)
