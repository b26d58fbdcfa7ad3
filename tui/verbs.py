"""Commands that act on runs and jobs. Each says what it touched, or why it may not act.

Where the answer should be yes first, they ask on a terminal only: a script that says `cancel`
means it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from jobmon.runtime.errors import RefusedError, UsageError
from jobmon.runtime.words import command
from jobmon.tui.desk import Desk
from jobmon.tui.options import (
    complete,
    document,
    job_argument,
    jobs_argument,
    json_option,
    page,
    preview_option,
    run_argument,
    why_option,
    yes_option,
)

_F = TypeVar("_F", bound=Callable[..., Any])
Document = dict[str, Any]


def verb(asks: bool = True) -> Callable[[_F], _F]:
    """The options every verb takes; `asks` adds --yes."""

    def decorate(deed: _F) -> _F:
        shared = [preview_option, why_option, *([yes_option] if asks else []), json_option]
        for option in reversed(shared):
            deed = option(deed)
        return click.pass_obj(deed)  # type: ignore[return-value]  # click's own type is wider

    return decorate


class Order:
    """One verb about to be given: what it is, on what, and how it is answered."""

    def __init__(self, desk: Desk, name: str, common: Mapping[str, Any]) -> None:
        self.desk, self.name = desk, name
        self.preview = bool(common["preview"])
        self.yes = bool(common.get("yes"))
        self.as_json = bool(common["as_json"])
        self.args: Document = {"verb": name, "why": common["why"], "options": {}}

    def on(self, run: str | None, jobs: tuple[str, ...] = (), flow: str | None = None) -> Order:
        """Name what it acts on: a run, some of its jobs, or a flow."""
        self.args |= {"run": run, "jobs": list(jobs) or None, "flow": flow}
        return self

    def give(self, *, ask: Callable[[Document], bool] = lambda _: False, **options: Any) -> None:
        """Preview, ask where it should be asked, act, and say what was touched."""
        self.args["options"] = {k: v for k, v in options.items() if v not in (None, False)}
        if self.preview:
            self._answer(self._call(preview=True))
        elif self._agreed(ask):
            self._answer(self._call(preview=False))

    def _call(self, *, preview: bool) -> Document:
        return self.desk.call("verb", preview=preview, **self.args)

    def _agreed(self, ask: Callable[[Document], bool]) -> bool:
        if self.yes or self.as_json or not _can_ask(self.desk):
            return True
        plan = self._call(preview=True)
        if not ask(plan):
            return True
        from jobmon.tui import lists

        page(lists.touched(self.desk.ink, plan))
        click.confirm(f"{self.name} this?", abort=True, err=True)
        return True

    def _answer(self, answer: Document) -> None:
        if self.as_json:
            document(self.desk.ink, {"schema": "jobmon.verb/1", "verb": self.name, **answer})
            return
        from jobmon.tui import lists

        lines = lists.touched(self.desk.ink, answer)
        what = f"{self.name}: would touch" if self.preview else f"{self.name}: done"
        head = what if lines else f"{self.name}: nothing to touch"
        page([self.desk.ink.paint(head, "bold"), *lines])


def _can_ask(desk: Desk) -> bool:
    import sys

    return desk.ink.terminal and sys.stdin.isatty()


def _always(_plan: Document) -> bool:
    return True


@click.command()
@click.argument("run", metavar="[RUN]", required=False, shell_complete=complete("run"))
@jobs_argument
@click.option("--flow", metavar="FLOW", help="The whole flow.", shell_complete=complete("flow"))
@click.option("--until", metavar="TIME", help="For a flow: released by itself then (ISO 8601).")
@verb(asks=False)
def hold(
    desk: Desk, run: str | None, jobs: tuple[str, ...], flow: str | None, until: str | None,
    **common: Any,
) -> None:  # fmt: skip
    """Keep jobs, a run or a flow from starting. What runs is left alone.

    With JOBs those jobs, without any the run: nothing new of it starts. With --flow its slots
    become held records.
    """
    _one_target(run, flow)
    Order(desk, "hold", common).on(run, jobs, flow).give(until=_instant(until))


@click.command()
@click.argument("run", metavar="[RUN]", required=False, shell_complete=complete("run"))
@jobs_argument
@click.option("--flow", metavar="FLOW", help="The whole flow.", shell_complete=complete("flow"))
@click.option(
    "--catch-up",
    type=click.Choice(["all", "latest", "none"]),
    help="Of a flow: start the slots it missed meanwhile; without, they are only listed.",
)
@verb(asks=False)
def release(
    desk: Desk,
    run: str | None,
    jobs: tuple[str, ...],
    flow: str | None,
    catch_up: str | None,
    **common: Any,
) -> None:
    """Undo a hold: what was held may start.

    A flow's answer lists the slots that were missed, each with the line that starts it.
    """
    _one_target(run, flow)
    if catch_up and not flow:
        raise UsageError(f"release {run}", "--catch-up is about a flow", "release --flow FLOW")
    Order(desk, "release", common).on(run, jobs, flow).give(catch_up=catch_up)


@click.command()
@run_argument
@jobs_argument
@click.option("--output", metavar="JSON", help="What successors read as the job's output.")
@click.option("--stop", is_flag=True, help="Stop the ones that run, and skip them then.")
@verb()
def skip(
    desk: Desk, run: str, jobs: tuple[str, ...], output: str | None, stop: bool, **common: Any
) -> None:
    """Pass over jobs that have not started.

    Successors go on as if they had succeeded.
    """
    _some(jobs, "skip")
    order = Order(desk, "skip", common).on(run, jobs)
    order.give(ask=_always, value=_json_value(output), stop=stop)


@click.command()
@run_argument
@jobs_argument
@click.option("--hard", is_flag=True, help="Of a run: its finally jobs do not run either.")
@click.option("--grace", type=click.FloatRange(0), metavar="SECONDS", help="From TERM to KILL.")
@verb()
def cancel(
    desk: Desk, run: str, jobs: tuple[str, ...], hard: bool, grace: float | None, **common: Any
) -> None:
    """Stop jobs, or the whole run.

    TERM, grace, KILL; unstarted ones never start. A job is cancelled once none of its processes
    is alive. It is not retried.
    """
    Order(desk, "cancel", common).on(run, jobs).give(ask=_always, hard=hard, grace=grace)


@click.command()
@run_argument
@jobs_argument
@verb()
def kill(desk: Desk, run: str, jobs: tuple[str, ...], **common: Any) -> None:
    """Stop jobs at once: KILL without a TERM.

    Without JOB the whole run: what has not started never will, its finally jobs excepted.
    """
    Order(desk, "kill", common).on(run, jobs).give(ask=_always)


@click.command()
@run_argument
@jobs_argument
@click.option("--only", is_flag=True, help="The job alone: what follows it stays, marked stale.")
@click.option("--failed", is_flag=True, help="Every job of the run that did not succeed.")
@verb()
def rerun(
    desk: Desk, run: str, jobs: tuple[str, ...], only: bool, failed: bool, **common: Any
) -> None:
    """Run jobs again, and all that follows them.

    By the current code. What comes before and other branches keep their state. Asks when more
    than one job is touched or one is not declared idempotent.
    """
    if failed == bool(jobs):
        why = "name the jobs to rerun, or say --failed for all that did not succeed"
        raise UsageError(f"rerun {run}", why, f"see them: {command('show', run)}")
    if failed and only:
        raise UsageError(f"rerun {run}", "--failed and --only exclude each other", "say one")

    def ask(plan: Document) -> bool:
        return len(plan["touched"]) > 1 or not _idempotent(desk, run, plan)

    Order(desk, "rerun", common).on(run, jobs).give(ask=ask, only=only, failed=failed)


def _idempotent(desk: Desk, run: str, plan: Document) -> bool:
    touched = {row["job"] for row in plan["touched"]}
    jobs = desk.view("show", run=run)["jobs"]
    return all(job.get("effects") == "idempotent" for job in jobs if job["job"] in touched)


@click.command()
@run_argument
@job_argument
@click.argument("outcome", type=click.Choice(["success", "failed"]))
@click.option("--note", metavar="TEXT", help="The same as --why.")
@click.option("--output", metavar="JSON", help="With success: the output successors read.")
@verb()
def mark(
    desk: Desk, run: str, job: str, outcome: str, note: str | None, output: str | None,
    **common: Any,
) -> None:  # fmt: skip
    """Set the outcome of a job that is not running.

    What follows it is looked at again at once.
    """
    if outcome == "failed" and output is not None:
        why = "a failed job has no output that a successor could read"
        raise UsageError(f"mark {job} failed", why, "leave out --output")
    common["why"] = common["why"] or note
    order = Order(desk, "mark", common).on(run, (job,))
    order.give(ask=_always, outcome=outcome, value=_json_value(output))


@click.command()
@run_argument
@jobs_argument
@click.option("--output", metavar="JSON", help="The output successors read.")
@verb(asks=False)
def done(desk: Desk, run: str, jobs: tuple[str, ...], output: str | None, **common: Any) -> None:
    """Say that a manual step is done.

    Without JOB, the one that waits.
    """
    names = jobs or _waiting(desk, run)
    Order(desk, "done", common).on(run, names).give(value=_json_value(output))


def _waiting(desk: Desk, run: str) -> tuple[str, ...]:
    jobs = desk.view("show", run=run)["jobs"]
    names = tuple(job["job"] for job in jobs if job["state"] == "waiting_human")
    what = f"complete a manual step of {run}"
    if not names:
        raise RefusedError(what, "none waits for a person", f"see it: {command('show', run)}")
    if len(names) > 1:
        why = f"{len(names)} steps wait for a person: {', '.join(names)}"
        raise UsageError(what, why, command("done", run, names[0]))
    return names


def _one_target(run: str | None, flow: str | None) -> None:
    if bool(run) == bool(flow):
        raise UsageError("find what to act on", "name a RUN, or a flow with --flow", "one of them")


def _some(jobs: tuple[str, ...], name: str) -> None:
    if not jobs:
        raise UsageError(name, "name the jobs", f"jobmon {name} RUN JOB...")


def _json_value(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise UsageError(
            "read --output", f"it is no JSON: {error}", "such as '{\"rows\": 3}'"
        ) from error


def _instant(text: str | None) -> float | None:
    from datetime import datetime

    try:
        return None if text is None else datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError as error:
        why = f"{text!r} is no time"
        raise UsageError("read --until", why, "such as 2026-11-24T06:00") from error


COMMANDS = (hold, release, skip, cancel, kill, rerun, mark, done)
