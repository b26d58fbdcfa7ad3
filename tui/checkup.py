"""`jobmon doctor`: what could keep a batch folder from being served, and what to do about it."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.runtime import soundness, stream
from jobmon.runtime.client import LOOK_LIMIT
from jobmon.runtime.errors import JobmonError
from jobmon.tui.desk import Desk
from jobmon.tui.ink import Ink
from jobmon.tui.text import count, size, wrap

Document = Mapping[str, Any]
SCHEMA = "jobmon.doctor/1"
NETWORKED = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "vboxsf"})
INDENT = 20
LITTLE_ROOM, NO_ROOM = 1 << 30, 64 << 20
FILES_WANTED = 1024
REBUILD = "jobmon down, then make it anew from the event stream: jobmon doctor --rebuild"
DEPENDENCIES = (
    "click", "croniter", "filelock", "holidays", "msgspec", "psutil", "rich", "textual",
)  # fmt: skip


class Finding(NamedTuple):
    """One check's answer: ok, warn or bad; what was seen; what to do."""

    verdict: str
    seen: str
    todo: str = ""


def examine(desk: Desk) -> dict[str, Any]:
    """Every check's answer. A check that fails itself is a bad finding, never an exception."""
    checks = [_row(name, check, desk) for name, check in CHECKS.items()]
    return {"schema": SCHEMA, "checks": checks}


def _row(name: str, check: Callable[[Desk], Finding], desk: Desk) -> dict[str, str]:
    try:
        found = check(desk)
    except JobmonError as error:
        found = Finding("bad", f"{error.what}: {error.why}", error.hint)
    except OSError as error:
        found = Finding("bad", str(error), "mend this and run jobmon doctor again")
    return {"check": name, "verdict": found.verdict, "seen": found.seen, "todo": found.todo}


def _python(_desk: Desk) -> Finding:
    return Finding("ok", f"Python {platform.python_version()}, {sys.executable}")


def _versions(_desk: Desk) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    missing: list[str] = []
    found: list[str] = []
    for name in ("jobmon", *DEPENDENCIES):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("bad", f"missing: {', '.join(missing)}", "pip install jobmon")
    return Finding("ok", ", ".join(found))


def _folder(desk: Desk) -> Finding:
    home, state = desk.home, desk.settings.state_dir
    place = state if state.exists() else home
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        return Finding("bad", f"{place} cannot be written", f"chown -R $(id -un) {place}")
    if not state.exists():
        return Finding("ok", f"{home}, no state yet")
    about = state.stat()
    if about.st_uid != os.getuid():
        return Finding(
            "bad", f"{state} belongs to uid {about.st_uid}", f"chown -R $(id -un) {state}"
        )
    if about.st_mode & 0o077:
        return Finding("warn", f"others may look into {state}", f"chmod 700 {state}")
    return Finding("ok", str(home))


def _file_system(desk: Desk) -> Finding:
    kind = _mount_kind(desk.home)
    if kind in NETWORKED:
        todo = "locks and SQLite are unsafe on it: keep the batch folder on a local disk"
        return Finding("bad", f"{kind}, a network file system", todo)
    return Finding("ok", kind or "unknown")


