"""One frozen Settings: defaults < jobmon.toml < JOBMON_* variables < flags.

Light to import: the command line finds the batch folder through this module before anything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.runtime.errors import NotFoundError, UsageError

CONFIG_NAME = "jobmon.toml"
STATE_NAME = ".jobmon"
MIB = 1 << 20
CLASSES = ("external", "data", "rule")
"""Failure classes that exit codes may tell."""


class Setting(NamedTuple):
    """One key of jobmon.toml: its default, what it means, and how its value is checked."""

    key: str
    default: Any
    help: str
    check: Callable[[Any], Any]


class Settings(NamedTuple):
    """Everything the runtime may be told, checked. Sizes in bytes, times in seconds."""

    home: Path
    state_dir: Path  # `.jobmon/`, where all state and logs live
    slots: int
    load_timeout: float
    log_cap: int
    pass_env: tuple[str, ...]
    keep_days: int
    keep_runs: int
    pools: Mapping[str, int]
    env: Mapping[str, str]
    secrets: Mapping[str, Mapping[str, str]]
    classes: Mapping[int, str] = {}  # exit code -> failure class, beside the built-in ones


def _positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of at least 1")
    return value


def _not_negative(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number of at least 0")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError("seconds, a number above 0")
    return float(value)


def _size(value: Any) -> int:
    return _positive(value) * MIB


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ValueError('a list of names, such as ["LANG", "DATABASE_URL"]')
    return tuple(value)


def _counts(value: Any) -> Mapping[str, int]:
    if not isinstance(value, dict):
        raise ValueError("a table of names and numbers of slots")
    return {name: _positive(count) for name, count in value.items()}


class _PrivateError(ValueError):
    """A wrong value that may be a secret: `name` is told, what stands there never is."""

    def __init__(self, wanted: str, name: str = "") -> None:
        super().__init__(f"{wanted}; {name} is wrong" if name else wanted)
        self.name = name or "NAME"


def _texts(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise _PrivateError("a table of names and texts")
    for name, text in value.items():
        if not isinstance(text, str):
            raise _PrivateError("a table of names and texts", name)
    return dict(value)


def _secrets(value: Any) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(value, dict):
        raise _PrivateError("a table of names and where to read each")
    for name, source in value.items():
        named = isinstance(source, dict) and len(source) == 1 and {"file", "env"} & set(source)
        if not named or not all(isinstance(place, str) for place in source.values()):
            raise _PrivateError("a table of names and where to read each", name)
    return value


def _classes(value: Any) -> Mapping[int, str]:
    """Exit code -> class, from lists of codes by class."""
    if not isinstance(value, dict) or value.keys() - set(CLASSES):
        raise ValueError(f"a table of lists of exit codes, named {', '.join(CLASSES)}")
    found: dict[int, str] = {}
    for name, codes in value.items():
        for code in codes if isinstance(codes, list) else [None]:
            if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= 255:
                raise ValueError(f"lists of exit codes from 1 to 255, as in {name} = [111]")
            if code in found:
                raise ValueError(f"clear: {code} is of one class, not of two")
            found[code] = name
    return found


SETTINGS = (
    Setting(
        "runtime.slots",
        None,
        "How many jobs run at once; 4 for each processor when not set.",
        _positive,
    ),
    Setting(
        "runtime.load_timeout",
        10.0,
        "Seconds the flow files may take to load before they are given up.",
        _seconds,
    ),
    Setting(
        "runtime.log_cap",
        256 * MIB,
        "MiB one attempt's log may take; the first and last halves of a longer one are kept.",
        _size,
    ),
    Setting(
        "runtime.pass_env",
        (),
        "Names of variables jobs get from the runtime's environment beside the basic ones.",
        _names,
    ),
    Setting(
        "runtime.keep_days",
        90,
        "`jobmon gc` removes finished runs older than this many days; 0 keeps all.",
        _not_negative,
    ),
    Setting(
        "runtime.keep_runs",
        20,
        "`jobmon gc` always keeps this many of the newest runs of each flow.",
        _not_negative,
    ),
    Setting("pools", {}, "Named limits: how many jobs with `pool=NAME` run at once.", _counts),
    Setting("env", {}, "Variables every job gets.", _texts),
    Setting(
        "secrets",
        {},
        'Where the value of `Secret("NAME")` comes from: {file = "PATH"} or {env = "NAME"}.',
        _secrets,
    ),
    Setting(
        "classes",
        {},
        "Exit codes that tell a failure class, beside 75 external, 65 data and 78 rule.",
        _classes,
    ),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}


def find_home(explicit: str | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The batch folder: `explicit`, $JOBMON_HOME, jobmon.toml here or above, or ~/jobmon.

    Raises NotFoundError when the folder named, or ~/jobmon, does not exist.
    """
    named = explicit or environ.get("JOBMON_HOME")
    home = Path(named).expanduser() if named else _above() or Path("~/jobmon").expanduser()
    if not home.is_dir():
        raise NotFoundError(
            "find the batch folder",
            f"{home} is not a folder",
            "cd into a batch folder, name one with --home, or lay a sample: jobmon demo",
        )
    return home.resolve()


def _above() -> Path | None:
    here = Path.cwd()
    return next((d for d in (here, *here.parents) if (d / CONFIG_NAME).is_file()), None)


def load(home: Path, environ: Mapping[str, str] = os.environ, **flags: Any) -> Settings:
    """The settings of a batch folder; `flags` are keyed by the last part of a key (slots=4).

    Raises UsageError naming the key, the file or variable, and the values allowed.
    """
    values = {setting.key: setting.default for setting in SETTINGS}
    values |= _from_file(home / CONFIG_NAME)
    values |= _from_environ(environ)
    values |= {f"runtime.{name}": value for name, value in flags.items() if value is not None}
    plain = {key.removeprefix("runtime."): value for key, value in values.items()}
    plain["slots"] = plain["slots"] or 4 * (os.cpu_count() or 1)
    return Settings(home=home, state_dir=home / STATE_NAME, **plain)


def _from_file(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"read {path}", str(error), "mend the file and try again") from error
    flat: dict[str, Any] = {}
    for section, content in document.items():
        whole = section in _BY_KEY or not isinstance(content, dict)
        named = {section: content} if whole else {f"{section}.{k}": v for k, v in content.items()}
        flat |= {key: _checked(key, value, str(path)) for key, value in named.items()}
    return flat


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """JOBMON_SLOTS, JOBMON_LOAD_TIMEOUT ...: the numbers of [runtime]."""
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        name = "JOBMON_" + setting.key.removeprefix("runtime.").upper()
        text = environ.get(name)
        if text is None or not setting.key.startswith("runtime."):
            continue
        value = text.split(",") if setting.check is _names else _number(text)
        found[setting.key] = _checked(setting.key, value, f"${name}")
    return found


def _number(text: str) -> Any:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _checked(key: str, value: Any, where: str) -> Any:
    setting = _BY_KEY.get(key)
    if setting is None:
        import difflib

        near = difflib.get_close_matches(key, _BY_KEY, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the keys are: {', '.join(_BY_KEY)}"
        raise UsageError(f"read {where}", f"there is no setting {key}", hint)
    try:
        return setting.check(value)
    except _PrivateError as error:
        example = '{ file = "PATH" }' if key == "secrets" else '"a text"'
        hint = f"write {error.name} = {example}"
        raise UsageError(f"read {where}", f"{key} must be {error}", hint) from None
    except ValueError as error:
        raise UsageError(f"read {where}", f"{key} must be {error}, not {value!r}") from error
