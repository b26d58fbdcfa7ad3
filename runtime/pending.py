"""What people asked for and wait for: each once, answered after its commit, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from jobmon.runtime.errors import StateError
from jobmon.runtime.model import Event
from jobmon.runtime.store import Batch

Answer = dict[str, Any]
Planned = tuple[list[Event], Answer]
Plan = Callable[[float, Batch], Planned]
"""Makes the events and the answer from the time and the batch, or raises to refuse."""
KEPT = "it is done once that is mended; look before asking again: jobmon status"


class Order(NamedTuple):
    """Something a person asked for. `idem` names it when it is asked again."""

    plan: Plan
    answered: asyncio.Future[Answer]
    idem: str = ""


class Pending:
    """The orders that are not answered yet."""

    def __init__(self) -> None:
        self._named: dict[str, Order] = {}
        self._folded: list[Order] = []

    def order(self, plan: Plan, idem: str) -> tuple[Order, bool]:
        """The order, and whether it is new: who asks again before the answer gets the same one."""
        if idem in self._named:
            return self._named[idem], False
        order = Order(plan, asyncio.get_running_loop().create_future(), idem)
        if idem:
            self._named[idem] = order
        return order, True

    def knows(self, idem: str) -> bool:
        """Whether an order of that name waits for its answer."""
        return idem in self._named

    def folded(self, order: Order) -> None:
        """It is part of the turn that is to be committed next."""
        self._folded.append(order)

    def answer(self, order: Order, answer: Answer) -> None:
        """It is committed."""
        self._done(order)
        if not order.answered.done():
            order.answered.set_result(answer)

    def refuse(self, order: Order, error: Exception) -> None:
        """It is not done, and that is the end of it."""
        self._done(order)
        if not order.answered.done():
            order.answered.set_exception(error)

    def put_off(self, why: str) -> None:
        """The commit fails for now: say so to whoever waits. Nothing is undone."""
        for order in tuple(self._folded):
            self.refuse(order, StateError("record the command", why, KEPT))

    def _done(self, order: Order) -> None:
        self._named.pop(order.idem, None)
        if order in self._folded:
            self._folded.remove(order)
