"""The graph page (`graph`): a flow as a tree, its critical path bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.tui import tree
from jobmon.tui.ink import Ink
from jobmon.tui.runpage import needs
from jobmon.tui.text import Cell, Column, cell, count, duration, table

Document = Mapping[str, Any]
COLUMNS = (
    Column("JOB", flexible=True, least=16),
    Column("KIND", keep=2),
    Column("USUALLY", keep=1, right=True),
    Column("NEEDS", flexible=True, least=10, keep=3),
    Column("WHAT", flexible=True, least=24, keep=4),
)
NEEDS_SHOWN = 6


def page(ink: Ink, flow: Document) -> list[str]:
    """Title, tree and critical path of a flow."""
    jobs = flow["jobs"]
    nodes = [tree.Node(j["job"], needs(j, jobs), _seconds(j)) for j in jobs]
    found = tree.graph(nodes)
    path = [i for i in found.order if jobs[i].get("critical")]
    rows = [_row(ink, branch, jobs, set(path)) for branch in tree.branches(found, ink.lines)]
    return [_title(ink, flow), "", *table(ink, COLUMNS, rows), "", *_critical(ink, jobs, path)]


def _seconds(job: Document) -> float:
    """How long it usually takes, else one unit; the tree hangs jobs under critical ones first."""
    return (job.get("seconds") or 1.0) * (1.000001 if job.get("critical") else 1.0)


def _title(ink: Ink, flow: Document) -> str:
    about = f"  {ink.safe(flow['description'])}" if flow.get("description") else ""
    number = f"  {count(len(flow['jobs']), 'job')}"
    return ink.paint(ink.safe(flow["flow"]), "bold") + number + ink.paint(about, "dim")


def _row(
    ink: Ink, branch: tree.Branch, jobs: Sequence[Document], path: set[int]
) -> list[Cell | str]:
    if branch.references:
        names = " ".join(f"^{ink.safe(jobs[i]['job'])}" for i in branch.references)
        return [((branch.guides, "dim"), (names, "dim")), "", "", "", ""]
    job = jobs[branch.node]
    name = (ink.safe(job["job"]), "bold cyan" if branch.node in path else "")
    return [
        ((branch.guides, "dim"), name),
        cell(job.get("kind") or "", "dim"),
        duration(job.get("seconds")),
        cell(ink.safe(_needs(job)), "dim"),
        cell(ink.safe(job.get("text") or job.get("description") or ""), "dim"),
    ]


def _needs(job: Document) -> str:
    """The parents where the tree alone does not show them all, and a trigger that is not usual."""
    after = list(job.get("after") or ())
    words = " + ".join(after[:NEEDS_SHOWN]) if len(after) > 1 else ""
    if len(after) > NEEDS_SHOWN:
        words += f" + {len(after) - NEEDS_SHOWN} more"
    trigger = job.get("trigger") or "all_success"
    return words if trigger == "all_success" else f"{trigger}: {words}".rstrip(": ")


def _critical(ink: Ink, jobs: Sequence[Document], path: Sequence[int]) -> list[str]:
    names = [ink.paint(ink.safe(jobs[i]["job"]), "bold cyan") for i in path]
    known = any(job.get("seconds") for job in jobs)
    total = sum(jobs[i].get("seconds") or 0 for i in path)
    basis = f" {ink.lines.dot} usually {duration(total)}" if known else ""
    return [f"critical path: {f' {ink.lines.arrow} '.join(names)}{basis}"] if len(path) > 1 else []
