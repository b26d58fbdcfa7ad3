"""What `ls` prints around its tables: the footer, and what to do when there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.words import command
from jobmon.tui import lists
from jobmon.tui.desk import Desk
from jobmon.tui.profile import badge
from jobmon.tui.text import count

Document = Mapping[str, Any]


def must_be_known(desk: Desk, flow: str) -> None:
    """Raises NotFoundError for a flow that never ran and that no file declares."""
    names = [row["flow"] for row in desk.view("flows")["flows"]]
    if flow in names:
        return
    import difflib

    near = difflib.get_close_matches(flow, names, n=1)
    hint = f"did you mean {near[0]}?" if near else command("ls", "--flows")
    known = ", ".join(names[:20]) or "none"
    raise NotFoundError(f"list the runs of {flow}", f"the flows: {known}", hint)


def runs(desk: Desk, body: Document, flow: str | None) -> list[str]:
    """The table of runs, or how to get one."""
    ink, rows = desk.ink, body["runs"]
    if not rows:
        of = f" of {ink.safe(flow)}" if flow else ""
        return [
            f"no run{of} yet",
            f"  start one: {ink.safe(command('run', flow or 'FLOW'))}",
            "  see the flows: jobmon ls --flows",
        ]
    lines = lists.runs(ink, rows, desk.now())
    if ink.terminal:
        mark = ink.paint(*badge(body.get("profile") or ""))
        lines = [mark, *lines] if mark else lines
        of = f" of {ink.safe(flow)}" if flow else ""
        lines += ["", ink.paint(f"{lists.runs_footer(rows)}{of}", "dim")]
    return lines


def flows(desk: Desk, body: Document) -> list[str]:
    """The table of flows, or how to get one; files that do not load are counted."""
    ink, rows = desk.ink, body["flows"]
    broken = len(body.get("mistakes") or ())
    lines = lists.flows(ink, rows, desk.now()) if rows else ["no flows yet"]
    if not rows and not broken:
        lines += ["  write flows/NAME.py, see docs/flows.md", "  or lay a sample: jobmon demo"]
    if broken:
        lines.append(
            ink.paint(f"{count(broken, 'mistake')} in flow files, see: jobmon check", "yellow")
        )
    return lines
