"""Import a flow file the same way everywhere: when it is loaded and when one of its jobs runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from jobmon.jobs.flow import Flow
from jobmon.jobs.mistakes import flow_files

_INSTALLED = (f"{os.sep}site-packages", f"{os.sep}dist-packages")
_DEEPEST = 3
"""So many lists within lists are looked into for flows."""


def prepare(home: str, files: Iterable[str]) -> None:
    """Let flow files import helper modules from `flows/` and the batch folder.

    Both stand behind the standard library, so that `flows/calendar.py` breaks nobody, and before
    installed packages. No bytecode is written: a helper edited twice in a second must be read anew.
    """
    installed = (i for i, entry in enumerate(sys.path) if entry.endswith(_INSTALLED))
    at = next(installed, len(sys.path))
    sys.path[at:at] = [os.path.join(home, "flows"), home]
    sys.dont_write_bytecode = True
    flow_files.update(files)


def new_module(path: str) -> ModuleType:
    """The empty module of a flow file, or the one that another flow file already imported."""
    stem = os.path.basename(path).removesuffix(".py")
    there = sys.modules.get(stem)
    if there is not None and getattr(there, "__file__", None) == path:
        return there
    taken = there is not None or stem in sys.stdlib_module_names
    module = ModuleType(f"_flow_{stem}" if taken else stem)
    module.__file__ = path
    return module


def execute(module: ModuleType, kept: str | None = None) -> None:
    """Run the file of `new_module`, unless it has run. Raises whatever the file raises.

    `kept` is a file that is read in its place.
    """
    if sys.modules.get(module.__name__) is module:
        return
    assert module.__file__ is not None
    with open(kept or module.__file__, "rb") as file:
        code = compile(file.read(), module.__file__, "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    try:
        exec(code, module.__dict__)  # noqa: S102 - a flow file is the user's own program
    except BaseException:
        del sys.modules[module.__name__]
        raise


def flows_of(module: ModuleType) -> Iterator[Flow]:
    """The flows that names of the module hold and that it declared, each once, in order of line.

    A name may hold one, or a list, a tuple, a set or a mapping of them.
    """
    bound = {id(flow): flow for value in vars(module).values() for flow in _held(value)}
    own = [f for f in bound.values() if f.file == module.__file__ or f.file not in flow_files]
    return iter(sorted(own, key=lambda flow: flow.line))


def _held(value: object, depth: int = 0) -> Iterator[Flow]:
    if isinstance(value, Flow):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict | list | tuple | set):
        for inner in tuple(value.values() if isinstance(value, dict) else value):
            yield from _held(inner, depth + 1)
