"""JMESPath, in which names of any language may stand without quotes."""

from __future__ import annotations

import functools
import re
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from jobmon.jobs.kit.outcomes import Rule

_QUOTED_OR_FOREIGN = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`)|(\w*[^\W\x00-\x7f]\w*)""")


def search(path: str, document: Any) -> Any:
    """What is at `path` of a JSON document, None for nothing. Raises Rule for what is no path."""
    try:
        return _compiled(path).search(document)
    except JMESPathError as error:
        said = str(error).splitlines()[0]
        raise Rule(
            f"{path!r} cannot be looked up in the answer: {said}; see jmespath.org"
        ) from None


@functools.cache
def _compiled(path: str) -> Any:
    return jmespath.compile(_QUOTED_OR_FOREIGN.sub(_quoted, path))


def _quoted(found: re.Match[str]) -> str:
    return found[1] or f'"{found[2]}"'
