"""What a running job may call. Light to import: a job starts within milliseconds.

`lock`, `rate` and `retry_after` work in any script, also outside jobmon.
"""

from __future__ import annotations

from jobmon.jobs.kit.outcomes import Data, External, Rule
from jobmon.jobs.kit.progress import progress
from jobmon.jobs.kit.result import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jobmon.jobs.kit.locks import lock
    from jobmon.jobs.kit.rates import rate, retry_after

__all__ = ["Data", "External", "Rule", "lock", "output", "progress", "rate", "retry_after"]

_LATER = {"lock": "locks", "rate": "rates", "retry_after": "rates"}


def __getattr__(name: str) -> Any:
    """Limits are loaded when first used."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value
