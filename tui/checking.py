"""`jobmon check`: every flow loaded in a child process, every mistake with its place.

Then what the flows ask of the folder is compared with its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.tui.ink import Ink
from jobmon.tui.text import count

Document = Mapping[str, Any]
SCHEMA = "jobmon.check/1"


def load(settings: Settings) -> dict[str, Any]:
    """The flows that load, the mistakes of all, and what the folder does not have."""
    from jobmon.jobs.checking import check_folder
    from jobmon.runtime.checks import unmet
    from jobmon.runtime.scheduling.planchecks import untimely

    loaded = check_folder(settings.home, settings.load_timeout)
    missing = [*unmet(loaded.flows.values(), settings), *untimely(loaded, settings)]
    said = [*loaded.mistakes, *missing]
    flows = [
        {"flow": flow.name, "file": flow.file, "jobs": len(flow.jobs), "hash": flow.hash}
        for flow in loaded.flows.values()
    ]
    found = [
        {"file": m.file, "line": m.line, "text": m.text, "hint": m.hint, "warning": m.warning}
        for m in sorted(said, key=lambda m: (m.file, m.line))
    ]
    return {
        "schema": SCHEMA,
        "home": str(settings.home),
        "flows": flows,
        "mistakes": [m for m in found if not m["warning"]],
        "warnings": [m for m in found if m["warning"]],
    }


def page(ink: Ink, body: Document) -> list[str]:
    """One line per flow, then the mistakes as an editor can jump to them."""
    lines = [_flow(ink, flow) for flow in body["flows"]]
    for mistake in body["mistakes"]:
        lines += _mistake(ink, mistake, "red", "x")
    for warning in body["warnings"]:
        lines += _mistake(ink, warning, "yellow", "*")
    flows, mistakes = count(len(body["flows"]), "flow"), count(len(body["mistakes"]), "mistake")
    return [*lines, f"{flows}, {mistakes}"]


def _flow(ink: Ink, flow: Document) -> str:
    ok = ink.paint("✓" if ink.unicode else "v", "green")
    where = ink.paint(ink.safe(flow["file"]), "dim")
    return f"{ok} {ink.safe(flow['flow'])}  {count(flow['jobs'], 'job')}  {where}"


def _mistake(ink: Ink, mistake: Document, style: str, ascii_sign: str) -> list[str]:
    sign = "✗" if ink.unicode and ascii_sign == "x" else ascii_sign
    place = f"{mistake['file']}:{mistake['line']}" if mistake["line"] else mistake["file"]
    head = f"{ink.paint(sign, style)} {ink.paint(ink.safe(place), 'bold')}: "
    hint = [f"    {ink.safe(mistake['hint'])}"] if mistake["hint"] else []
    return [head + ink.safe(mistake["text"]), *hint]
