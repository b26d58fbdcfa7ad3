"""What actions do beyond a screen's own affairs: verbs, looks at other screens, files, the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui import explaining
from jobmon.tui.acting import orders, starting
from jobmon.tui.acting.doing import Deed
from jobmon.tui.acting.ending import Ending
from jobmon.tui.acting.orders import Order
from jobmon.tui.actions import ACTIONS, BY_ID, Action, shown
from jobmon.tui.boxes import Choice, ChoiceBox
from jobmon.tui.commandline import palette
from jobmon.tui.commandline.prompt import Caret, Finding
from jobmon.tui.console import Console, may_act
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.text import count
from jobmon.tui.world import Row, RowKey

Keys = Sequence[RowKey]


class Deeds:
    """One method for each action; `do` finds it."""

    def __init__(self, monitor: Console) -> None:
        self.monitor = monitor
        self._to_rows: Mapping[str, Callable[[Keys, Ending], None]] = {
            "job.log": lambda keys, _: self.log(keys),
            "job.explain": self.explain,
            "job.edit": self.edit,
            "lane.acknowledge": lambda keys, _: self.seen(keys),
        }
        self._does: Mapping[str, Callable[[], None]] = {
            "flow.explain": lambda: explaining.flow(monitor),
            "run.start": lambda: starting.choose(monitor),
            "view.filter": lambda: monitor.ask(Finding(monitor)),
            "log.older": self.other_attempt,
            "log.newer": self.other_attempt,
            "log.copy": self.copy,
            "log.pager": self.pager,
            "go.dag": self.dag,
            "go.log": self.last_log,
            "app.command": lambda: monitor.ask(Caret(monitor)),
            "app.palette": self.palette,
            "app.help": self.help,
            "app.back": monitor.back,
            "app.sample": self.sample,
            "app.up": self.up,
            "app.quit": monitor.hands.leave,
        }

    def do(self, action: Action) -> bool:
        """Do it; False when it means nothing here."""
        if action.verb or action.id in self._to_rows:
            keys = self.targets()
            self.on(orders.toggled(action, keys, self.monitor.world), keys, Ending())
        elif action.id in self._does:
            self._does[action.id]()
        elif action.id.startswith("go."):
            self.monitor.show(action.id.removeprefix("go."))
        else:
            return False
        return True

    def on(self, action: Action, keys: Keys, ending: Ending) -> None:
        """An action on these rows, wherever the cursor is."""
        if action.verb:
            self.verb(action, keys, ending)
        else:
            self._to_rows[action.id](keys, ending)

    def targets(self) -> list[RowKey]:
        """What a verb acts on: the marked rows, else the one under the cursor."""
        return self.monitor.view.targets(self.monitor.stage)

    def _job(self, label: str, keys: Keys) -> Row | None:
        """The first of the rows that is a job; it is said when there is none."""
        rows = (self.monitor.world.row(key) for key in keys)
        row = next((row for row in rows if row is not None), None)
        if row is None:
            self.monitor.say(f"{label}: there is no job under the cursor", "note")
        return row

    # Verbs

    def verb(self, action: Action, keys: Keys, ending: Ending) -> None:
        """A verb on rows; on the schedule, on a flow."""
        view = self.monitor.view
        if isinstance(view, Schedule) and action.verb in ("hold", "release") and not keys:
            self._hold_flow(action, view)
        else:
            Deed(self.monitor, action, ending=ending).begin(keys)

    def _hold_flow(self, action: Action, view: Schedule) -> None:
        """Hold the flow under the cursor; the hold key releases one that is held."""
        found = view.flow(self.monitor.stage)
        if found is None:
            self.monitor.say(f"{action.label}: there is no flow under the cursor", "note")
            return
        site, flow = found
        if action.id == "job.hold" and flow in self.monitor.world.sites[site].board.held_flows:
            action = BY_ID["job.release"]
        Deed(self.monitor, action).send([Order(site, action.verb, flow=flow)])

    def seen(self, keys: Keys) -> None:
        """Failed jobs off the lanes, from whatever screen."""
        taken = self.monitor.screens.equalizer.acknowledge(keys, self.monitor.stage)
        said = f"{count(taken, 'job')} taken off the lanes" if taken else _NOT_DEAD
        self.monitor.say(f"seen: {said}", "" if taken else "note")

    # Looks

    def log(self, keys: Keys) -> None:
        """The log of the newest attempt; of a run, its tree."""
        if keys and (keys[0].job < 0 or self.monitor.world.row(keys[0]) is None):
            self._tree(keys[0])
            return
        row = self._job("log", keys)
        if row is not None and not row.job.attempt:
            self.monitor.say(f"log: {row.name} has not started yet", "note")
        elif row is not None:
            self.monitor.show("log")
            self.monitor.hands.open_log(row.key, row.job.attempt)

    def last_log(self) -> None:
        """The log of the job under the cursor, else the one that was shown last."""
        rows = [self.monitor.world.row(key) for key in self.targets()]
        if self.monitor.view is not self.monitor.screens.log and any(rows):
            self.log([row.key for row in rows if row is not None])
        else:
            self.monitor.show("log")

    def _tree(self, key: RowKey) -> None:
        """A run as a tree; one that is not kept here any more as it was when it ended."""
        monitor = self.monitor
        here = key.run in monitor.world.sites[key.site].board.runs
        ended = None if here else monitor.screens.history.ended(key, monitor.stage)
        if here and monitor.view is monitor.screens.dag:
            monitor.say("log: this is the whole run; its jobs have logs", "note")
        elif not here and ended is None:
            monitor.say("log: that run is not kept here any more; `history` lists it", "note")
        else:
            monitor.screens.dag.show(key)
            monitor.show("dag")
            if ended is not None:
                monitor.hands.travel(ended)

    def other_attempt(self) -> None:
        """The attempt the log screen wants beside the one it shows."""
        log = self.monitor.screens.log
        if log.about is not None and log.wanted_attempt is not None:
            self.monitor.hands.open_log(log.about.key, log.wanted_attempt)

    def dag(self) -> None:
        """The run of the row under the cursor as a tree."""
        keys = self.targets()
        if keys and self.monitor.view is not self.monitor.screens.dag:
            self._tree(keys[0])
        else:
            self.monitor.show("dag")

    def explain(self, keys: Keys, ending: Ending) -> None:
        """The reasons and the failure card, in a box; on the schedule, about the flow."""
        run, job = self.monitor.world.names(keys[0]) if keys else ("", "")
        if run:
            named = {"run": run} | ({"job": job} if job else {})
            explaining.why(self.monitor, keys[0].site, named, ending)
        elif isinstance(self.monitor.view, Schedule):
            explaining.flow(self.monitor)
        else:
            self.monitor.say("why: there is no job under the cursor", "note")

    def edit(self, keys: Keys, ending: Ending) -> None:
        """The user's editor at the line that failed, else where the job is declared."""
        row = self._job("edit", keys)
        if row is not None:
            explaining.edit(self.monitor, row, ending)

    def copy(self) -> None:
        """The line under the cursor."""
        text = self.monitor.screens.log.line_text()
        if text:
            self.monitor.hands.copy(text)
        self.monitor.say("copied the line" if text else "copy: there is no line")

    def pager(self) -> None:
        """The whole file."""
        log = self.monitor.screens.log
        path = log.path()
        if path is not None:
            self.monitor.hands.page(path)
        elif log.about is None:
            self.monitor.say("pager: no log is open", "note")
        else:
            name = host(self.monitor.world.sites[log.about.key.site])
            self.monitor.say(f"pager: it is on the machine {name}; jobmon logs reads it there")

    # The monitor itself

    def help(self) -> None:
        """All keys; from there, back again."""
        if self.monitor.view is self.monitor.screens.keys_page:
            self.monitor.back()
        else:
            self.monitor.show("keys")

    def sample(self) -> None:
        """Something to look at, where there is nothing yet."""
        if any(site.flows.get("flows") for site in self.monitor.world.sites):
            self.monitor.say("sample: there are flows here already; lay it elsewhere: jobmon demo")
        elif may_act(self.monitor, "sample"):
            self.monitor.hands.lay_sample()

    def up(self) -> None:
        """Start runtimes of this machine that were stopped."""
        away = [site for site in self.monitor.world.sites if site.away is not None]
        if not away:
            self.monitor.say("up: the runtime is there", "note")
        elif all(site.remote for site in away):
            self.monitor.say("up: it is on another machine; say jobmon up there", "note")
        elif may_act(self.monitor, "up"):
            self.monitor.hands.start_runtime()
            self.monitor.say("up: the runtime is being started")

    def palette(self) -> None:
        """Every action there is, to be found by a few letters."""
        self.monitor.put(ChoiceBox("find an action", self._found(""), self._found))

    def _found(self, text: str) -> Sequence[Choice]:
        return [self._choice(action) for action in palette.find(text, ACTIONS)]

    def _choice(self, action: Action) -> Choice:
        own: Mapping[str, Any] = self.monitor.keys
        keys = " ".join(shown(key) for key in (*own.get(action.id, action.keys),)[:2])

        def perform() -> None:
            self.monitor.perform(action.id)

        return Choice(f"{action.label}: {action.help}", keys, perform)


_NOT_DEAD = "only what failed or is lost stands on the lanes until it is seen"
