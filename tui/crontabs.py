"""`jobmon import-crontab`: from a crontab to a flow file, or to a crontab that is watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jobmon.runtime.crontab import flowfile, lines, shadow
from jobmon.runtime.crontab.planned import Told
from jobmon.runtime.errors import JobmonError, NotFoundError, RefusedError
from jobmon.tui.desk import Desk
from jobmon.tui.options import page

LONGEST = 60
BYTES = ("utf-8", "surrogateescape")


class Options(NamedTuple):
    """What was asked for."""

    system: bool
    output: str | None
    force: bool
    dry_run: bool
    shadow: bool


def run(desk: Desk, file: str | None, options: Options) -> int:
    """Do it and tell of it; the exit code: 1 when a line needs a person."""
    data, source = _read(file)
    # As bytes, like cron: a shadow has those of the crontab, whatever their encoding.
    text = data.decode(*BYTES) if options.shadow else _decoded(data)
    person = _person()
    # What `crontab -l` says is a user's own: no user stands in it.
    system = options.system or (file is not None and lines.is_system(text, person.homes))
    found = lines.read(text, system=system)
    if options.shadow:
        made, told = shadow.shadow(text, found, _jobmon(desk, system=system))
        target = Path(options.output) if options.output else None
    else:
        made, told = flowfile.made(found, source, person)
        target = None if options.dry_run else _target(desk, options)
    if options.dry_run or target is None:
        sys.stdout.buffer.write(made.encode(*BYTES))
        sys.stdout.flush()
        sys.stderr.write("\n".join(_report(desk, told)) + "\n")
    else:
        _write(target, made, force=options.force)
        page([*_report(desk, told), *_next(desk, target, options)])
    return 0 if all(one.done for one in told) else 1


def _target(desk: Desk, options: Options) -> Path:
    return Path(options.output) if options.output else desk.home / "flows" / "crontab.py"


def suggest(desk: Desk, days: int, output: str | None, *, force: bool) -> None:
    """Print or write what the runs of wrapped commands propose. Raises NotFoundError."""
    from jobmon.runtime.crontab.proposal import proposal
    from jobmon.runtime.crontab.seen import observed

    seen = observed(_state(desk), desk.now() - days * 86400)
    if not seen:
        why = f"jobmon exec left no run of the last {days} days in {_state(desk)}"
        hint = "let cron run the wrapped commands for some days: jobmon import-crontab --shadow"
        raise NotFoundError("propose flows", why, hint)
    if output is None:
        page([desk.ink.safe(line) for line in proposal(seen).splitlines()])
        return
    _write(Path(output), proposal(seen), force=force)
    page([f"written: {desk.ink.safe(output)}", "  read the evidence, then: jobmon check"])


def _state(desk: Desk) -> Path:
    """Where `jobmon exec` keeps its records: with the batch folder, or with the user."""
    from jobmon.jobs.kit import places

    if desk.named_home:
        return desk.state_dir
    return Path(places.folder("spool")).parent


def _read(file: str | None) -> tuple[bytes, str]:
    """(the crontab, where it comes from)."""
    if file is None:
        return _installed(), "crontab -l"
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        what, why = f"read the crontab {file}", error.strerror or str(error)
        raise NotFoundError(what, why, "name a file, or leave it out for crontab -l") from None
    return data, "standard input" if file == "-" else os.path.basename(file)


def _installed() -> bytes:
    hint = "name a file: jobmon import-crontab FILE"
    try:
        done = subprocess.run(["crontab", "-l"], capture_output=True, check=False)
    except OSError as error:
        raise NotFoundError("read the crontab", f"crontab -l: {error.strerror}", hint) from None
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip() or f"crontab -l: {done.returncode}"
        raise NotFoundError("read the crontab", why, hint)
    return done.stdout


def _decoded(data: bytes) -> str:
    """UTF-8, or what Japanese machines wrote before it."""
    for encoding in ("utf-8-sig", "cp932", "euc_jp"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _person() -> flowfile.Person:
    import pwd

    homes = {user.pw_name: user.pw_dir for user in pwd.getpwall()}
    return flowfile.Person(pwd.getpwuid(os.geteuid()).pw_name, homes)


def _jobmon(desk: Desk, *, system: bool) -> Sequence[str]:
    """How cron calls it: by its full path, and for the folder of now, if there is one.

    Not in a system crontab: what runs as another user keeps its records with that user.
    """
    called = os.path.abspath(sys.argv[0])
    path = called if os.path.basename(called) == "jobmon" else shutil.which("jobmon") or "jobmon"
    home = None if system else _home(desk)
    return [path] if home is None else [path, "--home", home]


def _home(desk: Desk) -> str | None:
    """The batch folder; None: there is none yet."""
    try:
        return str(desk.home)
    except JobmonError:
        return None


def _write(target: Path, text: str, *, force: bool) -> None:
    """For nobody else to read: what stands in a crontab is private, such as its variables."""
    what = f"write {target}"
    if target.exists() and not force:
        raise RefusedError(what, "it is there already", "name another with -o, or add --force")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.new")
        partial.touch(0o600)
        partial.write_bytes(text.encode(*BYTES))
        os.replace(partial, target)
    except OSError as error:
        raise NotFoundError(what, error.strerror or str(error), "name another with -o") from None


def _report(desk: Desk, told: Sequence[Told]) -> list[str]:
    """A line for each line of the crontab that says something."""
    ink = desk.ink
    rows = []
    for one in told:
        mark = ink.paint("ok  " if one.done else "look", "green" if one.done else "yellow")
        text = " ".join(one.text.split())
        shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
        rows += [f"{one.number:4} {mark}  {ink.safe(shown)}", f"           {ink.safe(one.what)}"]
    return rows


def _next(desk: Desk, target: Path, options: Options) -> list[str]:
    where = desk.ink.safe(target)
    if options.shadow:
        seen = "  no screen will show its runs: first jobmon init ~/jobmon, then this with --force"
        rows = [] if _home(desk) else [seen]
        rows += [f"  install it: crontab {where}", "  later: jobmon suggest"]
        return [f"written: {where}", *rows]
    return [
        f"written: {where}",
        "  look at it, then: jobmon check; jobmon schedule",
        "  take the lines out of cron before jobmon serves them, or both start them",
        "  where the clocks change it differs from cron: see docs/leaving-cron.md",
    ]
