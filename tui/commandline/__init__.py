"""Command mode: from a typed line to what it asks for, its completions, its line of help. Pure."""

from jobmon.tui.commandline.completing import complete, help_line
from jobmon.tui.commandline.reading import parse
from jobmon.tui.commandline.records import (
    STATES,
    At,
    Command,
    Complaint,
    Context,
    Filter,
    Find,
    Go,
    Locate,
    ReadOnly,
    Replay,
    Run,
    Simple,
    Sort,
    Theme,
    Verb,
)

__all__ = [
    "STATES",
    "At",
    "Command",
    "Complaint",
    "Context",
    "Filter",
    "Find",
    "Go",
    "Locate",
    "ReadOnly",
    "Replay",
    "Run",
    "Simple",
    "Sort",
    "Theme",
    "Verb",
    "complete",
    "help_line",
    "parse",
]
