"""What the shell offers on TAB for runs, jobs and flows. Silent when nothing can be known."""

from __future__ import annotations

from collections.abc import Callable

import click

from jobmon.runtime.errors import JobmonError
from jobmon.tui.desk import Desk


def suggest(kind: str, ctx: click.Context, incomplete: str) -> list[str]:
    """The names of `kind` (run, job, flow) that begin with what is typed."""
    desk = ctx.find_root().obj or Desk(ctx.find_root().params.get("home"))
    try:
        names = SOURCES[kind](desk, ctx)
    except (JobmonError, OSError):
        return []
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _runs(desk: Desk, _ctx: click.Context) -> list[str]:
    rows = desk.view("ls", all=True)["runs"]
    return [row["run"] for row in rows] + [row["flow"] for row in rows] + ["@latest"]


def _jobs(desk: Desk, ctx: click.Context) -> list[str]:
    run = ctx.params.get("run")
    taken = ctx.params.get("jobs") or ()
    jobs = desk.view("show", run=run)["jobs"] if run else []
    return [job["job"] for job in jobs if job["job"] not in taken]


def _flows(desk: Desk, _ctx: click.Context) -> list[str]:
    return [row["flow"] for row in desk.view("flows")["flows"]]


SOURCES: dict[str, Callable[[Desk, click.Context], list[str]]] = {
    "run": _runs,
    "job": _jobs,
    "flow": _flows,
}
