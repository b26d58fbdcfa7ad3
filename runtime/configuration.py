"""The settings as jobmon.toml says them now: read again when a file changed, the last good kept."""

from __future__ import annotations

import os
from collections.abc import Mapping

from jobmon.runtime import config
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import Limits
from jobmon.runtime.settings import profiles

Stamps = tuple[tuple[int, int, int], ...]


class Configuration:
    """Who needs a setting that may change while the runtime serves asks `now` each time."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self.now = settings
        self.mistake = ""
        """Why the file cannot be used just now; "" when it can."""
        self._environ = environ
        self._files = profiles.files(settings.home, settings.profile)
        self._seen = self._stamps()

    @property
    def broken(self) -> list[str]:
        """The names of the files that cannot be used just now."""
        return [path.name for path in self._files] if self.mistake else []

    def changed(self) -> bool:
        """Whether a file is not what it was when it was read."""
        return self._stamps() != self._seen

    def look(self) -> bool:
        """Whether a file changed since the last look; `now` and `mistake` follow it."""
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen, self.mistake = stamps, ""
        try:
            read = config.load(self.now.home, self._environ, self.now.profile)
            self.now = read._replace(state_dir=self.now.state_dir)
        except JobmonError as error:
            self.mistake = f"{error.what}: {error.why}"
        return True

    def _stamps(self) -> Stamps:
        return tuple(map(_stamp, self._files))


def _stamp(path: os.PathLike[str]) -> tuple[int, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def limits_of(settings: Settings) -> Limits:
    """What bounds how much runs at once."""
    return Limits(slots=settings.slots, pools=dict(settings.pools))
