"""The light side of the control socket: what the command line needs, standard library only.

Requests and answers are JSON lines. A request that changes something carries an idempotency key,
so that asking again after a broken connection never does it twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.runtime.errors import NoRuntimeError, as_error

SOCKET_NAME = "runtime.sock"
PROTO = (1, 1)
"""Oldest and newest protocol spoken here."""
ANSWER_LIMIT = 120.0
"""Seconds an answer may take: loading slow flow files comes first, a wedged runtime is told."""
LOOK_LIMIT = 10.0
"""Seconds a runtime may take to greet who only looks: one that is frozen takes longer."""


class OtherProtocolError(NoRuntimeError):
    """A runtime is there, of a version that cannot be talked to."""


class SilentRuntimeError(NoRuntimeError):
    """A runtime is there and does not answer: it is stopped, or stuck."""


class Client:
    """One connection to a runtime. `hello` is what the runtime said of itself.

    An answer may take `limit` seconds: by a short one a frozen runtime is noticed. It is used by
    one thread, but any may close it.
    """

    def __init__(self, sock: socket.socket, limit: float = ANSWER_LIMIT) -> None:
        self._file = sock.makefile("rwb")
        self._sock, self._limit = sock, limit
        self._next = 0
        self._closed = False
        sock.settimeout(limit)
        try:
            self._send({"role": "client", "proto": PROTO})
            self.hello = self._receive()
            _check_protocol(self.hello)
        except BaseException:
            self.close()
            raise

    def allow(self, limit: float) -> None:
        """From now on an answer may take so many seconds."""
        self._limit = limit
        self._sock.settimeout(limit)

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """Ask and wait for the answer. Raises the JobmonError the runtime answered with.

        NoRuntimeError when it hung up; SilentRuntimeError when its time is over, and then this
        connection is of no more use.
        """
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
        Ends when the runtime goes, or when the client is closed, by whichever thread.
        """
        try:
            self.call("subscribe", from_seq=from_seq)
        except NoRuntimeError:
            if self._closed:
                return
            raise
        while True:
            try:
                self._sock.settimeout(None)
                message = self._receive()
            except (NoRuntimeError, OSError):
                return
            if "event" in message:
                yield message["event"]
            elif "resync" in message:
                yield message

    def close(self) -> None:
        """Hang up; whoever waits for a message wakes up and finds that it is over."""
        self._closed = True
        with contextlib.suppress(OSError):  # the other side may have gone before
            self._sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # half a request may wait for a runtime that is gone
            self._file.close()
        self._sock.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, ensure_ascii=False).encode() + b"\n"
        try:
            self._file.write(line)
            self._file.flush()
        except TimeoutError as error:
            raise _silent(self._limit) from error
        except (OSError, ValueError) as error:  # ValueError: it was closed by another thread
            raise _hung_up() from error

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._file.readline()
        except TimeoutError as error:
            raise _silent(self._limit) from error
        except (OSError, ValueError) as error:
            raise _hung_up() from error
        if not line.endswith(b"\n"):
            raise _hung_up()
        return json.loads(line)


def connect(state_dir: Path, *, start: bool = False, limit: float = ANSWER_LIMIT) -> Client:
    """A connection to the runtime of this folder; with `start`, one is started when none is there.

    Raises NoRuntimeError, or what kept the runtime from starting.
    """
    client = _try_connect(state_dir, limit)
    if client is None and start:
        from jobmon.runtime import startup

        client = startup.start(state_dir, lambda: _try_connect(state_dir, limit))
    if client is None:
        raise NoRuntimeError(
            f"reach the runtime of {state_dir.parent}", "none is running", "start one: jobmon up"
        )
    return client


def connect_socket(path: Path, *, limit: float = ANSWER_LIMIT) -> Client:
    """A connection to whichever runtime answers at a socket, such as one that ssh -L forwards.

    Nothing is ever started. Raises NoRuntimeError when nobody answers.
    """
    what = f"reach the runtime at {path}"
    try:
        return _client_at(path, limit)
    except (OtherProtocolError, SilentRuntimeError):
        raise
    except NoRuntimeError as error:
        raise NoRuntimeError(what, error.why, _FORWARDED) from error
    except OSError as error:
        raise NoRuntimeError(what, error.strerror or str(error), _FORWARDED) from error


_FORWARDED = (
    "see that a runtime is up at the other end (jobmon status there), and that what "
    "forwards the socket still runs"
)


def view(settings: Settings, name: str, **args: Any) -> dict[str, Any]:
    """A document by its name (see docs/json.md): from the runtime, or from its state."""
    try:
        return asked(settings, name, args)
    except SilentRuntimeError:
        return stored(settings, name, args)


def asked(settings: Settings, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """The document from the runtime; without one, from its state. Raises SilentRuntimeError."""
    client = _try_connect(settings.state_dir, LOOK_LIMIT)
    if client is None:
        return stored(settings, name, args)
    with client:
        client.allow(ANSWER_LIMIT)
        return client.call("view", name=name, args=args)


def stored(settings: Settings, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """The document from the committed rows, which say the same as of the runtime's end."""
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


def _try_connect(state_dir: Path, limit: float) -> Client | None:
    try:
        return _client_at(state_dir / SOCKET_NAME, limit)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        return None
    except (OtherProtocolError, SilentRuntimeError):
        raise
    except NoRuntimeError:  # it went away between connect and hello
        return None
    except OSError as error:  # such as another user's folder
        raise NoRuntimeError(
            f"reach the runtime of {state_dir.parent}", f"{state_dir}: {error}", "jobmon doctor"
        ) from error


def _client_at(path: Path, limit: float) -> Client:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _connect_to(sock, path, limit)
        return Client(sock, limit)
    except BaseException:
        sock.close()
        raise


def _connect_to(sock: socket.socket, path: Path, limit: float) -> None:
    """Connect; a runtime that is frozen takes no more once a hundred wait for it."""
    patience = struct.pack("ll", int(limit), int(limit % 1 * 1e6))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    try:
        _connect_by_name(sock, path)
    except BlockingIOError as error:
        raise _silent(limit) from error


def _connect_by_name(sock: socket.socket, path: Path) -> None:
    """Through the folder's descriptor where the path is too long for an address."""
    if len(os.fsencode(path)) < 100:
        sock.connect(str(path))
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sock.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _hung_up() -> NoRuntimeError:
    return NoRuntimeError(
        "talk to the runtime", "it hung up", "jobs go on; see what is there with: jobmon status"
    )


def _silent(limit: float) -> SilentRuntimeError:
    return SilentRuntimeError(
        "talk to the runtime",
        f"it did not answer within {limit:g} s",
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
        raise as_error(message["err"])
    return message["ok"]
