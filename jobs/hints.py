"""What to do about an exception that a flow file ended with while it was imported."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from typing import Any

import jobmon.jobs as language
from jobmon.jobs.flow import Flow
from jobmon.jobs.job import EdgeError
from jobmon.jobs.mistakes import nearest
from jobmon.jobs.options import Cron, Retry, choose
from jobmon.jobs.refs import Param, Secret

_CLASSES = {kind.__name__: kind for kind in (Flow, Cron, Param, Retry, Secret)}
_CALLED = re.compile(r"(\w+)\.(\w+)\(\) (?:takes|missing|got)\b")
_KEYWORD = re.compile(r"unexpected keyword argument '(\w+)'")
_IMPORTED = re.compile(r"cannot import name '(\w+)'")


def hint_for(error: BaseException) -> str:
    """How to go on, or "" when only the traceback can tell."""
    match error:
        case ModuleNotFoundError(name=str(name)):
            return f"install it where jobmon is installed, or put {name}.py beside the flow"
        case ImportError():
            return _import(error)
        case AttributeError(name=str(name)):
            return _meant(name, dir(error.obj))
        case NameError(name=str(name)):
            return _name(error, name)
        case EdgeError():
            return "an edge joins the jobs themselves: a = flow.shell(...), then a >> b"
        case TypeError():
            return _call(str(error))
    return ""


def _import(error: ImportError) -> str:
    found = _IMPORTED.match(str(error))
    module = sys.modules.get(error.name or "")
    return _meant(found[1], dir(module)) if found and module else ""


def _name(error: NameError, name: str) -> str:
    if name in language.__all__:
        return f"from jobmon.jobs import {name}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    known = list(trace.tb_frame.f_globals) if trace else []
    return _meant(name, [*known, *language.__all__])


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest(name, (word for word in known if not word.startswith("_")))
    return f"did you mean {near!r}?" if near else ""


def _call(text: str) -> str:
    """What a call of the language takes, when that is what the TypeError speaks of."""
    if "'list' and 'list'" in text:
        return "between two lists put a job, or draw the edges of each job in a loop"
    found = _CALLED.match(text)
    called = getattr(_CLASSES.get(found[1]), found[2], None) if found else None
    if called is None:
        return ""
    takes = list(_parameters(called))
    if wrong := _KEYWORD.search(text):
        return choose(wrong[1], takes)
    example = "params={...}" if called is Flow.__init__ else 'timeout="10m"'
    options = f"; options are keywords: {example}" if called.__qualname__[:5] == "Flow." else ""
    return f"it takes {', '.join(takes)}{options}"


def _parameters(called: Any) -> Iterable[str]:
    """The names of what a method of the language takes by position or as a named keyword."""
    for name, parameter in inspect.signature(called).parameters.items():
        if name != "self" and parameter.kind is not parameter.VAR_KEYWORD:
            yield name
