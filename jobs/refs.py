"""What stands in a flow file for a value that is known only when the run, or the job, starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from jobmon.jobs.definition import ParamDef
from jobmon.jobs.mistakes import WrongError, nearest
from jobmon.jobs.params import DAYS, TYPES, ParamError, as_text, typed

_ABSENT: Any = object()
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = re.compile(
    r"(JOBMON_|LC_|LD_|PYTHON|SSL_CERT_|XDG_).*|PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE"
    r"|DBUS_SESSION_BUS_ADDRESS|IFS|ENV|BASH_ENV|output|params"
)


class Condition:
    """A comparison to be answered in the run: `b.output["rows"] > 0`. Join with `&`, `|`, `~`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"({self.text}) and ({_operand(other)})")

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.text}) or ({_operand(other)})")

    def __invert__(self) -> Condition:
        return Condition(f"not ({self.text})")

    def __bool__(self) -> bool:
        raise TypeError("this is known only in the run: join conditions with & | ~, not and/or/not")

    def __repr__(self) -> str:
        return f"<Condition {self.text}>"


class _Comparable:
    """Comparing makes a Condition, so identity is what equality and hash cannot be here."""

    __slots__ = ()

    def _text(self) -> str:
        raise NotImplementedError

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: object) -> Condition:
        return self._compare("<", other)

    def __le__(self, other: object) -> Condition:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Condition:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Condition:
        return self._compare(">=", other)

    def __bool__(self) -> bool:
        raise TypeError(f"{self._text()} is known only in the run: say when={self._text()!r}")

    def _compare(self, sign: str, other: object) -> Condition:
        return Condition(f"{self._text()} {sign} {_operand(other)}")

    __hash__ = object.__hash__


class Param(_Comparable):
    """A parameter of a flow: `Param(date, default="today", choices=..., help=...)`.

    `type` is str, int, float, bool or date; without it the default's type counts. Without a default
    a run must give the value. The object itself may stand in an argv list or as an env value.
    """

    __slots__ = ("choices", "default", "help", "name", "type")

    def __init__(
        self,
        type: Any = None,  # noqa: A002 - reads as Param(type=date)
        *,
        default: Any = _ABSENT,
        choices: Any = (),
        help: str = "",  # noqa: A002 - the word argparse and click use
    ) -> None:
        self.name = ""
        self.type, self.default, self.choices, self.help = type, default, choices, help

    def _text(self) -> str:
        if not self.name:
            raise ValueError("this Param belongs to no flow yet: name it in Flow(params={...})")
        return f"params[{_quoted(self.name)}]"

    def __repr__(self) -> str:
        return f"<Param {self.name or '(no name yet)'}>"


class Output(_Comparable):
    """What a job leaves in its output, or one key of it: `load.output["rows"]`."""

    __slots__ = ("job", "key")

    def __init__(self, job: Any, key: str = "") -> None:
        self.job, self.key = job, key

    def __getitem__(self, key: str) -> Output:
        if self.key:
            raise TypeError("an output is read one key deep: take the whole and pick in your code")
        if not isinstance(key, str) or not key:
            raise TypeError(f"a key of an output is a text, not {key!r}")
        return Output(self.job, key)

    __iter__ = None  # without it `in` and unpacking would try keys 0, 1, 2...

    def _text(self) -> str:
        whole = f"output[{_quoted(self.job.name)}]"
        return f"{whole}[{_quoted(self.key)}]" if self.key else whole

    def __repr__(self) -> str:
        return f"<Output {self._text()}>"


class Item:
    """The item of a mapped job: `item`, or a key of it: `item["code"]`."""

    __slots__ = ("key",)

    def __init__(self, key: str = "") -> None:
        self.key = key

    def __getitem__(self, key: str) -> Item:
        if self.key:
            raise TypeError("an item is read one key deep: take the whole and pick in your code")
        if not isinstance(key, str) or not key:
            raise TypeError(f"a key of an item is a text, not {key!r}")
        return Item(key)

    __iter__ = None  # without it `in` and unpacking would try keys 0, 1, 2...

    def __repr__(self) -> str:
        return f"<item[{self.key!r}]>" if self.key else "<item>"


item = Item()
"""Stands in a mapped job for the item its child is made for."""


class Secret:
    """An env value read at launch from `[secrets]` in jobmon.toml and masked in the log."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<Secret {self.name}>"


class Params(Mapping[str, Param]):
    """The parameters of one flow, as `flow.params.day` or `flow.params["day"]`."""

    def __init__(self, params: dict[str, Param]) -> None:
        self._params = params

    def __getitem__(self, name: str) -> Param:
        return self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __getattr__(self, name: str) -> Param:
        if name.startswith("__") or name == "_params":
            raise AttributeError(name)
        if name in self._params:
            return self._params[name]
        near = nearest(name, self._params)
        raise AttributeError(f"the flow has no parameter {name!r}" + (f": {near}?" if near else ""))


def named(name: Any, given: Any) -> tuple[Param, ParamDef]:
    """What `params={name: given}` declares: a default, a type, or a Param.

    Raises WrongError when the name or the value cannot be one.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise WrongError(f"parameter name {name!r}", "ASCII letters, digits and _: jobs see $name")
    if _TAKEN.fullmatch(name):
        hint = f"it means something to every job: choose another, such as my_{name.lower()}"
        raise WrongError(f"parameter name {name!r} is taken", hint)
    param = _as_param(name, given)
    if param.name and param.name != name:
        raise WrongError(f"one Param is both {param.name!r} and {name!r}", "make two Params")
    param.name = name
    return param, _defined(param)


def _as_param(name: str, given: Any) -> Param:
    if isinstance(given, Param):
        return given
    if isinstance(given, type):
        return Param(given)
    if given is not None and _type_name(given) is None:
        raise WrongError(
            f"parameter {name!r} cannot be {given!r}",
            "give a default (str, int, float, bool, date) or Param(type, default=...)",
        )
    return Param(str if given is None else None, default=given)


def _defined(param: Param) -> ParamDef:
    required = param.default is _ABSENT
    default = None if required else param.default
    kind = param.type.__name__ if isinstance(param.type, type) else param.type
    kind = kind or _type_name(default) or "str"
    if kind not in TYPES:
        raise WrongError(
            f"parameter {param.name!r} has the type {kind}", f"it is one of {', '.join(TYPES)}"
        )
    plain = ParamDef(param.name, kind, None, required, (), param.help)
    try:
        choices = tuple(typed(plain, choice) for choice in param.choices)
        checked = ParamDef(param.name, kind, None, required, choices, param.help)
        default = None if default is None else typed(checked, default)
    except ParamError as error:
        raise WrongError(error.text, error.hint) from None
    return ParamDef(param.name, kind, default, required, choices, param.help)


def _type_name(default: Any) -> str | None:
    if isinstance(default, str):
        return "date" if default in DAYS else "str"
    if isinstance(default, date):
        return "date"
    found = type(default).__name__
    return found if found in TYPES else None


def _operand(value: object) -> str:
    if isinstance(value, Condition):
        return value.text
    if isinstance(value, _Comparable):
        return value._text()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, date):
        return _quoted(as_text(value))
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"a condition compares with a text, a number or a date, not {value!r}")


def _quoted(text: str) -> str:
    shown = repr(text)
    plain = shown[1:-1] == text and '"' not in text
    return f'"{text}"' if plain else shown
