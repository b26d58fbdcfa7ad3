"""Starting the command of an attempt, and saying in words why one cannot be started.

Loaded by initiators: standard library alone.
"""

from __future__ import annotations

import errno
import os
import signal

_DEFAULTS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


class SpawnError(Exception):
    """The command cannot be started; the text says what, why and what to do."""


def pipes() -> tuple[int, int, int, int]:
    """Two pipes or none: (read, write) of stdout's and of stderr's."""
    out, out_end = os.pipe()
    try:
        return out, out_end, *os.pipe()
    except OSError:
        os.close(out)
        os.close(out_end)
        raise


def spawn(argv: list[str], env: dict[str, str], cwd: str, out: int, err: int) -> int:
    """Start the command in its own session, stdin empty, signals at their defaults; its pid.

    Changes this process' own folder to `cwd` on the way. Raises SpawnError.
    """
    enter(cwd)
    try:
        path = find(argv[0], env.get("PATH", os.defpath))
        return os.posix_spawn(
            path,
            argv,
            env,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, out, 1),
                (os.POSIX_SPAWN_DUP2, err, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULTS,
        )
    except ValueError as error:
        raise SpawnError(f"cannot start {argv[0]!r}: unusable arguments ({error})") from None
    except OSError as error:
        raise SpawnError(explain(argv, env, error)) from None


def enter(cwd: str) -> None:
    """Make `cwd` this process' own folder. Raises SpawnError."""
    try:
        os.chdir(cwd)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SpawnError(
            f"cannot enter the folder {cwd}: {why}. Make the folder, or change the job's cwd."
        ) from None


def find(name: str, search: str) -> str:
    """The file behind a command's name, looked up as the job itself would. Raises OSError."""
    if "/" in name:
        return name
    refused = False
    for folder in search.split(":"):
        path = os.path.join(folder or ".", name)
        if os.path.isfile(path):
            if os.access(path, os.X_OK):
                return path
            refused = True
    number = errno.EACCES if refused else errno.ENOENT
    raise OSError(number, os.strerror(number))


def explain(argv: list[str], env: dict[str, str], error: OSError) -> str:
    """Why the command cannot be started, and what to do."""
    name = argv[0]
    match error.errno:
        case errno.ENOENT if "/" in name and os.path.exists(name):
            hint = "the interpreter its first line names does not exist. Correct its #! line."
        case errno.ENOENT if "/" in name:
            hint = "there is no such file. Correct the path, or install it."
        case errno.ENOENT:
            where = env.get("PATH", os.defpath)
            hint = f"no such command in PATH ({where}). Install it, or give its full path."
        case errno.EACCES | errno.EISDIR:
            hint = f"it may not be executed. Run: chmod +x {name}"
        case errno.ENOEXEC:
            hint = "it is no program, nor a script with a #! line. Add one, such as #!/bin/sh."
        case errno.E2BIG:
            size = sum(map(len, argv)) + sum(len(k) + len(v) + 2 for k, v in env.items())
            hint = f"arguments and environment are too big ({size:,} bytes). Pass it in a file."
        case errno.EAGAIN:
            hint = "the limit of processes is reached (ulimit -u). Run fewer jobs at once."
        case errno.ENOMEM:
            hint = "there is not enough memory. Run fewer jobs at once."
        case errno.EMFILE | errno.ENFILE:
            hint = "the limit of open files is reached (ulimit -n). Raise it, or run fewer jobs."
        case _:
            hint = error.strerror or str(error)
    return f"cannot start {name!r}: {hint}"
