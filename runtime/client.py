"""The light side of the control socket: what the command line needs, standard library only.

Requests and answers are JSON lines. A request that changes something carries an idempotency key,
so that asking again after a broken connection never does it twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.runtime.errors import ERRORS, EXIT_OTHER_RUNTIME, JobmonError, NoRuntimeError

SOCKET_NAME = "runtime.sock"
PROTO = (1, 1)
"""Oldest and newest protocol spoken here."""
START_LIMIT = 30.0
_THRIFTY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Has glibc give large blocks back when they are freed: a flow of 10,000 jobs passes in some."""
"""Seconds a runtime may take from its start to its hello."""
ANSWER_LIMIT = 120.0
"""Seconds an answer may take: loading slow flow files comes first, a wedged runtime is told."""


class OtherProtocolError(NoRuntimeError):
    """A runtime is there, of a version that cannot be talked to."""


class Client:
    """One connection to a runtime. `hello` is what the runtime said of itself."""

    def __init__(self, sock: socket.socket) -> None:
        self._file = sock.makefile("rwb")
        self._sock = sock
        self._next = 0
        sock.settimeout(ANSWER_LIMIT)
        try:
            self._send({"role": "client", "proto": PROTO})
            self.hello = self._receive()
            _check_protocol(self.hello)
        except BaseException:
            self.close()
            raise

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """Ask and wait for the answer. Raises the JobmonError the runtime answered with."""
        self._next += 1
        request = {"id": self._next, "op": op, "who": whoami(), "idem": uuid.uuid4().hex}
        self._send(request | {k: v for k, v in args.items() if v is not None})
        while True:
            message = self._receive()
            if message.get("id") == self._next:
                return _unwrap(message)

    def subscribe(self, from_seq: int | None = None) -> Iterator[dict[str, Any]]:
        """Events as they are committed, from the one after `from_seq` (None: from now on).

        {"resync": seq} in place of an event says that some were left out: take a snapshot anew.
        Ends when the runtime goes.
        """
        self.call("subscribe", from_seq=from_seq)
        self._sock.settimeout(None)
        while True:
            try:
                message = self._receive()
            except NoRuntimeError:
                return
            if "event" in message:
                yield message["event"]
            elif "resync" in message:
                yield message

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):  # half a request may wait for a runtime that is gone
            self._file.close()
        self._sock.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise _hung_up() from error

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._file.readline()
        except TimeoutError as error:
            raise _silent() from error
        except OSError as error:
            raise _hung_up() from error
        if not line.endswith(b"\n"):
            raise _hung_up()
        return json.loads(line)


def connect(state_dir: Path, *, start: bool = False) -> Client:
    """A connection to the runtime of this folder; with `start`, one is started when none is there.

    Raises NoRuntimeError, or what kept the runtime from starting.
    """
    client = _try_connect(state_dir)
    if client is None and start:
        client = _start(state_dir)
    if client is None:
        raise NoRuntimeError(
            f"reach the runtime of {state_dir.parent}", "none is running", "start one: jobmon up"
        )
    return client


def view(settings: Settings, name: str, **args: Any) -> dict[str, Any]:
    """A document (ls, show, explain, graph, flows, events): from the runtime, or from its state.

    Without a runtime the committed rows are read, which say the same as of its end.
    """
    client = _try_connect(settings.state_dir)
    if client is not None:
        with client:
            return client.call("view", name=name, args=args)
    from jobmon.runtime import views

    if name in views.VIEWS:
        return views.read(settings.state_dir, name, args)
    from jobmon.runtime import documents

    return documents.document(settings, name, args)


def whoami() -> str:
    """user@terminal, and from where when over SSH: recorded with every verb."""
    import pwd

    user = pwd.getpwuid(os.getuid()).pw_name if _known_uid() else str(os.getuid())
    try:
        place = os.ttyname(0).removeprefix("/dev/")
    except OSError:
        place = "script"
    remote = os.environ.get("SSH_CLIENT", "").split(" ", 1)[0]
    return f"{user}@{place}" + (f" from {remote}" if remote else "")


def _known_uid() -> bool:
    import pwd

    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return True


