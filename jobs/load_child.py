"""The process that imports flow files: `python -P -m jobmon.jobs.load_child FD LIMIT HOME FILE...`.

User code runs here and only here. Answers go through the descriptor FD, which user code does not
know; what it prints goes nowhere. A file that takes longer than LIMIT seconds ends the process with
a stack dump on FD, so that the loader can name the line.
"""

from __future__ import annotations

import faulthandler
import io
import os
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NoReturn

import msgspec

from jobmon.jobs.answers import Answer, Begun, Found, Imported, Over, Wrong
from jobmon.jobs.definition import JobDef
from jobmon.jobs.flow import Flow, made
from jobmon.jobs.importing import execute, flows_of, new_module, prepare
from jobmon.jobs.mistakes import FlowError, Mistake, Place, own_file

_DECLARES = "a flow file only declares: move this into a job"
_exit = os._exit


class _Child:
    """One pass over the files. Mistakes name the user's own line wherever there is one."""

    def __init__(self, fd: int, limit: float, home: str, files: list[str]) -> None:
        self.fd, self.limit, self.home, self.files = fd, limit, home, files
        self.pid = os.getpid()
        self.file = ""
        self.printed = False
        self.kept: set[int] = set()
        self.failed: set[str] = set()

    def run(self) -> None:
        """Try every file, then say so."""
        prepare(self.home, self.files)
        self.guard()
        for file in self.files:
            self.file = file
            self.send(Begun(self.file))
            faulthandler.dump_traceback_later(self.limit, exit=True, file=self.fd)
            self.load()
            faulthandler.cancel_dump_traceback_later()
        self.lost()
        self.send(Imported(tuple(sorted(self.imported()))))
        self.send(Over())

    def guard(self) -> None:
        """Notice what a flow file must not do while it is imported."""
        faulthandler.enable(self.fd)
        sys.stdout = _Noticed(self)
        os._exit = self.noticed_exit
        os.register_at_fork(
            after_in_parent=lambda: self.wrong(_here(), "forks while it is imported", _DECLARES),
            after_in_child=lambda: os.close(self.fd),
        )

    def load(self) -> None:
        """Import the current file and tell its flows and mistakes."""
        self.printed = False
        module = new_module(self.file)
        try:
            execute(module)
            self.only_original()
            self.left_running()
            self.tell(list(flows_of(module)))
        except BaseException as error:  # noqa: BLE001 - SystemExit and all others are mistakes here
            self.only_original()
            self.failed.add(self.file)
            for flow in flows_of(module):
                self.send(*map(Wrong, flow.mistakes))
            self.raised(error)

    def tell(self, flows: list[Flow]) -> None:
        """Send each flow's definition or everything that is wrong with it."""
        self.kept.update(map(id, flows))
        if not flows and not any(flow.file == self.file for flow in made):
            hint = "bind one to a name, or name a helper module with a leading _"
            self.wrong(Place(self.file, 0), "declares no flow", hint, warning=True)
        for flow in flows:
            try:
                definition = msgspec.structs.replace(flow.definition(), file=self.file)
            except FlowError as error:
                self.send(*map(Wrong, error.mistakes))
            else:
                self.send(lean(Found(definition, flow.line)))

    def lost(self) -> None:
        """Warn of flows that were made and that no name of their file holds."""
        hint = "bind it to a name of its file, or keep it in a list there: FLOWS.append(flow)"
        for flow in made:
            if id(flow) not in self.kept and flow.file not in self.failed:
                text = f"flow {flow.name!r} is held by no name of its file: it is not loaded"
                self.wrong(Place(flow.file, flow.line), text, hint, warning=True)

    def raised(self, error: BaseException) -> None:
        """Tell why the import ended early."""
        if isinstance(error, FlowError):
            self.send(*(Wrong(m) for m in error.mistakes))
        elif isinstance(error, SystemExit):
            self.wrong(self.place(error), "ends the program while it is imported", _DECLARES)
        elif isinstance(error, SyntaxError) and error.filename:
            place = Place(error.filename, error.lineno or 0)
            self.wrong(place, f"syntax error: {error.msg}", _shown_line(error))
        else:
            text = f"{type(error).__name__}: {error}".strip().rstrip(":")[:500]
            self.wrong(self.place(error), text, self.hint(error))

    def hint(self, error: BaseException) -> str:
        """What to do about an exception at import."""
        from jobmon.jobs.hints import hint_for

        whole = f"python3 {os.path.relpath(self.file, self.home)} shows the whole traceback"
        return hint_for(error) or whole

    def place(self, error: BaseException) -> Place:
        """The innermost line of the user's that led to the error."""
        found = Place(self.file, 0)
        trace = error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if self.own(name):
                found = Place(name, trace.tb_lineno)
            trace = trace.tb_next
        return found

    def own(self, path: str) -> bool:
        """Whether the user wrote the file: a flow file, or a module of the batch folder."""
        return path in self.files or own_file(path, self.home)

    def imported(self) -> Iterator[str]:
        """The modules of the batch folder that were imported, flow files left out."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and self.own(path) and path not in self.files:
                yield path

    def left_running(self) -> None:
        """Tell when the import left a process behind."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        self.wrong(Place(self.file, 0), "leaves a process running", _DECLARES)

    def noticed_exit(self, code: int) -> NoReturn:
        """Stands for os._exit, which would end this process without a word."""
        if os.getpid() == self.pid:
            self.wrong(_here(), "ends the program while it is imported", _DECLARES)
        _exit(code)

    def only_original(self) -> None:
        """A forked copy of this process ends here: its answers would be said twice."""
        if os.getpid() != self.pid:
            _exit(0)

    def wrong(self, place: Place, text: str, hint: str, *, warning: bool = False) -> None:
        """Send one mistake."""
        self.send(Wrong(Mistake(*place, text, hint, warning)))

    def send(self, *answers: Answer | dict[str, Any]) -> None:
        """Write answers, one line each."""
        for answer in answers:
            left = memoryview(msgspec.json.encode(answer) + b"\n")
            while left:
                left = left[os.write(self.fd, left) :]


