"""Writing state so that a kill or a power cut leaves the old or the new, never something between.

The only module of the runtime that opens state files for writing. Standard library alone at
import: initiators load this file too. Layout of the state folder (all names are made by jobmon):
`runtime.lock runtime.sock state.db log/ attempts/<run>/<job>.<n>.jsonl flows/<hash> limits/
locks/ spool/<start>/`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import time

from jobmon.runtime.errors import OtherRuntimeError, StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700
NEW = ".new"  # the ending of files not yet in place; left-overs are swept at start
_CREATE = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


def write_all(fd: int, data: bytes) -> None:
    """Write every byte; OSError after what fitted."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def atomic_write(path: str | os.PathLike[str], data: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace the file's content as a whole, durably. A symlink in its place is refused."""
    parent, name = os.path.split(os.path.abspath(path))
    if os.path.islink(path):
        raise OSError(errno.ELOOP, "is a symbolic link, which jobmon does not write through", name)
    temp = os.path.join(parent, _temp_name(name))
    try:
        _write_new(temp, data, mode)
        os.replace(temp, os.path.join(parent, name))
    except BaseException:
        _unlink_quietly(temp)
        raise
    with folder(parent) as fd:
        os.fsync(fd)


def _write_new(path: str, data: bytes, mode: int) -> None:
    fd = os.open(path, _CREATE, mode)
    try:
        write_all(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


def _temp_name(name: str) -> str:
    return f".{name}.{os.getpid()}.{os.urandom(4).hex()}{NEW}"


def _unlink_quietly(name: str, dir_fd: int | None = None) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=dir_fd)


@contextlib.contextmanager
def folder(path: str | os.PathLike[str], parent: int | None = None) -> Iterator[int]:
    """A descriptor of a folder for as long as needed; inside `parent` it is made if missing."""
    fd = os.open(path, _FOLDER) if parent is None else open_folder(os.fspath(path), parent)
    try:
        yield fd
    finally:
        os.close(fd)


def open_folder(name: str, parent: int) -> int:
    """A descriptor of the folder `name` inside `parent`, made (and made durable) if missing."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, PRIVATE_DIR, dir_fd=parent)
        os.fsync(parent)
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)


def link_claim(folder: int, name: str, line: bytes, workshop: int) -> int | None:
    """Put the file `name` into `folder` complete, synced and locked, or not at all.

    It is made in `workshop`, a folder of the same file system that is small enough to be swept.
    Returns its descriptor, whose flock is held; None when the name is taken. This is the fence
    that lets an attempt start once: whoever links first owns the name for ever. On OSError the
    name may have been linked without being durable only if it now exists.
    """
    temp = _temp_name(name)
    fd = os.open(temp, _CREATE, PRIVATE_FILE, dir_fd=workshop)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        write_all(fd, line)
        sync_data(fd)
        os.link(temp, name, src_dir_fd=workshop, dst_dir_fd=folder)
    except BaseException as error:
        _unlink_quietly(temp, workshop)
        os.close(fd)
        if isinstance(error, FileExistsError):
            return None
        raise
    _unlink_quietly(temp, workshop)
    return fd


def locked(path: str | os.PathLike[str]) -> bool:
    """Whether a living process holds the file's lock."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def sweep(folder: str | os.PathLike[str]) -> int:
    """Remove files that were never put in place in `folder`; those still locked are kept."""
    count = 0
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith(".") and name.endswith(NEW) and not locked(path):
            _unlink_quietly(path)
            count += 1
    return count


def append_lines(path: str | os.PathLike[str], data: bytes) -> None:
    """Append whole lines; a half line left by a crash is closed first, a failed write undone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, PRIVATE_FILE)
    try:
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        try:
            write_all(fd, b"\n" + data if torn else data)
        except OSError:
            os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)


def events_file(log_folder: str | os.PathLike[str], at: float) -> str:
    """The event stream's file of the day (local time) of `at`."""
    day = time.strftime("%Y%m%d", time.localtime(at))
    return os.path.join(log_folder, f"events-{day}.jsonl")


