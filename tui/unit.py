"""The systemd user unit of a batch folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from jobmon.runtime.settings.profiles import VARIABLE

UNIT = """\
[Unit]
Description=jobmon runtime of {home}

[Service]
{environment}ExecStart={python} -m jobmon.runtime --home {quoted}
Restart=on-failure
RestartPreventExitStatus=2 3 4
# Jobs outlive the runtime: only the runtime itself is stopped or restarted, never what it started,
# and a job that takes too much memory does not take the runtime with it.
KillMode=process
OOMPolicy=continue

[Install]
WantedBy=default.target
"""


def text(home: Path, profile: str = "", python: str = sys.executable) -> str:
    """The unit file."""
    named = f"Environment={VARIABLE}={profile}\n" if profile else ""
    return UNIT.format(
        home=_plain(home), environment=named, python=_quoted(python), quoted=_quoted(str(home))
    )


def _plain(home: Path) -> str:
    return str(home).replace("%", "%%").replace("\n", " ")


def _quoted(word: str) -> str:
    """A word as systemd reads it: % and $ and quotes lose their meaning."""
    for sign, plain in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$"), ("\n", "\\n")):
        word = word.replace(sign, plain)
    return f'"{word}"'


def name(home: Path) -> str:
    """The unit's name: the folder's own name and a mark of its whole path."""
    own = "".join(c if c.isascii() and c.isalnum() else "-" for c in home.name)[:40]
    return f"jobmon-{own}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}.service"


def install(home: Path, profile: str = "", *, preview: bool) -> list[str]:
    """Write the unit file; the lines to print."""
    if preview:
        return [text(home, profile).rstrip()]
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    path = Path(base).expanduser() / "systemd" / "user" / name(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(home, profile), encoding="utf-8")
    return [
        f"wrote {path}",
        "next:",
        "  systemctl --user daemon-reload",
        f"  systemctl --user enable --now {name(home)}",
        "  loginctl enable-linger   # once: keep it up while you are logged out, and after a boot",
    ]
