"""A rate as arithmetic: whose turn comes when, so that no period ever sees more than its limit.

Pure. Times are seconds on a clock that nobody can set (see `places.now`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

SLACK_PART, SLACK_LEAST, SLACK_MOST = 0.05, 0.05, 0.5
MANY = 500
"""Turns kept one by one; of more, those that are long over are kept in heaps."""


class Turn(NamedTuple):
    """When somebody may go, or went: `n` of them at once."""

    at: float
    n: int = 1
    owner: str = ""


class Window:
    """Who went within the last `seconds`, and who has a turn to come; at most `count` a period.

    `frozen`: nobody goes before that moment, because of what `by` met; 0: it was lifted, by `by`.
    `turns` are in the order of their times.
    """

    def __init__(
        self,
        count: int,
        seconds: float,
        turns: Sequence[Turn] = (),
        frozen: float = 0.0,
        by: str = "",
    ) -> None:
        self.count, self.seconds = count, seconds
        self.turns = list(turns)
        self.frozen, self.by = frozen, by

    @property
    def slack(self) -> float:
        """How late a turn may be used: nobody goes at the very moment that is his."""
        return min(SLACK_MOST, max(SLACK_LEAST, self.seconds * SLACK_PART))

    @property
    def span(self) -> float:
        """The period, and what it takes that late ones do not crowd it."""
        return self.seconds + self.slack

    def next(self, now: float) -> float:
        """When one who asks now may go: behind all that asked before."""
        last = self.turns[-1].at if self.turns else now
        at, room = max(now, last, self.frozen), self.count
        for turn in reversed(self.turns):
            room -= turn.n
            if room <= 0:
                return max(at, turn.at + self.span)
        return at

    def take(self, now: float, owner: str) -> float:
        """Give `owner` the next turn; returns its time."""
        at = self.next(now)
        self.turns.append(Turn(at, 1, owner))
        return at

    def good(self, now: float, owner: str) -> bool:
        """Whether `owner` may go now: its turn has come, is not long past, and nothing is frozen.

        It is not good for ever: a turn that was not used in time is to be taken anew.
        """
        if self.frozen > now:
            return False
        return any(t.owner == owner and 0 <= now - t.at <= self.slack * 0.9 for t in self.turns)

    def has(self, owner: str) -> bool:
        """Whether `owner` has a turn, past or to come."""
        return any(turn.owner == owner for turn in self.turns)

    def drop(self, owner: str) -> None:
        """Forget the turn of `owner`, who did not use it."""
        self.turns = [turn for turn in self.turns if turn.owner != owner]

    def freeze(self, now: float, until: float, by: str) -> None:
        """Nobody goes before `until`. A longer freeze is never shortened."""
        if until > max(now, self.frozen):
            self.frozen, self.by = until, by
            self._call_off(now)

    def thaw(self, now: float, by: str) -> None:
        """Lift the freeze; who was to go after it asks anew."""
        self.frozen, self.by = 0.0, by
        self._call_off(now)

    def _call_off(self, now: float) -> None:
        self.turns = [turn for turn in self.turns if turn.at <= now]

    def tidy(self, now: float, alive: Callable[[str], bool]) -> None:
        """Forget turns that no period sees any more, and those to come of owners that died."""
        kept = (t for t in self.turns if t.at > now - self.span)
        self.turns = [t for t in kept if t.at <= now or alive(t.owner)]
        if len(self.turns) > MANY:
            self.turns = self._heaped(now - self.slack)

    def _heaped(self, before: float) -> list[Turn]:
        """Old turns that are near each other as one, at the time of the last: never too early."""
        found: list[Turn] = []
        fine = self.span * 2 / MANY
        for turn in self.turns:
            near = found and turn.at < before and found[-1].at // fine == turn.at // fine
            n = found.pop().n if near else 0
            found.append(turn._replace(n=turn.n + n))
        return found

    def used(self, now: float) -> int:
        """How many went within the period that ends now."""
        return sum(turn.n for turn in self.turns if now - self.seconds < turn.at <= now)

    def waiting(self, now: float) -> int:
        """How many have a turn to come."""
        return sum(turn.n for turn in self.turns if turn.at > now)
