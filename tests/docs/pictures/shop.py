"""The shop of the pictures, some minutes before it opens: made up, and always the same.

Its boards are driven by events, and its jobs are heard by the meters the monitor has: so a picture
shows nothing that the monitor would not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import sin
from typing import Any

import msgspec
from msgspec.structs import replace

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.explain import explain_job
from jobmon.runtime.failure.card import card
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.model import Attempt, Event, JobRun, Limits, Run
from jobmon.runtime.states import State
from jobmon.runtime.verbs import Command, plan, preview
from jobmon.tui.meters.meter import Meter
from jobmon.tui.screens.detail import want
from jobmon.tui.world import World
from tests.docs.pictures import flows
from tests.tui.worlds import Folder

NOW = datetime.fromisoformat("2026-11-24T05:41:07+09:00").timestamp()
DAY = 86_400.0
SLOTS, POOLS = 8, {"web": 2}


class Shop(Folder):
    """The site, driven by saying what happened so many seconds before NOW."""

    def __init__(self) -> None:
        super().__init__(label="shop-01", slots=SLOTS)
        self.limits = Limits(slots=SLOTS, pools=POOLS)
        self.site.status = {
            "slots": {"total": SLOTS},
            "pools": {name: {"total": total} for name, total in POOLS.items()},
        }
        self._last = 0

    def begin(self, definition: FlowDef, number: int, ago: float, **fields: Any) -> int:
        """A run begins; its id."""
        self.now = NOW - ago
        run = self._run(definition, number, created=self.now, **fields)
        who = run.who or "clock"
        data = {"run": msgspec.to_builtins(run)}
        self.fold(Event(kind="run.created", at=self.now, run=run.id, data=data, who=who))
        self.settle()
        return run.id

    def _run(self, definition: FlowDef, number: int, **fields: Any) -> Run:
        self._last += 1
        return Run(
            id=self._last, key=f"{definition.name}#{number}", flow=definition.name,
            definition=self.site.board.add_definition(definition),
            time="2026-11-24T05:30:00+09:00", **{"who": "clock", **fields},
        )  # fmt: skip

    def began(self, run: int, ago: float, *names: str) -> None:
        """These jobs are seen running."""
        self.now = NOW - ago
        self.start(run, *names)

    def ended(self, run: int, ago: float, name: str, code: int = 0) -> None:
        """A job ends by itself."""
        self.now = NOW - ago
        self.end(run, name, code)

    def hears(
        self, run: int, name: str, lines: Callable[[int], int], said: Callable[[int], str],
        cpu: float = 0.3,
    ) -> None:  # fmt: skip
        """The log of a job that runs: how many lines in each second, and what each says."""
        job = self.site.board.jobs[self.key(run, name)]
        assert job.started is not None
        meter, nth = Meter(), 0
        meter.add([{"spawned": {"t": job.started}}])
        for second in range(int(NOW - job.started)):
            at = job.started + second
            count = lines(second)
            meter.add(
                {"t": at + n / count, "s": "out", "m": said(nth + n)} for n in range(count)
            )  # fmt: skip
            meter.add([{"t": at + 0.9, "cpu": cpu * (second + 0.9)}])
            nth += count
        self.site.meters[job.key] = meter

    def over(self, definition: FlowDef, number: int, ago: float, seconds: float) -> None:
        """A run that went well before, its jobs one after the other; some at the second try."""
        begun = NOW - ago - seconds
        run = self._run(
            definition, number, created=begun, started=begun, ended=NOW - ago, state="succeeded"
        )
        each, tries = seconds / len(definition.jobs), 2 if number % 23 == 11 else 1
        jobs = [
            JobRun(
                run=run.id, index=index, state=State.SUCCEEDED, attempt=tries, tries=tries, code=0,
                started=begun + index * each, ended=begun + (index + 1) * each,
                since=begun + (index + 1) * each,
            )
            for index in range(len(definition.jobs))
        ]  # fmt: skip
        self.site.board.load(run, jobs)


def shop() -> World:
    """The world at NOW."""
    here = Shop()
    for definition, seconds in flows.HABITS:
        here.site.histories[definition.name] = habit(definition, seconds)
    yesterday(here)
    month(here)
    backup(here)
    run = morning(here)
    prices(here)
    daily(here)
    access(here)
    pictures(here)
    here.begin(flows.LETTERS, 6, 31.0, who="anna@pts/2")
    parcels(here)
    world = World([here.site])
    world.now, world.version = NOW, 1
    explained(here, world, run)
    return world


def rerun(world: World, args: Mapping[str, Any]) -> dict[str, Any]:
    """What the runtime says a rerun would touch, now that somebody mended the first job."""
    board = world.sites[0].board
    run = next(run for run in board.runs.values() if run.key == args["run"])
    shape = board.shape_of(run.id)
    first, *others = flows.MORNING.jobs
    mended = replace(flows.MORNING, jobs=(replace(first, source="mended"), *others))
    command = Command(
        verb="rerun", target_run=run.id, jobs=tuple(shape.names[job] for job in args["jobs"]),
        options=args["options"], definition=board.add_definition(mended),
    )  # fmt: skip
    made = preview(board, plan(board, command, NOW), NOW)
    touched = [
        {"run": run.key, "job": t.name, "state": t.state, "becomes": t.becomes, "note": t.note}
        for t in made.touched
    ]
    return {"touched": touched, "notes": list(made.notes)}


# What was


def habit(definition: FlowDef, seconds: Sequence[float], runs: int = 24) -> FlowHistory:
    """Runs of a flow that took about so long, each a little more or less; some went wrong."""
    wrong = {n for n in range(runs) if n % 13 == 5}
    keys = [f"{definition.name}#{n}" for n in range(1, runs + 1)]
    jobs: dict[str, JobHistory] = {}
    for each, usual in zip(definition.jobs, seconds, strict=True):
        worst = "upstream_failed" if each.after else "failed"
        past = [
            Past(key, worst if n in wrong else "succeeded", 0.0, usual * (0.9 + n * 7 % 11 / 50))
            for n, key in enumerate(keys)
        ]
        jobs[each.name] = JobHistory(past if usual else [])
    told = [Past(key, "failed" if n in wrong else "succeeded", 0.0, 400.0)
            for n, key in enumerate(keys)]  # fmt: skip
    return FlowHistory(jobs, told)


def yesterday(here: Shop) -> None:
    """What ended in the last 24 hours."""
    every = (
        (flows.PICTURES, 563, 1800.0, 90.0), (flows.PRICES, 192, 7200.0, 150.0),
        (flows.ACCESS, 76, 7200.0, 130.0), (flows.PARCELS, 73, 3600.0, 20.0),
    )  # fmt: skip
    for definition, first, pause, seconds in every:
        count = int(DAY // pause)
        for nth in range(count):
            ago = (count - nth) * pause - 900 + nth * 37 % 300
            here.over(definition, first + nth, ago, seconds)


# What is


def month(here: Shop) -> None:
    """It waits for the boss, and one job is held by a clerk."""
    run = here.begin(flows.MONTH, 11, 9_600.0, who="anna@pts/2")
    data = {"held_by": "anna: 新しい税率の確認待ち"}
    key = here.key(run, "請求書作成")
    here.fold(Event(kind="job.hold", at=here.now, run=run, job=key[1], who="anna", data=data))
    here.began(run, 9_599.0, "締め集計")
    here.ended(run, 9_260.0, "締め集計")


def backup(here: Shop) -> None:
    """It was busy, and has said nothing for a while."""
    run = here.begin(flows.BACKUP, 19, 372.0)
    here.began(run, 371.0, "dump database")
    here.hears(
        run, "dump database",
        lambda s: (2 + s * 5 % 3) if s < 330 and s % 3 else 0,
        lambda n: f"table order_{n % 12 + 1:02}: {n * 431:,} rows", 0.8,
    )  # fmt: skip


def morning(here: Shop) -> int:
    """A shop changed its page over night."""
    run = here.begin(flows.MORNING, 12, 667.0, params={"day": "2026-11-24"})
    here.began(run, 666.0, "collect", "アクセス集計")
    here.ended(run, 641.0, "アクセス集計")
    here.hears(run, "collect", lambda s: int(s < 16 and s % 2), lambda n: COLLECT[n])
    here.ended(run, 648.0, "collect", code=65)
    return run


def daily(here: Shop) -> None:
    """Two of five are there."""
    run = here.begin(flows.DAILY, 31, 158.0)
    here.began(run, 157.0, *flows.SALES)
    here.ended(run, 144.5, "返品取込")
    here.ended(run, 61.0, "売上取込 東店")
    here.ended(run, 48.0, "売上取込 西店")
    here.hears(
        run, "在庫取込", lambda s: int(2.6 + 1.6 * sin(s / 6) + 0.9 * sin(s / 2.3)),
        lambda n: f"progress {n // 2 + 1}/256" if n % 2 else f"{GOODS[n % 8]}: {n * 7 % 23} 個",
        0.7,
    )  # fmt: skip
    here.hears(
        run, "売上取込 通販", lambda s: int(3.3 + 2.7 * sin(s / 9 + 2)),
        lambda n: f"progress {n // 2 + 1}/320" if n % 2 else f"注文 {n * 17 + 40_112}: 引当済",
    )  # fmt: skip


def prices(here: Shop) -> None:
    """Somebody's old computer is slow."""
    run = here.begin(flows.PRICES, 204, 190.0)
    here.began(run, 189.0, "fetch pages")
    here.hears(
        run, "fetch pages", lambda s: int(s % 2 == 0 and s < 90) + int(s % 4 == 1),
        lambda n: f"progress {n + 1}/120", 0.1,
    )  # fmt: skip


