"""What actions do beyond a screen's own affairs: verbs, looks at other screens, files, the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.runtime.errors import JobmonError
from jobmon.tui import card, palette
from jobmon.tui.actions import ACTIONS, BY_ID, Action, legal, shown
from jobmon.tui.boxes import Choice, ChoiceBox, TextBox
from jobmon.tui.console import Console
from jobmon.tui.doing import Deed, start_run, told
from jobmon.tui.form import Form
from jobmon.tui.hands import Answer
from jobmon.tui.orders import Order
from jobmon.tui.picture import Line
from jobmon.tui.prompt import Caret, Finding
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.world import Row, RowKey

PAGE = 96
"""Cells of an explanation."""


class Deeds:
    """One method for each action; `do` finds it."""

    def __init__(self, monitor: Console) -> None:
        self.monitor = monitor
        self._does: Mapping[str, Callable[[], None]] = {
            "job.log": self.log,
            "job.explain": self.explain,
            "job.edit": self.edit,
            "run.start": self.start,
            "lane.acknowledge": self.seen,
            "view.filter": lambda: monitor.ask(Finding(monitor)),
            "log.copy": self.copy,
            "log.pager": self.pager,
            "go.dag": self.dag,
            "go.log": self.log,
            "app.command": lambda: monitor.ask(Caret(monitor)),
            "app.palette": self.palette,
            "app.help": lambda: monitor.show("keys"),
            "app.back": monitor.back,
            "app.sample": self.sample,
            "app.up": monitor.hands.start_runtime,
            "app.quit": monitor.hands.leave,
        }

    def do(self, action: Action) -> bool:
        """Do it; False when it means nothing here."""
        if action.verb:
            self.verb(action, self.targets())
        elif action.id in self._does:
            self._does[action.id]()
        elif action.id.startswith("go."):
            self.monitor.show(action.id.removeprefix("go."))
        else:
            return False
        return True

    def targets(self) -> list[RowKey]:
        """What a verb acts on: the marked rows, else the one under the cursor."""
        return self.monitor.view.targets(self.monitor.stage)

    def _job(self, label: str) -> Row | None:
        row = self.monitor.hand()
        if row is None:
            self.monitor.say(f"{label}: there is no job under the cursor", "note")
        return row

    # Verbs

    def verb(self, action: Action, keys: Sequence[RowKey], **options: Any) -> None:
        """A verb on rows; on the schedule, on a flow."""
        view = self.monitor.view
        if not self.monitor.world.live:
            self.monitor.say("this is the past: `at now` returns to where verbs act", "note")
        elif isinstance(view, Schedule) and action.verb in ("hold", "release"):
            self._hold_flow(view)
        else:
            Deed(self.monitor, action).begin(keys, **options)

    def _hold_flow(self, view: Schedule) -> None:
        found = view.flow(self.monitor.stage)
        if found is None:
            return
        site, flow = found
        held = flow in self.monitor.world.sites[site].board.held_flows
        action = BY_ID["job.release" if held else "job.hold"]
        Deed(self.monitor, action).send([Order(site, action.verb, flow=flow)])

    def seen(self) -> None:
        """Failed jobs off the lanes, from whatever screen."""
        self.monitor.screens.equalizer.acknowledge(self.targets(), self.monitor.stage)

    # Looks

    def log(self) -> None:
        """The log of the newest attempt; of a run, its tree."""
        run = self._run()
        row = self._job("log") if run is None else None
        if run is not None:
            self._tree(run)
        elif row is not None and not row.job.attempt:
            self.monitor.say(f"log: {row.name} has not started yet", "note")
        elif row is not None:
            self.monitor.show("log")
            self.monitor.hands.open_log(row.key, row.job.attempt)

    def _run(self) -> RowKey | None:
        """The run under the cursor, where rows are runs."""
        keys = self.targets()
        return keys[0] if keys and keys[0].job < 0 else None

    def _tree(self, key: RowKey) -> None:
        """A run as a tree; one that is not kept here any more as it was when it ended."""
        here = key.run in self.monitor.world.sites[key.site].board.runs
        ended = None if here else self.monitor.screens.history.ended(key, self.monitor.stage)
        self.monitor.screens.dag.show(key)
        self.monitor.show("dag")
        if ended is not None:
            self.monitor.hands.travel(ended)

    def other_attempt(self) -> None:
        """The attempt the log screen wants beside the one it shows."""
        log = self.monitor.screens.log
        if log.about is not None and log.wanted_attempt is not None:
            self.monitor.hands.open_log(log.about.key, log.wanted_attempt)

    def dag(self) -> None:
        """The run of the job under the cursor as a tree."""
        keys = self.targets()
        if keys:
            self.monitor.screens.dag.show(keys[0])
        self.monitor.show("dag")

    def explain(self) -> None:
        """The reasons and the failure card, in a box."""
        run = self._run()
        if run is not None:
            board = self.monitor.world.sites[run.site].board
            name = board.runs[run.run].key if run.run in board.runs else ""
            self._ask_explain(run.site, {"run": name}, lambda told: self._explained(name, told))
            return
        row = self._job("why")
        if row is not None:
            self._ask_about(row, lambda told: self._explained(row.name, told))

    def _ask_about(self, row: Row, then: Callable[[Answer], None]) -> None:
        self._ask_explain(row.site.number, {"run": row.run.key, "job": row.name}, then)

    def _ask_explain(self, site: int, args: dict[str, str], then: Callable[[Answer], None]) -> None:
        def hear(answer: Answer | JobmonError) -> None:
            if isinstance(answer, JobmonError):
                self.monitor.say(told(answer), "fail")
            else:
                then(answer)

        self.monitor.hands.call(site, "view", {"name": "explain", "args": args}, hear)

    def _explained(self, name: str, answer: Answer) -> None:
        ink = self.monitor.ink._replace(colour=False, width=PAGE)
        lines: list[Line] = [((text, ""),) for text in card.page(ink, answer)]
        self.monitor.put(TextBox(f"why {self.monitor.ink.safe(name)}", lines[1:]))

    def edit(self) -> None:
        """The user's editor at the line that failed, else where the job is declared."""
        row = self._job("edit")
        if row is not None:
            self._ask_about(row, lambda answer: self._edit(row, answer))

    def _edit(self, row: Row, answer: Answer) -> None:
        cause = (answer.get("card") or {}).get("cause") or {}
        shape = row.site.board.shape_of(row.run.id)
        path = str(cause.get("file") or shape.flow.file)
        line = int(cause.get("lineno") or 0) if cause.get("file") else row.jobdef.line
        if not path:
            self.monitor.say(f"edit: no file of {row.name} is known", "note")
            return
        self.monitor.hands.edit(row.site.number, path, max(1, line), lambda: self._edited(row.key))

    def _edited(self, key: RowKey) -> None:
        """Offer the rerun, now that it may be mended."""
        row = self.monitor.world.row(key)
        rerun = BY_ID["job.rerun"]
        if row is not None and legal(rerun, row.job.state) and not self.monitor.readonly:
            self.monitor.say(f"edited; r runs {row.name} again with all that follows")
            Deed(self.monitor, rerun._replace(asks="yes")).begin([key])

    def copy(self) -> None:
        """The line under the cursor."""
        text = self.monitor.screens.log.line_text()
        if text:
            self.monitor.hands.copy(text)
            self.monitor.say("copied the line")

    def pager(self) -> None:
        """The whole file."""
        path = self.monitor.screens.log.path()
        if path is None:
            self.monitor.say("pager: this log lies on another machine; jobmon logs reads it there")
        else:
            self.monitor.hands.page(path)

    # Starting

    def start(self) -> None:
        """Choose a flow, then its parameters."""
        world = self.monitor.world
        many = world.many
        choices = [
            Choice(
                self.monitor.ink.safe(f"{site.label}: {flow['flow']}" if many else flow["flow"]),
                self.monitor.ink.safe(flow.get("description") or ""),
                self._chosen(site.number, flow),
            )
            for site in world.sites
            for flow in site.flows.get("flows", ())
        ]
        if self.monitor.readonly or not world.live:
            self.monitor.say("start: this monitor only looks on", "note")
        elif not choices:
            self.monitor.say("start: there is no flow yet; save one as flows/NAME.py", "note")
        else:
            self.monitor.put(ChoiceBox("start a run of", choices, at=self._flow_at(choices)))

    def _flow_at(self, choices: Sequence[Choice]) -> int:
        """The flow in hand, on the screen that lists them; else that of the job in hand."""
        view, row = self.monitor.view, self.monitor.hand()
        found = view.flow(self.monitor.stage) if isinstance(view, Schedule) else None
        name = found[1] if found else row.run.flow if row else ""
        places = [i for i, choice in enumerate(choices) if choice.text.endswith(name) and name]
        return places[0] if places else 0

    def _chosen(self, site: int, flow: Mapping[str, Any]) -> Callable[[], None]:
        def begin(params: dict[str, str], why: str) -> None:
            start_run(self.monitor, site, str(flow["flow"]), params, why)

        return lambda: self.monitor.put(Form(flow, begin))

    # The monitor itself

    def sample(self) -> None:
        """Something to look at, where there is nothing yet."""
        if any(site.flows.get("flows") for site in self.monitor.world.sites):
            self.monitor.say("sample: there are flows here already; lay it elsewhere: jobmon demo")
        else:
            self.monitor.hands.lay_sample()

    def palette(self) -> None:
        """Every action there is, to be found by a few letters."""
        self.monitor.put(ChoiceBox("find an action", self._found(""), self._found))

    def _found(self, text: str) -> Sequence[Choice]:
        return [self._choice(action) for action in palette.find(text, ACTIONS)]

    def _choice(self, action: Action) -> Choice:
        keys = " ".join(shown(key) for key in action.keys[:2])

        def perform() -> None:
            self.monitor.perform(action.id)

        return Choice(action.help, keys, perform)
