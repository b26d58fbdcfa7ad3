"""The language flows are written in.

The names are loaded when first used, so a running job that needs only `jobmon.jobs.kit` starts
without the rest.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jobmon.jobs.fanout import Repeat
    from jobmon.jobs.flow import Flow
    from jobmon.jobs.job import Job
    from jobmon.jobs.kit import Data, External, Rule
    from jobmon.jobs.mistakes import FlowError, Mistake
    from jobmon.jobs.options import Cron, Retry
    from jobmon.jobs.refs import Param, Secret, item
    from jobmon.jobs.triggers import File, Outcome, after

__all__ = [
    "Cron",
    "Data",
    "External",
    "File",
    "Flow",
    "FlowError",
    "Job",
    "Mistake",
    "Outcome",
    "Param",
    "Repeat",
    "Retry",
    "Rule",
    "Secret",
    "after",
    "item",
]

_MODULES = {
    "Cron": "options",
    "Data": "kit",
    "External": "kit",
    "File": "triggers",
    "Flow": "flow",
    "FlowError": "mistakes",
    "Job": "job",
    "Mistake": "mistakes",
    "Outcome": "triggers",
    "Param": "refs",
    "Repeat": "fanout",
    "Retry": "options",
    "Rule": "kit",
    "Secret": "refs",
    "after": "triggers",
    "item": "refs",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        text = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(text, name=name, obj=sys.modules[__name__])
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
