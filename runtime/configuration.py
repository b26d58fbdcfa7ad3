"""The settings as jobmon.toml says them now: read again when a file changed, the last good kept."""

from __future__ import annotations

from jobmon.runtime.config import Settings


class Configuration:
    """Who needs a setting that may change while the runtime serves asks `now` each time."""

    def __init__(self, settings: Settings) -> None:
        self.now = settings
        self.mistake = ""
        """Why the file cannot be used just now; "" when it can."""