def _try_connect(state_dir: Path) -> Client | None:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _connect_under(sock, state_dir)
        return Client(sock)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        sock.close()
        return None
    except OtherProtocolError:
        sock.close()
        raise
    except NoRuntimeError:  # it went away between connect and hello
        sock.close()
        return None
    except OSError as error:  # such as another user's folder
        sock.close()
        raise NoRuntimeError(
            f"reach the runtime of {state_dir.parent}", f"{state_dir}: {error}", "jobmon doctor"
        ) from error


def _connect_under(sock: socket.socket, state_dir: Path) -> None:
    """Connect through the folder's descriptor where the path is too long for an address."""
    path = str(state_dir / SOCKET_NAME)
    if len(path.encode()) < 100:
        sock.connect(path)
        return
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sock.connect(f"/proc/self/fd/{folder}/{SOCKET_NAME}")
    finally:
        os.close(folder)


def _start(state_dir: Path) -> Client | None:
    """Start a runtime detached and wait until it answers, or until it says why it cannot."""
    import shlex
    import subprocess

    home = str(state_dir.parent)
    if os.environ.get("JOBMON_ATTEMPT_ID"):  # its initiator ends whatever is left of a job
        raise NoRuntimeError(
            f"start a runtime for {home}",
            "a runtime started inside a job would end with that job",
            f"start it outside: jobmon --home {shlex.quote(home)} up",
        )
    command = [sys.executable, "-m", "jobmon.runtime", "--home", home, "--detached"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, cwd="/", env=_THRIFTY | os.environ,
    )  # fmt: skip
    try:
        return _await(state_dir, process)
    finally:
        assert process.stderr is not None
        process.stderr.close()
        process.returncode = process.returncode or 0  # it outlives us: nothing to wait for


def _await(state_dir: Path, process: Any) -> Client | None:
    limit = time.monotonic() + START_LIMIT
    pause = 0.005
    while time.monotonic() < limit:
        client = _try_connect(state_dir)
        if client is not None:
            return client
        code = process.poll()
        if code not in (None, EXIT_OTHER_RUNTIME):
            raise _failed_start(state_dir, process.stderr.read())
        time.sleep(pause)
        pause = min(pause * 1.05, 0.1)  # most runtimes answer within a third of a second
    raise NoRuntimeError(
        f"start a runtime for {state_dir.parent}",
        f"it did not answer within {START_LIMIT:.0f} s",
        f"look into {state_dir / 'log' / 'runtime.log'}",
    )


def _failed_start(state_dir: Path, said: bytes) -> JobmonError:
    text = said.decode(errors="replace").strip().splitlines()
    try:
        return _as_error(json.loads(text[-1]))
    except (ValueError, IndexError, KeyError):
        why = text[-1] if text else "it ended without a word"
        return NoRuntimeError(f"start a runtime for {state_dir.parent}", why, "jobmon doctor")


def _hung_up() -> NoRuntimeError:
    return NoRuntimeError(
        "talk to the runtime", "it hung up", "jobs go on; see what is there with: jobmon status"
    )


def _silent() -> NoRuntimeError:
    return NoRuntimeError(
        "talk to the runtime",
        f"it did not answer within {ANSWER_LIMIT:.0f} s",
        "see what keeps it busy in .jobmon/log/runtime.log; jobs go on without it",
    )


def _check_protocol(hello: dict[str, Any]) -> None:
    oldest, newest = hello.get("proto", (0, 0))
    if newest < PROTO[0] or oldest > PROTO[1]:
        raise OtherProtocolError(
            "talk to the runtime",
            f"it is jobmon {hello.get('version', '?')}, which speaks another protocol",
            f"end it, jobs go on meanwhile: kill {hello.get('pid', 'PID')}; then: jobmon up",
        )


def _unwrap(message: dict[str, Any]) -> dict[str, Any]:
    if "err" in message:
        raise _as_error(message["err"])
    return message["ok"]


def _as_error(body: dict[str, Any]) -> JobmonError:
    kind = ERRORS.get(body["code"], JobmonError)
    return kind(body["what"], body.get("why", ""), body.get("hint", ""))
