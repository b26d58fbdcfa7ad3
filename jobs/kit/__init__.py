"""What a job, or any script, may call. Light to import: a job starts within milliseconds.

Everything works in scripts that jobmon never sees too. The standard library and filelock are behind
it, and what is not used is not loaded.
"""

from __future__ import annotations

from jobmon.jobs.kit.outcomes import Data, External, Rule
from jobmon.jobs.kit.progress import progress
from jobmon.jobs.kit.result import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jobmon.jobs.kit.changes import changed_only
    from jobmon.jobs.kit.files import atomic_write
    from jobmon.jobs.kit.generations import keep_generations
    from jobmon.jobs.kit.lines import log
    from jobmon.jobs.kit.locks import lock
    from jobmon.jobs.kit.masking import mask
    from jobmon.jobs.kit.rates import rate, retry_after
    from jobmon.jobs.kit.retries import backoff

__all__ = [
    "Data",
    "External",
    "Rule",
    "atomic_write",
    "backoff",
    "changed_only",
    "keep_generations",
    "lock",
    "log",
    "mask",
    "output",
    "progress",
    "rate",
    "retry_after",
]

_LATER = {
    "atomic_write": "files",
    "backoff": "retries",
    "changed_only": "changes",
    "keep_generations": "generations",
    "lock": "locks",
    "log": "lines",
    "mask": "masking",
    "rate": "rates",
    "retry_after": "rates",
}


def __getattr__(name: str) -> Any:
    """What is not needed by every job is loaded when first used."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
