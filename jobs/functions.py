"""Python functions as jobs: what they need, and the text whose change means new code."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType
from typing import Any

from jobmon.jobs.definition import Value
from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.refs import Item, Output, Param, Secret

_NO_DEFAULT = inspect.Parameter.empty
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def arguments_of(
    function: Callable[..., Any], params: Mapping[str, Any], value: Callable[[Any], Value]
) -> dict[str, Value]:
    """What the run must give the function, by argument name.

    A default that is an output, a Param or an item is given; so is an argument without default that
    has a name among `params`: a param of the flow, or `item`. `value` turns what stands in the file
    into a Value. Raises WrongError for an argument nothing can fill.
    """
    found: dict[str, Value] = {}
    for name, wanted in inspect.signature(function).parameters.items():
        if wanted.kind in _VARIADIC:
            continue
        given = _given(name, wanted, params, value)
        if given is not None and wanted.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise WrongError(f"argument {name!r} has no name to give it by", "take out the `/`")
        if given is not None:
            found[name] = given
    return found


def _given(
    name: str,
    wanted: inspect.Parameter,
    params: Mapping[str, Any],
    value: Callable[[Any], Value],
) -> Value | None:
    if isinstance(wanted.default, Secret):
        raise WrongError(
            f"argument {name!r} is a secret", 'give it by env={"NAME": Secret("NAME")}'
        )
    if isinstance(wanted.default, Output | Param | Item):
        return value(wanted.default)
    if wanted.default is not _NO_DEFAULT:
        return None
    if name in params:
        return value(params[name])
    raise WrongError(
        f"nothing gives the argument {name!r} its value",
        f"add a param of that name to the flow, or a default such as {name}=load.output[{name!r}]",
    )


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a job's function as an ordinary one: a test gives what the run would have given."""
    given = inspect.signature(function).bind(*args, **kwargs)
    given.apply_defaults()
    open_ = [n for n, v in given.arguments.items() if isinstance(v, Output | Param | Secret | Item)]
    if open_:
        raise TypeError(f"{function.__name__}() needs a value for {', '.join(open_)}")
    return function(*args, **kwargs)


def source_of(function: Callable[..., Any]) -> str:
    """The function's text without its decorators; "" when it has no file."""
    plain = inspect.unwrap(function)
    code = getattr(plain, "__code__", None)
    return _source(code) if isinstance(code, CodeType) else ""


@cache
def _source(code: CodeType) -> str:
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    try:
        block = inspect.getblock(lines)
    except (SyntaxError, IndentationError):
        return ""
    start = next((i for i, line in enumerate(block) if _is_def(line)), 0)
    return "".join(block[start:]).rstrip()


def _is_def(line: str) -> bool:
    return line.lstrip().startswith(("def ", "async def ", "lambda"))
