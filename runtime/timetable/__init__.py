"""When a schedule fires: zones, changes of the clocks, calendars, blackout windows. Pure."""
