"""The failure card: how a job ended, the line that says why, what changed, what to do."""

from jobmon.runtime.failure.card import LAST_LINES, card, changed, ended_how

__all__ = ["LAST_LINES", "card", "changed", "ended_how"]
