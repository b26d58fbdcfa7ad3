"""The batch folder that a test file lies in, and the flows of it."""

from __future__ import annotations

from pathlib import Path

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.loader import Loaded, fresh, load_folder
from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.library import pick
from jobmon.runtime.settings.profiles import CONFIG_NAME

_loaded: dict[Path, Loaded] = {}


def batch_folder_of(file: Path) -> Path | None:
    """The nearest folder upwards with a jobmon.toml; None when there is none."""
    return next((above for above in file.parents if (above / CONFIG_NAME).is_file()), None)


def flow_named(name: str, file: Path) -> FlowDef:
    """The flow of that name in the batch folder of a test file. Raises NotFoundError, UsageError.

    The flow files are read once, and again when one of them changed.
    """
    home = batch_folder_of(file)
    if home is None:
        why = f"no folder above {file} holds a {CONFIG_NAME}"
        hint = "lay the tests into a batch folder, or hand over the Flow itself"
        raise NotFoundError(f"find the flow {name}", why, hint)
    if home not in _loaded or not fresh(_loaded[home].files):
        _loaded[home] = load_folder(home)
    return pick(_loaded[home], name)
