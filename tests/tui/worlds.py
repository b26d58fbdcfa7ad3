"""Worlds made by hand: boards driven by events, with the documents a screen asks for."""

from __future__ import annotations

from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.decide import decide
from jobmon.runtime.model import Event, ExitRecord, JobKey, Limits, Run
from jobmon.runtime.settle import conclude
from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.text import cells, plain
from jobmon.tui.world import Site, World
from tests.tui.cli_fakes import NOW

UNICODE = Ink(colour=True, width=80, terminal=True)
ASCII = Ink(unicode=False, width=80, terminal=True, encoding="ascii")
HOSTILE = "\x1b[31mred\x1b]0;t\x07 \x9b5n [bold]x[/] \u202eabc\u2066 \x00\r\nnext\ttab"


class Folder:
    """A site whose runs are driven by saying what happens; its events are kept as they come."""

    def __init__(self, number: int = 0, label: str = "", slots: int = 8) -> None:
        self.site = Site(number, label)
        self.site.loaded = True
        self.limits = Limits(slots=slots, pools={"database": 2})
        self.site.status = {"slots": {"total": slots}, "pools": {"database": {"total": 2}}}
        self.now = NOW - 3600

    def fold(self, *events: Event) -> None:
        for event in events:
            self.site.board.apply(event)
            self.site.seq += 1
            self.site.events.append(msgspec.structs.replace(event, seq=self.site.seq))

    def settle(self) -> None:
        while events := decide(self.site.board, self.now, self.limits):
            self.fold(*events)

    def run(self, definition: FlowDef, number: int, **fields: Any) -> int:
        """A new run, begun as far as nothing has to end first."""
        digest = self.site.board.add_definition(definition)
        key = f"{definition.name}#{number}"
        fields = {"time": "2026-11-23T06:10:00+09:00", "created": self.now} | fields
        body = Run(id=number, key=key, flow=definition.name, definition=digest, **fields)
        data = {"run": msgspec.to_builtins(body)}
        self.fold(Event(kind="run.created", at=self.now, run=number, data=data, who="anna@pts/1"))
        self.settle()
        return number

    def key(self, run: int, name: str) -> JobKey:
        return (run, self.site.board.shape_of(run).names[name])

    def start(self, run: int, *names: str) -> None:
        for name in names:
            job = self.site.board.jobs[self.key(run, name)]
            self.fold(Event(kind="job.started", at=self.now, run=run, job=job.index,
                            attempt=job.attempt))  # fmt: skip

    def end(self, run: int, name: str, code: int = 0) -> None:
        key = self.key(run, name)
        record = ExitRecord(reason="exit", code=code, ended=self.now)
        board = self.site.board
        self.fold(conclude(board.jobdef(key), board.jobs[key], record, self.now))
        self.settle()


def stage(*folders: Folder, ink: Ink = UNICODE) -> Stage:
    world = World([folder.site for folder in folders])
    world.now, world.version = NOW, 1
    return Stage(world, ink)


def texts(lines: list[Line]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def page(view: View, on: Stage, width: int = 80, height: int = 24) -> str:
    """The screen as text; every line is held to its size, and to what is inert."""
    found = view.lines(on, Size(width, height))
    assert len(found) == height
    for line in (*found, view.state_line(on)):
        text = plain(line)
        assert text.isprintable(), text
        assert on.ink.unicode or text.isascii(), text
    assert all(cells(plain(line)) <= width for line in found)
    return "\n".join(texts(found))


def give(view: View, on: Stage, name: str, document: dict[str, Any], **args: Any) -> None:
    """Answer what the view wants by this name, and with these arguments among others."""
    fitting = [want for want in view.wants(on) if want.name == name]
    fitting = [want for want in fitting if args.items() <= dict(want.args).items()]
    assert fitting, f"{view.name} does not ask for {name} {args}"
    for want in fitting:
        on.world.sites[want.site].documents[want] = document


def asked(view: View, on: Stage) -> set[tuple[str, tuple[tuple[str, Any], ...]]]:
    """Names and arguments of the documents it wants."""
    return {(want.name, want.args) for want in view.wants(on)}
