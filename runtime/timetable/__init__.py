"""When a schedule fires: zones, changes of the clocks, calendars, blackout windows. Pure.

croniter and holidays are imported when the first schedule, the first calendar is asked for.
"""

from jobmon.runtime.timetable.explain import Told, explain_days
from jobmon.runtime.timetable.slots import Slot, fire_times, slot_key

__all__ = ["Slot", "Told", "explain_days", "fire_times", "slot_key"]
