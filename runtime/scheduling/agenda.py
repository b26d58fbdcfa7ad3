"""When the plans of a folder fire next; remembered until the flows, the settings or the slot pass.

Asked by screens every few seconds: five hundred schedules are read once, not each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.config import Settings
from jobmon.runtime.localzone import local_zone
from jobmon.runtime.scheduling.plans import Plan, read
from jobmon.runtime.timetable import fire_times

AHEAD = 4
"""Fire times that are told of a flow."""


class Agenda:
    """Of one folder. Each answer follows the flows and settings it is given."""

    def __init__(self) -> None:
        self._of: tuple[Mapping[str, FlowDef], Settings] | None = None
        self._plans: list[Plan] = []
        self._next: dict[str, tuple[float, list[float]]] = {}

    def next(
        self, flows: Mapping[str, FlowDef], settings: Settings, now: float
    ) -> dict[str, list[float]]:
        """The next instants at which plans start each flow, ascending, by the flow's name.

        A plan that is not active, or cannot be read, starts nothing.
        """
        if self._of is None or self._of[0] is not flows or self._of[1] is not settings:
            self._plans = [plan for plan in read(flows, settings)[0].values() if plan.active]
            self._of, self._next = (flows, settings), {}
        found: dict[str, set[float]] = {}
        for plan in self._plans:
            found.setdefault(plan.flow.name, set()).update(self._ahead(plan, settings, now))
        return {name: sorted(slots)[:AHEAD] for name, slots in found.items()}

    def _ahead(self, plan: Plan, settings: Settings, now: float) -> list[float]:
        asked, slots = self._next.get(plan.name, (float("inf"), []))
        if asked <= now and (not slots or now < slots[0]):
            return slots
        try:
            local = "" if plan.cron.tz else local_zone()
            times = fire_times(plan.cron, now, local, settings.calendars)
            slots = [slot.at for slot in islice(times, AHEAD)]
        except WrongError:
            slots = []
        self._next[plan.name] = (now, slots)
        return slots