def _mount_kind(path: Path) -> str:
    """The type of the file system `path` lies on, by the longest mount point above it."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    rows = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    above = [row for row in rows if path.is_relative_to(row[1].replace("\\040", " "))]
    return max(above, key=lambda row: len(row[1]))[2] if above else ""


def _room(desk: Desk) -> Finding:
    usage = shutil.disk_usage(desk.home)
    seen = f"{size(usage.free)} free of {size(usage.total)}"
    todo = "make room: jobmon gc --preview"
    verdict = "bad" if usage.free < NO_ROOM else "warn" if usage.free < LITTLE_ROOM else "ok"
    return Finding(verdict, seen, "" if verdict == "ok" else todo)


def _runtime(desk: Desk) -> Finding:
    body = desk.status(LOOK_LIMIT)
    troubles = body.get("troubles") or ()
    if not body["running"] and not troubles:
        return Finding("warn", "none is running", "start it: jobmon up")
    if troubles:
        return Finding("bad", "; ".join(map(str, troubles)), "jobmon status")
    return Finding("ok", f"pid {body.get('pid')}, version {body.get('version')}")


def _lock(desk: Desk) -> Finding:
    """Who holds the lock, asked of the kernel: taking it for a moment could refuse a runtime."""
    path = desk.settings.state_dir / "runtime.lock"
    locks = Path("/proc/locks")
    if not path.exists() or not locks.exists():
        return Finding("ok", "not made yet" if locks.exists() else "cannot be asked here")
    mine = f":{path.stat().st_ino} "
    rows = locks.read_text(encoding="utf-8").splitlines()
    holders = [row.split()[4] for row in rows if " FLOCK " in row and mine in row]
    if holders:
        return Finding("ok", f"held by pid {holders[0]}")
    if desk.status(LOOK_LIMIT)["running"]:
        todo = "its lock file was removed; take it again: jobmon down && jobmon up"
        return Finding("bad", "a runtime runs without holding it", todo)
    return Finding("ok", "free: no runtime holds it")


def _database(desk: Desk) -> Finding:
    path = desk.settings.state_dir / "state.db"
    soundness.before_opening(desk.settings.state_dir)
    if not path.exists():
        return Finding("ok", "not made yet")
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
            (seq,) = db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        finally:
            db.close()
    except sqlite3.Error as error:
        said, seq = str(error), 0
    if said != "ok":
        return Finding("bad", f"{path}: {said}", REBUILD)
    newest = stream.newest(desk.settings.state_dir / "log")
    if newest > seq:
        seen = f"{path} ends at event {seq}, the event stream at {newest}"
        return Finding("bad", seen, REBUILD)
    return Finding("ok", f"sound, {size(path.stat().st_size)}, SQLite {sqlite3.sqlite_version}")


def _flows(desk: Desk) -> Finding:
    from jobmon.tui import checking

    body = checking.load(desk.settings)
    seen = f"{count(len(body['flows']), 'flow')}, {count(len(body['mistakes']), 'mistake')}"
    return Finding("bad", seen, "jobmon check") if body["mistakes"] else Finding("ok", seen)


def _clock(_desk: Desk) -> Finding:
    zone = time.strftime("%Z %z")
    year = time.localtime().tm_year
    if year < 2025:
        return Finding("bad", f"the clock says {year}", "set the clock: timedatectl")
    return Finding("ok", f"{time.strftime('%Y-%m-%d %H:%M:%S')} {zone}")


def _keeping(_desk: Desk) -> Finding:
    if not shutil.which("systemctl"):
        todo = "have cron or another supervisor run jobmon up after a boot"
        return Finding("warn", "no systemd on this machine", todo)
    if not shutil.which("loginctl"):
        return Finding("ok", "systemd without logind")
    asked = subprocess.run(
        ["loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value"],
        capture_output=True, text=True, timeout=5, check=False,
    )  # fmt: skip
    if asked.stdout.strip() == "yes":
        return Finding("ok", "systemd, lingering")
    todo = "so that logging out does not end it: loginctl enable-linger; jobmon service install"
    return Finding("warn", "systemd, not lingering", todo)


def _socket(desk: Desk) -> Finding:
    path = desk.settings.state_dir / "runtime.sock"
    length = len(os.fsencode(path))
    if length >= 100 and not Path("/proc/self/fd").exists():
        return Finding("bad", f"{path} is too long", "move the batch folder to a shorter path")
    return Finding("ok", f"{length} bytes{', reached through /proc' if length >= 100 else ''}")


def _limits(desk: Desk) -> Finding:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    seen = f"{_number(files)} open files, {_number(processes)} processes"
    needed = 4 * desk.settings.slots + 64
    if processes != resource.RLIM_INFINITY and processes < needed:
        return Finding("bad", seen, f"raise it for {desk.settings.slots} slots: ulimit -u {needed}")
    if files != resource.RLIM_INFINITY and files < FILES_WANTED:
        return Finding("warn", seen, f"raise it before jobmon up: ulimit -n {FILES_WANTED}")
    return Finding("ok", seen)


def _number(limit: int) -> str:
    return "unlimited" if limit == resource.RLIM_INFINITY else f"{limit:,}"


CHECKS: dict[str, Callable[[Desk], Finding]] = {
    "python": _python,
    "versions": _versions,
    "folder": _folder,
    "file system": _file_system,
    "disk room": _room,
    "limits": _limits,
    "clock": _clock,
    "socket": _socket,
    "lock": _lock,
    "database": _database,
    "flows": _flows,
    "runtime": _runtime,
    "kept up": _keeping,
}
_SIGNS = {
    "ok": ("✓", "v", "green"),
    "warn": ("!", "!", "bold yellow"),
    "bad": ("✗", "x", "reverse red"),
}


def page(ink: Ink, body: Document) -> list[str]:
    """One line per check, and under it what to do."""
    lines = [line for row in body["checks"] for line in _lines(ink, row)]
    bad = sum(row["verdict"] == "bad" for row in body["checks"])
    warn = sum(row["verdict"] == "warn" for row in body["checks"])
    return [*lines, "", f"{bad} bad, {warn} to look at"]


def _lines(ink: Ink, row: Document) -> list[str]:
    unicode, plain, style = _SIGNS[row["verdict"]]
    sign = ink.paint(unicode if ink.unicode else plain, style)
    head = f"{sign} {row['verdict']:<5}{row['check']:<12} "
    todo = f"{ink.lines.arrow} {ink.safe(row['todo'])}" if row["todo"] else ""
    texts = [ink.safe(row["seen"]), *([todo] if todo else [])]
    room = (ink.width or 10_000) - INDENT
    first, *rest = [part for text in texts for part in wrap(text, room)]
    return [head + first, *(" " * INDENT + part for part in rest)]
