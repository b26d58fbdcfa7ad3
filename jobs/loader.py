"""Load the flows of a batch folder. Flow files are imported in a child process with a time limit.

One child imports every file. When a file ends it or hangs, that file gets its mistake and another
child goes on with the files after it, so no file can take others with it.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from jobmon.jobs.answers import Answer, Begun, Found, Imported, Over, Wrong
from jobmon.jobs.child import Child
from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import Mistake, own_file

Stamp = tuple[int, int, int]
"""(mtime_ns, size, inode) of a file; zeros when it is not there."""
_decode = msgspec.json.Decoder(Answer).decode
_DUMPED = re.compile(r'File "(.*)", line (\d+) in ')


class Loaded(msgspec.Struct):
    """The flows found by name, every mistake, and the stamps of all files that led to this.

    `lines` says where each flow is declared, `broken` which flow files have flows that could not be
    loaded. Files of mistakes and flows are relative to the batch folder when they lie in it; the
    keys of `files` are absolute.
    """

    flows: dict[str, FlowDef] = {}
    mistakes: list[Mistake] = []
    files: dict[str, Stamp] = {}
    lines: dict[str, int] = {}
    broken: set[str] = set()

    @property
    def ok(self) -> bool:
        """Whether nothing keeps a flow from being used; warnings may stand."""
        return all(mistake.warning for mistake in self.mistakes)


def load_folder(home: Path, timeout: float = 10.0) -> Loaded:
    """Every flow of `home/flows/*.py`; files whose name starts with _ or . are helpers.

    `timeout` is in seconds for one file; three times as much for all of them.
    """
    root = os.path.abspath(home)
    folder = os.path.join(root, "flows")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    files = [os.path.join(folder, name) for name in names if name.endswith(".py")]
    shared = [file for file in files if os.path.basename(file).startswith(("_", "."))]
    refused = [r for path in (root, folder, *shared) if (r := _refusal(path))]
    own = [file for file in files if file not in shared]
    if refused and files:
        return Loaded(
            mistakes=[_relative(r, root) for r in refused],
            files=_stamps([folder]),
            broken={file.removeprefix(root + os.sep) for file in own},
        )
    return _load(root, own, timeout, _stamps([folder]))


def load_file(path: Path, home: Path, timeout: float = 10.0) -> Loaded:
    """The flows of one file, wherever it lies."""
    return _load(os.path.abspath(home), [os.path.abspath(path)], timeout, {})


def fresh(files: dict[str, Stamp]) -> bool:
    """Whether all files still are what they were when they were loaded."""
    return all(_stamp(path) == stamp for path, stamp in files.items())


def _load(root: str, files: list[str], timeout: float, stamps: dict[str, Stamp]) -> Loaded:
    loading = _Loading(root, timeout)
    loading.loaded.files = stamps | _stamps(files)
    usable = []
    for file in files:
        refusal = _refusal(file)
        loading.spoilt(file, refusal) if refusal else usable.append(file)
    end = time.monotonic() + 3 * timeout
    while usable and time.monotonic() < end:
        usable = loading.attempt(usable)
    for file in usable:
        text = "not loaded: the files before it took too long"
        loading.spoilt(file, Mistake(file, 0, text, "correct those first"))
    return loading.finished()


class _Loading:
    """What the children have answered so far."""

    def __init__(self, root: str, timeout: float) -> None:
        self.root, self.timeout = root, timeout
        self.loaded = Loaded()
        self.imports: set[str] = set()
        self.begun = time.time_ns()

    def attempt(self, files: list[str]) -> list[str]:
        """Load files in one child; the files that are left when it did not reach the end."""
        child = Child(self.root, files, self.timeout)
        at, over, dump = "", False, list[bytes]()
        for line in child.lines():
            if not line.startswith(b"{"):
                dump.append(line)
                continue
            answer = _decode(line)
            over = over or isinstance(answer, Over)
            if isinstance(answer, Begun):
                at = answer.file
            self.take(answer, at)
        said = any(m.file == self.shown(at) and not m.warning for m in self.loaded.mistakes)
        code = child.end(thorough=said or not over)
        if over:
            return []
        if not at or not said:
            self.spoilt(at or files[0], self.fatal(at or files[0], dump, code, late=child.late))
        return files[files.index(at) + 1 :] if at else []

    def take(self, answer: Answer, at: str) -> None:
        """Keep one answer, heard while the file `at` was tried."""
        match answer:
            case Wrong(mistake):
                self.spoilt(at, mistake)
            case Found(flow, line):
                self.found(flow, line)
            case Imported(files):
                self.imports.update(files)

    def found(self, flow: FlowDef, line: int) -> None:
        """Keep a flow, unless another has its name."""
        file = self.shown(flow.file)
        if first := self.loaded.flows.get(flow.name):
            place = f"{first.file}:{self.loaded.lines[flow.name]}"
            text = f"two flows are called {flow.name!r}: the other is in {place}"
            self.spoilt(flow.file, Mistake(file, line, text, "give each flow its own name"))
            return
        self.loaded.flows[flow.name] = msgspec.structs.replace(flow, file=file)
        self.loaded.lines[flow.name] = line

    def fatal(self, file: str, dump: list[bytes], code: int, *, late: bool) -> Mistake:
        """What a file did that ended or stopped the child, with the line if the dump tells it."""
        text = b"\n".join(dump).decode(errors="replace")
        place = self.dumped(text) or (file, 0)
        if late or text.startswith("Timeout"):
            return Mistake(
                *place,
                f"was still loading after {self.timeout:g} s",
                "a flow file only declares: move what takes long into a job",
            )
        how = f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"
        hint = f"python3 {self.shown(file)} may tell more"
        return Mistake(*place, f"loading it ended the process with {how}", hint)

    def dumped(self, text: str) -> tuple[str, int] | None:
        """The innermost line of the user's in a stack dump, which escapes what is not ASCII."""
        known = {p.encode("ascii", "backslashreplace").decode(): p for p in self.loaded.files}
        for escaped, line in _DUMPED.findall(text):
            path = known[escaped] if escaped in known else str(escaped)
            if path in self.loaded.files or own_file(path, self.root):
                return path, int(line)
        return None

    def shown(self, path: str) -> str:
        """The path as people see it."""
        return path.removeprefix(self.root + os.sep)

    def spoilt(self, file: str, mistake: Mistake) -> None:
        """Keep one mistake, which may stand in another file, and whose flows it concerns."""
        if not mistake.warning:
            self.loaded.broken.add(self.shown(file))
        self.mistake(mistake)

    def mistake(self, mistake: Mistake) -> None:
        """Keep one mistake, once."""
        shown = _relative(mistake, self.root)
        if shown not in self.loaded.mistakes:
            self.loaded.mistakes.append(shown)

    def finished(self) -> Loaded:
        """The whole answer: flows know what they import, stamps what to watch."""
        loaded = self.loaded
        for refusal in filter(None, map(_refusal, sorted(self.imports))):
            self.mistake(refusal)
        # A helper changed while it was being read may be half known: never take it as fresh.
        helpers = {path: _stamp(path) for path in self.imports}
        late = [path for path, (changed, _, _) in helpers.items() if changed > self.begun]
        loaded.files |= helpers | dict.fromkeys(late, (-1, 0, 0))
        if not loaded.ok:
            # What was missing may turn up in the batch folder itself.
            loaded.files |= _stamps([self.root])
        imports = tuple(sorted(self.imports))
        for name, flow in loaded.flows.items():
            loaded.flows[name] = msgspec.structs.replace(flow, imports=imports)
        loaded.mistakes.sort(key=lambda m: (m.file, m.line))
        return loaded


def _refusal(path: str) -> Mistake | None:
    """Code that others can change is not run: it would run as the owner of the batch folder."""
    try:
        found = os.stat(path)
    except OSError as error:
        return Mistake(path, 0, f"cannot be read: {error.strerror}", "make it readable")
    if found.st_uid not in (0, os.geteuid()):
        return Mistake(path, 0, "belongs to another user", f"chown {os.geteuid()} {path}")
    if found.st_mode & stat.S_IWOTH:
        return Mistake(path, 0, "can be changed by every user", f"chmod o-w {path}")
    return None


def _relative(mistake: Mistake, root: str) -> Mistake:
    file = mistake.file.removeprefix(root + os.sep)
    return msgspec.structs.replace(mistake, file=file)


def _stamps(paths: Iterable[str]) -> dict[str, Stamp]:
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