def private_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder only its owner may enter, or check that it is one (StateError if not)."""
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        os.mkdir(path, PRIVATE_DIR)
    except FileExistsError:
        pass
    except OSError as error:
        raise StateError(
            f"making the folder {path}",
            error.strerror or str(error),
            "Check that its parent is yours and has room, or name another folder with --home.",
        ) from error
    _check_private(path)


def _check_private(path: str | os.PathLike[str]) -> None:
    what, info = f"opening the state folder {path}", os.lstat(path)
    if not stat.S_ISDIR(info.st_mode):
        raise StateError(what, "it is not a folder", f"Move it away: mv {path} {path}.old")
    if info.st_uid != os.geteuid():
        raise StateError(what, f"it belongs to user {info.st_uid}", "Use a folder of your own.")
    if info.st_mode & 0o022:
        raise StateError(what, "other users may write to it", f"Run: chmod 700 {path}")
    if info.st_mode & 0o077:
        os.chmod(path, PRIVATE_DIR)


def prepare_state(path: str | os.PathLike[str]) -> None:
    """Make the state folder and its rooms; sweep what an earlier death left half-made."""
    rooms = [os.path.join(path, room) for room in ("", "log", "attempts", "flows")]
    for room in rooms:
        private_folder(room.rstrip("/"))
        sweep(room)


class WriterLock:
    """The lock that makes one runtime the only writer of a state folder; the kernel frees it."""

    def __init__(self, state: Path) -> None:
        self.path = os.path.join(state, "runtime.lock")
        self._sidecar = f"{self.path}.json"
        self._lock = None
        self._inode = (0, 0)

    def acquire(self, profile: str = "") -> None:
        """Take the lock and write beside it who holds it. OtherRuntimeError: somebody else does."""
        from filelock import FileLock, Timeout

        lock = FileLock(
            self.path, timeout=0, thread_local=False, fallback_to_soft=False, mode=PRIVATE_FILE
        )
        try:
            lock.acquire()
        except Timeout:
            raise self._taken() from None
        except (OSError, NotImplementedError) as error:
            raise StateError(
                f"locking {self.path}", str(error), "The file system must support flock."
            ) from error
        self._lock, self._inode = lock, self._stat()
        holder = {"pid": os.getpid(), "started": time.time(), "host": os.uname().nodename}
        holder["profile"] = profile
        with contextlib.suppress(OSError):  # a courtesy: a full disk must not stop a start
            atomic_write(self._sidecar, json.dumps(holder).encode())

    def holder(self) -> dict[str, object]:
        """Who wrote beside the lock last: pid, started, host, profile; {} when unreadable.

        A runtime that ends in order takes it away: what is found is of one that runs or was killed.
        """
        try:
            with open(self._sidecar, "rb") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def still_mine(self) -> bool:
        """False once the lock file was removed or replaced: another runtime could now start."""
        return self._lock is not None and self._inode == self._stat() != (0, 0)

    def replaced(self) -> bool:
        """True once another file lies in the lock's place: another runtime may hold that one."""
        return self._lock is not None and self._stat() not in {self._inode, (0, 0)}

    def release(self) -> None:
        """Let the next runtime in. The file stays: removing it could let two in."""
        if self._lock is not None:
            _unlink_quietly(self._sidecar)
            self._lock.release()
            self._lock = None

    def _stat(self) -> tuple[int, int]:
        try:
            info = os.stat(self.path)
        except OSError:
            return (0, 0)
        return (info.st_dev, info.st_ino)

    def _taken(self) -> OtherRuntimeError:
        holder = self._settled_holder()
        pid, host, since = holder.get("pid"), holder.get("host"), holder.get("started")
        who = f"process {pid} on {host} serves it" if pid else "another process holds its lock"
        if isinstance(since, int | float):
            who += time.strftime(", since %Y-%m-%d %H:%M:%S", time.localtime(since))
        hint = "See it with: jobmon status. Stop it with: jobmon down (jobs go on)."
        return OtherRuntimeError(f"starting a runtime on {os.path.dirname(self.path)}", who, hint)

    def _settled_holder(self) -> dict[str, object]:
        """The holder's note; it is written just after the lock is taken, so look a few times."""
        for _ in range(100):
            holder = self.holder()
            pid = holder.get("pid")
            if isinstance(pid, int) and _exists(pid):
                return holder
            time.sleep(0.01)
        return {}


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
