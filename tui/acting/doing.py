"""How a verb's key becomes a deed: what it would touch, the question, the request, the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from jobmon.runtime.errors import JobmonError
from jobmon.tui.acting import confirm, orders
from jobmon.tui.acting.ending import Ending
from jobmon.tui.acting.hands import Answer, Hands
from jobmon.tui.acting.orders import Order
from jobmon.tui.actions import Action
from jobmon.tui.boxes import Box, Choice, ChoiceBox
from jobmon.tui.text import count
from jobmon.tui.world import Row, RowKey, World


class Screen(Protocol):
    """The monitor as a deed sees it."""

    hands: Hands
    world: World

    def say(self, text: str, style: str = "") -> None:
        """A line for the operator."""
        ...

    def put(self, box: Box, closed: Callable[[], None] = ...) -> None:
        """A box over the screen; `closed` hears its end."""
        ...


class Deed:
    """One verb on some rows, from the key to its answer; `ending` waits for all of it."""

    def __init__(
        self, screen: Screen, action: Action, why: str = "", ending: Ending | None = None
    ) -> None:
        self.screen, self.action, self.why = screen, action, why
        self._ending = ending or Ending()
        self._question: confirm.Confirm | None = None
        self._left = 0
        self._plans: dict[int, confirm.Planned] = {}  # by their place among the orders
        self._named: list[Order] = []  # a rerun as it was asked for, whichever way it is previewed
        self._sent: Sequence[Order] = ()
        self._touched: list[Mapping[str, Any]] = []
        self._failed: JobmonError | None = None
        self._note = ""
        self._running: Sequence[Row] = ()

    def begin(self, keys: Sequence[RowKey], **options: Any) -> None:
        """Ask what it would touch, then the person if it must, then do it."""
        asked = orders.ask(self.action, keys, self.screen.world, **options)
        if self.action.id == "job.mark" and asked.orders and "outcome" not in options:
            self._choose_outcome(keys)
        else:
            self.order(asked.orders, asked.complaint, asked.running)

    def order(
        self, wanted: Sequence[Order], complaint: str = "", running: Sequence[Row] = ()
    ) -> None:
        """The same with the orders known already."""
        self._note, self._running = complaint, running
        if not wanted and not running:
            self.screen.say(complaint or f"{self.action.label}: nothing to do", "note")
        elif self.action.asks == "no":
            self.send(wanted)
        else:
            self._preview(wanted)

    def _choose_outcome(self, keys: Sequence[RowKey]) -> None:
        def chosen(outcome: str) -> Callable[[], None]:
            return lambda: self.begin(keys, outcome=outcome)

        choices = [
            Choice("success", "what follows may start", chosen("success")),
            Choice("failed", "what follows cannot start", chosen("failed")),
        ]
        self._put(ChoiceBox(f"mark {count(len(keys), 'job')} as", choices))

    def _put(self, box: Box) -> None:
        self._ending.wait()
        self.screen.put(box, self._ending.arrived)

    def _preview(self, wanted: Sequence[Order]) -> None:
        self._left, self._plans, self._failed = len(wanted), {}, None
        if not wanted:
            self._previewed()
        for place, order in enumerate(wanted):
            args = order.args(self.why) | {"preview": True}
            self._ending.wait()
            self.screen.hands.call(order.site, "verb", args, self._hear(place, order))

    def _hear(self, place: int, order: Order) -> Callable[[Answer | JobmonError], None]:
        def then(answer: Answer | JobmonError) -> None:
            self._left -= 1
            if isinstance(answer, JobmonError):
                self._failed = answer
            else:
                self._plans[place] = confirm.Planned(order, answer)
            if not self._left:
                self._previewed()
            self._ending.arrived()

        return then

    def _previewed(self) -> None:
        plans = [plan for _, plan in sorted(self._plans.items())]
        failed = told(self._failed) if self._failed else ""
        if self._question is not None:
            self._question.previewed(plans, self._note or failed)
        elif failed and not plans:
            self.screen.say(failed, "fail")
        else:
            self._ask([*plans, *map(_of_running, self._running)], self._note or failed)

    def _ask(self, plans: Sequence[confirm.Planned], note: str) -> None:
        """Have it confirmed, if it must be."""
        touched = sum(len(plan.preview["touched"]) for plan in plans)
        calm = confirm.idempotent(self.screen.world, plans)
        if orders.must_ask(self.action, touched, idempotent=calm):
            other = self._switch if self._may_switch(plans) else None
            world = self.screen.world
            self._question = confirm.Confirm(self.action, plans, world, self.send, other, note)
            self._put(self._question)
        else:
            self.send([plan.order for plan in plans])

    def _may_switch(self, plans: Sequence[confirm.Planned]) -> bool:
        return self.action.id == "job.rerun" and bool(plans)

    def _switch(self, way: str) -> None:
        """The same rerun another way: with what follows, the job alone, or all that failed."""
        self._named = self._named or [plan.order for _, plan in sorted(self._plans.items())]
        options = {way: True} if way else {}
        again = [order._replace(options=options) for order in self._named]
        self._preview([o._replace(jobs=()) for o in again] if way == "failed" else again)

    def send(self, wanted: Sequence[Order]) -> None:
        """Do it."""
        self._sent, self._touched, self._failed = wanted, [], None
        self._left = len(wanted)
        running = {(row.site.number, row.run.key, row.name): row for row in self._running}
        for order in wanted:
            self._ending.wait()
            row = running.get((order.site, order.run, order.jobs[0] if order.jobs else ""))
            if row is not None:
                self.screen.say(f"skip: stopping {row.name} first")
                self.screen.hands.skip_running(row, self.why, self._done)
            else:
                self.screen.hands.call(order.site, "verb", order.args(self.why), self._done)

    def _done(self, answer: Answer | JobmonError) -> None:
        """Say what came of it, once every runtime has answered."""
        self._left -= 1
        if isinstance(answer, JobmonError):
            self._failed = answer
        else:
            self._touched += answer.get("touched", ())
        if not self._left:
            self._tell()
        self._ending.arrived()

    def _tell(self) -> None:
        did = f"{self.action.label}: {_named(self._sent, self._touched)}"
        if self._failed is None:
            self.screen.say(did)
        else:
            self.screen.say(told(self._failed) + (f"; {did}" if self._touched else ""), "fail")


def start_run(
    screen: Screen, site: int, flow: str, params: Mapping[str, str], why: str = "",
    refused: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Start a run of a flow, and say its key; `refused` hears why there is none."""

    def hear(answer: Answer | JobmonError) -> None:
        if isinstance(answer, JobmonError):
            (refused or (lambda why: screen.say(why, "fail")))(told(answer))
        else:
            screen.say(f"started {answer['run']}: {count(len(answer['jobs']), 'job')}")

    args = {"flow": flow, "params": dict(params)} | ({"why": why} if why else {})
    screen.hands.call(site, "run", args, hear)


def told(error: JobmonError) -> str:
    """An error in one line: what, why, and how to go on."""
    return str(error).replace("\n  ", " - ")


def _named(sent: Sequence[Order], touched: Sequence[Mapping[str, Any]]) -> str:
    """The first of what was touched; a whole run, or flow, is called one."""
    names = [f"the flow {order.flow}" for order in sent if order.flow]
    names = names or [str(row.get("job") or f"the run {row.get('run')}") for row in touched]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more or "done"


def _of_running(row: Row) -> confirm.Planned:
    """What skipping a running job comes to."""
    order = Order(row.site.number, "skip", row.run.key, (row.name,))
    note = f"{row.name} is stopped first: TERM, after {row.jobdef.grace:.0f}s KILL"
    touch = {
        "job": row.name,
        "run": row.run.key,
        "state": row.job.state.value,
        "becomes": "skipped",
        "note": "stopped first",
    }
    return confirm.Planned(order, {"touched": [touch], "notes": [note]})
