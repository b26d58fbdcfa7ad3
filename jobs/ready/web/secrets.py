"""`$NAME` in what is sent: filled from the environment, and never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from jobmon.jobs.kit.outcomes import Rule

_NAMED = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
_LEAST = 4
"""Shorter values are no secrets, and would be found in every number."""


class Secrets:
    """The variables that texts name. What was filled in once is shown as `${NAME}` afterwards."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        self.used: dict[str, str] = {}

    def fill(self, text: str, *, url: bool = False) -> str:
        """The text with the values of its `$NAME` and `${NAME}`; raises Rule for a missing one."""

        def value(found: re.Match[str]) -> str:
            plain = self._value(found[1] or found[2])
            return quote(plain, safe="") if url else plain

        return _NAMED.sub(value, text)

    def _value(self, name: str) -> str:
        if name not in self.environ:
            raise Rule(
                f"${name} is not in the environment: give it to the job, as in "
                f'env={{"{name}": Secret("...")}}, or export it'
            )
        self.used[name] = self.environ[name]
        return self.environ[name]

    def hide(self, text: str) -> str:
        """The text with `${NAME}` for each value that was filled in; `fill` undoes it."""
        for name, value in sorted(self.used.items(), key=lambda pair: -len(pair[1])):
            if len(value) >= _LEAST:
                text = text.replace(value, f"${{{name}}}")
                text = text.replace(quote(value, safe=""), f"${{{name}}}")
        return text
