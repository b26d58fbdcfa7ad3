"""The profile a runtime serves, always told: prod also where there is no colour."""

from __future__ import annotations

from jobmon.runtime.errors import RefusedError


def badge(profile: str) -> tuple[str, str]:
    """What is shown of it, and its style: `[PROD]` on red, `[dev]`, "" without a profile."""
    if not profile:
        return "", ""
    if profile.lower().startswith("prod"):
        return f"[{profile.upper()}]", "reverse red"
    return f"[{profile}]", "bold"


def same(wanted: str, served: str) -> None:
    """Raises RefusedError when a profile was named that the runtime does not serve.

    Whoever names none takes the one it has.
    """
    if wanted and wanted != served:
        has = f"the profile {served}" if served else "no profile"
        why = f"the runtime of this folder was started with {has}"
        change = f"jobmon down; then: JOBMON_PROFILE={wanted} jobmon up"
        hint = f"change it: {change}; or leave --profile out: it has its own"
        raise RefusedError(f"use the profile {wanted}", why, hint)