_UNSAID = msgspec.to_builtins(JobDef(name="", kind=""))


def lean(found: Found) -> dict[str, Any]:
    """The answer without what every JobDef says by default: who decodes it shares the defaults."""
    plain = msgspec.to_builtins(found)
    for job in plain["flow"]["jobs"]:
        for name in _UNSAID.keys() - {"name", "kind"}:
            if job[name] == _UNSAID[name]:
                del job[name]
    return plain


class _Noticed(io.TextIOBase):
    """Stands for stdout while files are imported: the first print of each is worth a warning."""

    def __init__(self, child: _Child) -> None:
        self.child = child

    def write(self, text: str, /) -> int:
        if not self.child.printed and os.getpid() == self.child.pid:
            self.child.printed = True
            frames = _frames(sys._getframe(1))
            place = next((p for p in frames if self.child.own(p.file)), Place(self.child.file, 0))
            self.child.wrong(place, "prints while it is imported", _DECLARES, warning=True)
        return len(text)


def _here() -> Place:
    own = (place for place in _frames(sys._getframe(1)) if place.file != __file__)
    return next(own)


def _frames(frame: FrameType | None) -> Iterable[Place]:
    while frame is not None:
        yield Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back


def _shown_line(error: SyntaxError) -> str:
    line = (error.text or "").strip()
    return f"correct: {line[:200]}" if line else "correct this line"


def main(argv: list[str]) -> NoReturn:
    """Answer on the descriptor, then end at once: what user code left for the exit is not run."""
    fd, limit, home, *files = argv
    os.set_inheritable(int(fd), False)
    _Child(int(fd), float(limit), home, files).run()
    _exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
