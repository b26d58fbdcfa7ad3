"""The duty that tells people: it looks at what is committed, and has the outbox sent.

How far it looked, what was told of each line and the messages themselves are committed together.
A message is handed to the sender only once it is committed, so a kill loses none.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from jobmon.runtime import failpoint
from jobmon.runtime.board import Board
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.notify import alive, batches, targets, wording
from jobmon.runtime.notify.batches import Batches
from jobmon.runtime.notify.outbox import ROOM, Message, Outbox, again
from jobmon.runtime.notify.post import Post
from jobmon.runtime.notify.rules import SCHEDULE, Known, Look, News, as_one, judge
from jobmon.runtime.notify.targets import About, about
from jobmon.runtime.notify.watch import Case, Watch
from jobmon.runtime.notify.wording import Text
from jobmon.runtime.reader import open_reader
from jobmon.runtime.store import Batch, Store

log = logging.getLogger("jobmon")

CURSOR = ("notify", "cursor")
"""The note that holds the number of the last event looked at, and whether a runtime was up."""
LINES = "line"
"""The room of what was told of each line."""
STRIDE = 1000
"""Events without news after which it is noted how far it was looked."""


class Notifier:
    """What is worth a message becomes one; `post` gets it to whom it concerns."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        board: Board,
        environ: Mapping[str, str],
        nudge: Callable[[], None],
    ) -> None:
        self.due: float | None = 0.0
        self._configuration, self._store, self._board = configuration, store, board
        self._seen_alive = alive.seen(configuration.now.state_dir)
        noted = store.notes(CURSOR[0]).get(CURSOR[1])
        self._noted: dict[str, Any] = noted or {"seq": store.seq, "up": False}
        self._lines = {
            line: msgspec.convert(body, Known) for line, body in store.notes(LINES).items()
        }
        self._watch = Watch(store, board, min(self._noted["seq"], store.seq))
        self._batches = Batches(store.notes(batches.ROOM))
        self.outbox = Outbox(store.notes(ROOM))
        self.post = Post(configuration, self.outbox, environ, self._wake)
        self.post.sweep()
        self._nudge, self._count = nudge, 0
        self._ahead = Batch()  # what was found since the last turn began, to be committed with it
        self._fresh: set[str] = set()  # messages that are not committed yet

    def heard(self, events: Sequence[Event]) -> None:
        """These are committed, and the board is just as they left it: the time to look."""
        if not self._configuration.now.notify:
            self._watch.skip(events[-1].seq)
        elif self._watch.heard(events):
            self.due = 0.0
            self._look(events[-1].at, self._ahead)

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Keep what was found, take in what the sender said, have sent what is due."""
        batch.notes.update(self._ahead.notes)
        self._ahead = Batch()
        events = self.post.answered(now, batch)
        self.outbox.sweep(now, batch)
        self._look_around(now, batch)
        events += self.post.send(now, batch, self._fresh)
        times = [time for time in (self.post.next_time(), self._batches.due) if time is not None]
        self.due = 0.0 if self._watch.left or self._fresh else min(times, default=None)
        if self._fresh:
            failpoint.reached("told")
        self._fresh = set()
        return events

    def tell(
        self,
        kind: str,
        text: Text,
        now: float,
        batch: Batch,
        number: str,
        about: About | None = None,
    ) -> None:
        """A message of no single run, to those who want to hear of its kind."""
        who = targets.wanted(self._configuration.now, kind, about).values()
        self._put(self.outbox.put(text, who, batch, now, id=number, kind=kind))

    def retry(self, now: float, batch: Batch) -> int:
        """Have everything tried now, also what was given up; how many messages that are."""
        every = list(self.outbox)
        for message in every:
            self.outbox.change(again(message, now), batch)
        self.due = 0.0
        return len(every)

    def _put(self, made: list[Message]) -> None:
        self._fresh.update(message.id for message in made)
        self.due = 0.0

    def _wake(self) -> None:
        self.due = 0.0
        self._nudge()

    # Looking

    def _look_around(self, now: float, batch: Batch) -> None:
        """Go on with what is left, unless something is folded already that is not committed."""
        if not self._configuration.now.notify:
            self._rest(batch)
        elif not batch.events:
            self._look(now, batch)
        for name, flow in self._batches.over(self._board.runs.values(), now, batch):
            self._of_batch(name, flow, now, batch)

    def _rest(self, batch: Batch) -> None:
        """There are no rules: what was remembered for them would be wrong when they are back."""
        self._watch.skip(self._store.seq)
        for line in self._lines:
            batch.notes[LINES, line] = None
        if self._noted["up"]:
            batch.notes[CURSOR] = None
        self._lines, self._noted = {}, {"seq": self._store.seq, "up": False}

    def _look(self, now: float, batch: Batch) -> None:
        if not self._watch.left and self._noted["up"]:
            return
        taken = self._watch.take()
        self._count = 0
        news: list[News] = []
        for run_id, case in taken.cases.items():
            news += self._news(run_id, case, now, batch)
        for one in as_one(news):
            self._tell(one, taken.upto, batch)
        for event in taken.own:
            self._of_itself(event, taken.lost, now, batch)
        begins = not self._watch.left and not self._noted["up"]
        if news or taken.own or begins or taken.upto - self._noted["seq"] >= STRIDE:
            self._noted = {"seq": taken.upto, "up": self._noted["up"] or begins}
            batch.notes[CURSOR] = self._noted

    def _news(self, run_id: int, case: Case, now: float, batch: Batch) -> list[News]:
        look = self._run(run_id)
        if look is None:
            return []
        if look.run.batch and look.run.state in RUN_TERMINAL:
            self._batches.ended(look.run, now, batch)
        known = self._lines.get(look.line, Known())
        news, after = judge(look, known, now, rerun=case.rerun, whys=case.whys)
        if after != known:
            self._remember(look.line, after, batch)
        if look.run.told and not case.rerun:
            return []
        if any(one.kind in ("failed", "still") for one in news):
            self._watch.known(run_id)
        return news

    def _remember(self, line: str, known: Known, batch: Batch) -> None:
        if known.empty:
            self._lines.pop(line, None)
        else:
            self._lines[line] = known
        batch.notes[LINES, line] = None if known.empty else msgspec.to_builtins(known)

    def _run(self, run_id: int) -> Look | None:
        """The run as it stands; None when it is removed."""
        board = self._board
        if run_id in board.runs:
            return Look(board.runs[run_id], board.jobs_of(run_id), board.shape_of(run_id))
        try:
            run, jobs = self._store.run(run_id)
            definition = self._store.definition(run.definition)
        except (JobmonError, TypeError):
            return None
        return Look(run, jobs, Shape(definition))

    def _tell(self, news: News, upto: int, batch: Batch) -> None:
        run = news.look.run
        who = targets.wanted(self._configuration.now, news.kind, about(run)).values()
        if not who:
            return
        self._count += 1
        made = self.outbox.put(
            wording.of_run(self.post.place, news, self._card(news)),
            who,
            batch,
            news.at,
            id=f"{upto}.{self._count}",
            kind=news.kind,
            line=news.look.line,
            number=run.id,
            run=run.key,
            job=news.look.shape.jobs[news.job].name if news.job >= 0 else "",
        )
        self._put(made)

    def _card(self, news: News) -> dict[str, Any] | None:
        if news.kind not in ("failed", "still", "lost"):
            return None
        from jobmon.runtime import cards  # not before a job fails: it takes time to load

        look, state = news.look, self._configuration.now.state_dir
        name = look.shape.jobs[news.job].name
        try:
            with contextlib.closing(open_reader(state)) as db:
                return cards.card(db, state, look.run, look.jobs[news.job], name)
        except Exception:  # a message without its card is better than none
            log.exception("the failure card of %s %s could not be made", look.run.key, name)
            return None

    def _of_itself(self, event: Event, lost: int, now: float, batch: Batch) -> None:
        if event.kind == "schedule.failed":
            self._of_schedule(event, now, batch)
        else:
            self._of_runtime(event, lost, now, batch)

    def _of_schedule(self, event: Event, now: float, batch: Batch) -> None:
        """A slot that could not be started: told once, until a run of the line is well."""
        line, why = str(event.data.get("plan", "")), str(event.data.get("reason", ""))
        known = self._lines.get(line, Known())
        if SCHEDULE in known.told:
            return
        self._remember(line, replace(known, told=known.told | {SCHEDULE: (why,)}), batch)
        text = wording.of_schedule(self.post.place, line, why)
        self.tell("failed", text, now, batch, f"{event.seq}.schedule", About((line,)))

    def _of_runtime(self, event: Event, lost: int, now: float, batch: Batch) -> None:
        started, was_up = event.kind == "runtime.started", self._noted["up"]
        self._noted = self._noted | {"up": started}
        if not (started and was_up):
            return
        since = self._last_sign(event)
        runs = sum(run.state not in RUN_TERMINAL for run in self._board.runs.values())
        text = wording.of_runtime(self.post.place, (since, event.at), lost, runs)
        self.tell("runtime", text, now, batch, f"{event.seq}.runtime")

    def _of_batch(self, name: str, flow: str, now: float, batch: Batch) -> None:
        try:
            ended = batches.counted(self._configuration.now.state_dir, name, flow)
        except (JobmonError, IndexError):
            log.exception("what became of the backfill %s cannot be read", name)
            return
        text = wording.of_batch(self.post.place, ended)
        self._count += 1
        number = f"batch.{now:.3f}.{self._count}"
        kind = "failed" if ended.bad else "report"
        self.tell(kind, text, now, batch, number, about(ended.run))

    def _last_sign(self, started: Event) -> float:
        """When the runtime before this start gave its last sign of life."""
        if self._seen_alive and self._seen_alive <= started.at:
            return self._seen_alive
        before = self._store.events_after(started.seq - 2, 1)
        return min(before[0].at if before else started.at, started.at)
