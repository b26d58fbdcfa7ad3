"""Commands about the runtime itself: up, down, status, gc, doctor, service, completion."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

import click

from jobmon.runtime.errors import NoRuntimeError
from jobmon.runtime.settings.profiles import VARIABLE
from jobmon.tui import profile
from jobmon.tui.desk import Desk
from jobmon.tui.options import document, hint, json_option, page, pass_desk
from jobmon.tui.text import count

if TYPE_CHECKING:
    from jobmon.runtime.client import Client

GONE_LIMIT = 15.0


@click.command()
@json_option
@pass_desk
def up(desk: Desk, as_json: bool) -> None:
    """Start the runtime, detached.

    One runtime serves one batch folder: when it runs already, this says so.
    """
    try:
        client, began = desk.connect(), False
        profile.same(os.environ.get(VARIABLE, ""), client.hello.get("profile", ""))
    except NoRuntimeError:
        client, began = desk.connect(start=True), True
    hello = client.hello
    client.close()
    if as_json:
        document(desk.ink, {"schema": "jobmon.up/1", "started": began, **_identity(hello)})
        return
    what = "runtime started" if began else "the runtime runs already"
    mark = desk.ink.paint(*profile.badge(hello.get("profile", "")))
    where = desk.ink.safe(desk.home)
    text = f"{what}: pid {hello['pid']}, version {hello['version']}, {where}"
    page([f"{mark} {text}" if mark else text])


def _identity(hello: dict[str, Any]) -> dict[str, Any]:
    return {key: hello.get(key) for key in ("pid", "version", "home", "profile")}


@click.command()
@click.option("--drain", is_flag=True, help="Start nothing new, and wait for what runs.")
@json_option
@pass_desk
def down(desk: Desk, drain: bool, as_json: bool) -> None:
    """Stop the runtime. Jobs go on without it, and are taken up when it is back."""
    client = _reached(desk)
    pid = client.hello["pid"]
    running = _busy(desk)
    client.call("down", drain=drain)
    with contextlib.suppress(NoRuntimeError):  # it may be gone before it hears the question
        for _ in client.subscribe() if drain else ():
            pass
    client.close()
    _await_end(desk, pid)
    if as_json:
        left = 0 if drain else running
        document(desk.ink, {"schema": "jobmon.down/1", "pid": pid, "running": left})
        return
    go = "goes" if running == 1 else "go"
    on = f"; {count(running, 'job')} {go} on without it" if running and not drain else ""
    page([f"runtime stopped: pid {pid}{on}"])


def _reached(desk: Desk) -> Client:
    """A connection to be told to go by. Raises NoRuntimeError, also about one that is frozen."""
    from jobmon.runtime import client
    from jobmon.runtime.disk import WriterLock

    try:
        found = desk.connect(limit=client.LOOK_LIMIT)
    except client.SilentRuntimeError as error:
        pid = WriterLock(desk.state_dir).holder().get("pid", "PID")
        todo = f"let it go on: kill -CONT {pid}; or end it, jobs go on: kill -9 {pid}"
        raise NoRuntimeError(f"stop the runtime, pid {pid}", error.why, todo) from error
    found.allow(client.ANSWER_LIMIT)
    return found


def _busy(desk: Desk) -> int:
    jobs = desk.status().get("jobs") or {}
    return sum(jobs.get(state, 0) for state in ("starting", "running", "stopping"))


def _await_end(desk: Desk, pid: int) -> None:
    """Until nobody answers any more: whoever runs `up` next gets a new one."""
    limit = time.monotonic() + GONE_LIMIT
    while time.monotonic() < limit:
        try:
            client = desk.connect()
        except NoRuntimeError:
            return
        other = client.hello["pid"] != pid
        client.close()
        if other:
            return
        time.sleep(0.02)
    hint_text = f"it is busy; look into {desk.state_dir / 'log' / 'runtime.log'}"
    raise NoRuntimeError(f"stop the runtime, pid {pid}", "it still answers", hint_text)


@click.command()
@click.option("--check", is_flag=True, help="Exit with 6 without a runtime, 1 with troubles.")
@click.option(
    "--quiet", is_flag=True, help="With --check: one line when something is wrong, else nothing."
)
@click.option(
    "--max-age",
    type=click.FloatRange(0),
    default=0.0,
    metavar="SECONDS",
    help="With --check: a runtime that was there so recently is not missed yet.",
)
@json_option
@click.pass_context
def status(ctx: click.Context, check: bool, quiet: bool, max_age: float, as_json: bool) -> None:
    """Tell how the runtime is.

    Its pid, uptime, version, slots, counts and troubles; also when there is none. With --check
    from cron it is a dead man's switch: a runtime that is gone cannot tell so itself.
    """
    from jobmon.tui import statuspage, vigil

    desk: Desk = ctx.obj
    body = desk.status(vigil.PATIENCE)
    found = vigil.verdict(body, max_age, desk.now())
    if as_json:
        document(desk.ink, body)
    elif not (check and quiet):
        page(statuspage.page(desk.ink, body, desk.now()))
    elif found.code:
        page([desk.ink.safe(f"jobmon {desk.home}: {found.words}")])
    if check:
        ctx.exit(found.code)


@click.command()
@click.option("--preview", is_flag=True, help="Only show what would go; remove nothing.")
@json_option
@pass_desk
def gc(desk: Desk, preview: bool, as_json: bool) -> None:
    """Remove old runs with their logs.

    The settings keep_days, keep_runs and keep_bytes in jobmon.toml say what is old. The runtime
    does the same by itself once a day, when nothing runs.
    """
    answer = desk.call("gc", preview=preview)
    if as_json:
        document(desk.ink, {"schema": "jobmon.gc/1", **answer})
        return
    from jobmon.tui import statuspage

    page(statuspage.removed(desk.ink, answer, preview=preview))


@click.command()
@click.option(
    "--rebuild",
    is_flag=True,
    help="Make a damaged state.db anew from the event stream. The old one is kept.",
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, rebuild: bool, as_json: bool) -> None:
    """Check the machine and the batch folder; say what to do.

    Exits with 1 when something is bad.
    """
    from jobmon.tui import checkup

    desk: Desk = ctx.obj
    if rebuild:
        _rebuild(desk, as_json=as_json)
        return
    body = checkup.examine(desk)
    if as_json:
        document(desk.ink, body)
    else:
        page(checkup.page(desk.ink, body))
    ctx.exit(1 if any(c["verdict"] == "bad" for c in body["checks"]) else 0)


def _rebuild(desk: Desk, *, as_json: bool) -> None:
    from jobmon.runtime import rebuild

    made = rebuild.rebuild(desk.settings)
    if as_json:
        document(desk.ink, {"schema": "jobmon.rebuilt/1", **made._asdict()})
        return
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(made.until))
    page([f"state.db is made anew: {made.runs} runs, {made.events} events, until {until}"])
    page([f"the old one is kept: {made.aside}"] if made.aside else [])
    hint(desk.ink, "go on from there: jobmon up")


@click.group()
def service() -> None:
    """Have systemd keep the runtime up."""


@service.command()
@click.option("--preview", is_flag=True, help="Only print the unit file.")
@pass_desk
def install(desk: Desk, preview: bool) -> None:
    """Write a systemd user unit for this batch folder, and say how to enable it."""
    from jobmon.tui import unit

    page(unit.install(desk.home, desk.settings.profile, preview=preview))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    For bash, put this into ~/.bashrc: eval "$(jobmon completion bash)"
    """
    from jobmon.tui.cli import cli
    from jobmon.tui.completion import shell_class

    page([shell_class(shell)(cli, {}, "jobmon", "_JOBMON_COMPLETE").source()])


COMMANDS = (up, down, status, gc, doctor, service, completion)
