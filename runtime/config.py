"""One frozen Settings: defaults < jobmon.toml < jobmon.PROFILE.toml < JOBMON_* variables < flags.

Light to import: the command line finds the batch folder through this module before anything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.runtime.errors import NotFoundError, UsageError
from jobmon.runtime.settings import profiles, tables, values
from jobmon.runtime.settings.declared import (
    CalendarSettings,
    Deployment,
    Hook,
    NotifyRule,
    ReportSettings,
)
from jobmon.runtime.settings.profiles import CONFIG_NAME

STATE_NAME = ".jobmon"
SCREEN = "screen."
"""What the keys begin with that concern the screen alone."""


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
    screen: Mapping[str, Any] = {}  # how the screen looks, by the last part of its keys
    profile: str = ""  # whose file lies over jobmon.toml; "" = none
    rates: Mapping[str, tuple[int, float]] = {}  # name -> (starts, in so many seconds)
    deployments: Mapping[str, Deployment] = {}
    calendars: Mapping[str, CalendarSettings] = {}
    notify: tuple[NotifyRule, ...] = ()
    hook: Hook | None = None
    report: ReportSettings | None = None
    keep_bytes: int = 0  # of each flow's logs; 0 = no bound
    min_free: int = 0  # of the disk; with less nothing is launched


SETTINGS = (
    Setting(
        "runtime.slots",
        None,
        "How many jobs run at once; 4 for each processor when not set.",
        values.positive,
    ),
    Setting(
        "runtime.load_timeout",
        10.0,
        "Seconds the flow files may take to load before they are given up.",
        values.seconds,
    ),
    Setting(
        "runtime.log_cap",
        256 * values.MIB,
        "MiB one attempt's log may take; the first and last halves of a longer one are kept.",
        values.size,
    ),
    Setting(
        "runtime.pass_env",
        (),
        "Names of variables jobs get from the runtime's environment beside the basic ones.",
        values.names,
    ),
    Setting(
        "runtime.keep_days",
        90,
        "`jobmon gc` removes finished runs older than this many days; 0 keeps all.",
        values.not_negative,
    ),
    Setting(
        "runtime.keep_runs",
        20,
        "`jobmon gc` always keeps this many of the newest runs of each flow.",
        values.not_negative,
    ),
    Setting(
        "runtime.keep_bytes",
        0,
        "MiB that the logs of one flow may take before its oldest runs are removed; 0: no bound.",
        values.size_or_none,
    ),
    Setting(
        "runtime.min_free",
        100 * values.MIB,
        "MiB that must be free on the disk for jobs to be launched; 0 does not look.",
        values.size_or_none,
    ),
    Setting(
        "pools", {}, "Named limits: how many jobs with `pool=NAME` run at once.", values.counts
    ),
    Setting("env", {}, "Variables every job gets.", values.texts),
    Setting(
        "secrets",
        {},
        'Where the value of `Secret("NAME")` comes from: {file = "PATH"} or {env = "NAME"}.',
        values.secrets,
    ),
    Setting(
        "classes",
        {},
        "Exit codes that tell a failure class, beside 75 external, 65 data and 78 rule.",
        values.classes,
    ),
    Setting(
        "rates",
        {},
        'Named limits: how often jobs with `rate=NAME` start, as "30/min".',
        tables.rates,
    ),
    Setting(
        "deployments",
        {},
        "Flows with a schedule and params of their own, by name.",
        tables.deployments,
    ),
    Setting("calendars", {}, "Business days by name.", tables.calendars),
    Setting("notify", (), "Who is told of what: a list of rules.", tables.notify),
    Setting("hook", None, "The port and token with which a call starts a flow.", tables.hook),
    Setting("report", None, "When the hand-over is sent.", tables.report),
    Setting("screen.theme", "", "The colours of the screen, by the name of a theme.", values.text),
    Setting(
        "screen.glyphs",
        "auto",
        "The signs of the screen: auto tries what the terminal can show.",
        values.glyphs,
    ),
    Setting(
        "screen.fps",
        None,
        "Pictures a second at most while something moves; 10, over SSH 4, when not set.",
        values.pictures,
    ),
    Setting("screen.columns", (), "Columns of the queue; all that fit when not set.", values.names),
    Setting("screen.mouse", True, "Whether the screen hears the mouse.", values.flag),
    Setting(
        "screen.keys", {}, "Other keys for actions of the screen, by the action's id.", values.keys
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
            "cd into a batch folder, name one with --home, or begin one: jobmon init DIR",
        )
    return home.resolve()


def _above() -> Path | None:
    here = Path.cwd()
    return next((d for d in (here, *here.parents) if (d / CONFIG_NAME).is_file()), None)


def load(
    home: Path, environ: Mapping[str, str] = os.environ, profile: str | None = None, **flags: Any
) -> Settings:
    """The settings of a batch folder; `flags` are keyed by the last part of a key (slots=4).

    `profile`: whose file lies over jobmon.toml; None: what $JOBMON_PROFILE says.
    Raises UsageError naming the key, the file or variable, and the values allowed.
    """
    profile = environ.get(profiles.VARIABLE, "") if profile is None else profile
    found = {setting.key: setting.default for setting in SETTINGS}
    found |= _from_files(profiles.read(home, profile))
    found |= _from_environ(environ)
    found |= {f"runtime.{name}": value for name, value in flags.items() if value is not None}
    settings = _settings(home, profile, found)
    _related(settings)
    return settings


def usual(home: Path) -> Settings:
    """The settings of a folder that has no files for them."""
    return _settings(home, "", {setting.key: setting.default for setting in SETTINGS})


def _settings(home: Path, profile: str, found: dict[str, Any]) -> Settings:
    screen = {key[len(SCREEN) :]: found.pop(key) for key in list(found) if key.startswith(SCREEN)}
    plain = {key.removeprefix("runtime."): value for key, value in found.items()}
    plain["slots"] = plain["slots"] or 4 * (os.cpu_count() or 1)
    state = home / STATE_NAME
    return Settings(home=home, state_dir=state, screen=screen, profile=profile, **plain)


def _from_files(documents: Mapping[Path, dict[str, Any]]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for section, content in profiles.merged(documents.values()).items():
        whole = section in _BY_KEY or not isinstance(content, dict)
        named = {section: content} if whole else {f"{section}.{k}": v for k, v in content.items()}
        where = " and ".join(str(p) for p, d in documents.items() if section in d)
        flat |= {key: _checked(key, value, where) for key, value in named.items()}
    return flat


def _related(settings: Settings) -> None:
    """Secrets that are named must be there. What stands for the name may be the secret itself."""
    named = {f"notify[{n}].urls": url["secret"] for n, url in _secret_urls(settings)}
    if settings.hook:
        named["hook.token"] = settings.hook.token
    for key, name in named.items():
        if name not in settings.secrets:
            what = f"read {settings.home / CONFIG_NAME}"
            why = f"{key} must name a secret of [secrets]"
            raise UsageError(what, why, 'add one under [secrets]: NAME = { file = "PATH" }')


def _secret_urls(settings: Settings) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, rule in enumerate(settings.notify, 1):
        yield from ((number, url) for url in rule.urls if isinstance(url, Mapping))


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """JOBMON_SLOTS, JOBMON_LOAD_TIMEOUT ...: the numbers of [runtime]."""
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        name = "JOBMON_" + setting.key.removeprefix("runtime.").upper()
        text = environ.get(name)
        if text is None or not setting.key.startswith("runtime."):
            continue
        value = text.split(",") if setting.check is values.names else _number(text)
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
    except tables.InsideError as error:
        raise UsageError(f"read {where}", f"{key}{error}", error.hint) from None
    except values.PrivateError as error:
        example = '{ file = "PATH" }' if key == "secrets" else '"a text"'
        hint = f"write {error.name} = {example}"
        raise UsageError(f"read {where}", f"{key} must be {error}", hint) from None
    except ValueError as error:
        raise UsageError(f"read {where}", f"{key} must be {error}, not {value!r}") from error