def access(here: Shop) -> None:
    """Visitors come in waves."""
    run = here.begin(flows.ACCESS, 88, 66.0)
    here.began(run, 65.0, "ログ読取")
    here.hears(
        run, "ログ読取", lambda s: int(34 * max(0.0, sin(s / 5.2)) ** 2 + 3),
        lambda n: f'192.0.2.{n % 90} "GET /goods/{GOODS[n % 8]}" 200', 0.9,
    )  # fmt: skip


def pictures(here: Shop) -> None:
    """One after the other."""
    run = here.begin(flows.PICTURES, 612, 43.0)
    here.began(run, 42.0, "縮小")
    here.hears(
        run, "縮小", lambda s: int(1.9 + 1.2 * sin(s / 1.7)),
        lambda n: f"C-{401 + n}.jpg 640x480", 1.0,
    )  # fmt: skip


def parcels(here: Shop) -> None:
    """The carrier is busy, and is asked again."""
    run = here.begin(flows.PARCELS, 97, 90.0)
    here.began(run, 89.0, "ask the carrier")
    here.ended(run, 82.0, "ask the carrier", code=75)


GOODS = ("りんご", "みかん", "味噌", "醤油", "緑茶", "せんべい", "海苔", "梅干し")
COLLECT = (
    "港青果: 9 offers",
    "さくら市場: reading",
    "Traceback (most recent call last):",
    '  File "/srv/shop/scripts/collect.py", line 93, in main',
    "    rows = sorted(collect())",
    '  File "/srv/shop/scripts/collect.py", line 53, in sakura',
    '    price = yen(card["price"])',
    "KeyError: 'price'",
)
"""What the job said that failed."""


def explained(here: Shop, world: World, run: int) -> None:
    """What the runtime answers when it is asked why `collect` failed."""
    key = here.key(run, "collect")
    row = world.row_of(0, *key)
    job = row.job
    attempt = Attempt(
        run=run, job=job.index, n=1, created=job.since, outcome="failed", reason="exit",
        cause=job.cause, started=job.started, ended=job.ended, code=job.code,
    )  # fmt: skip
    records = [{"t": NOW, "s": "err", "m": text} for text in COLLECT]
    found = explain_job(here.site.board, key, NOW, here.limits)
    here.site.documents[want(row)] = {
        "run": row.run.key, "job": row.name, "state": job.state.value,
        "reasons": list(found.reasons), "next": list(found.next),
        "card": card(row.run, row.name, job, attempt, records),
    }  # fmt: skip
