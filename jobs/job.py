"""Jobs and the edges between them, and how a flow collects what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jobmon.jobs.functions import call
from jobmon.jobs.mistakes import FlowError, Mistake, WrongError, declared_at, written_at
from jobmon.jobs.refs import Output
from jobmon.jobs.validate import MOST_MISTAKES


class Declared:
    """Something with a name that is declared line by line and collects its mistakes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.mistakes: list[Mistake] = []

    def read(
        self, read: Callable[..., Any], *args: Any, about: Job | None = None, option: str = ""
    ) -> Any:
        """What `read(*args)` makes of a value; None and a mistake when it refuses it."""
        try:
            return read(*args)
        except WrongError as error:
            whole = [f"job {about.name!r}"] if about else []
            self.wrong(": ".join([*whole, *filter(None, [option]), error.text]), error.hint)
            return None

    def wrong(self, text: str, hint: str) -> None:
        """Keep a mistake at the line the user wrote. Raises FlowError when there are too many."""
        file, line = written_at()
        self.mistakes.append(Mistake(file, line, text, hint))
        if len(self.mistakes) >= MOST_MISTAKES:
            raise FlowError(self.mistakes)


class EdgeError(TypeError):
    """Something other than jobs at one end of an edge."""


class Job:
    """A node of a flow. Edges: `a >> b >> c`, `a >> [b, c]`, `[a, b] >> c`, `c << [a, b]`.

    A python job can be called like the function it was made from, so it can be tested alone.
    """

    __slots__ = ("after", "fields", "flow", "function", "kind", "line", "name")

    def __init__(self, flow: Declared, name: str, kind: str) -> None:
        self.flow, self.name, self.kind = flow, name, kind
        self.line = declared_at().line
        self.function: Callable[..., Any] | None = None
        self.after: dict[str, Job] = {}
        self.fields: dict[str, Any] = {}

    @property
    def output(self) -> Any:
        """What this job will leave. As an argument, item or env value it draws the edge."""
        return Output(self)

    def wait_for(self, parent: Job) -> None:
        """Draw the edge parent >> self; a job of another flow is a mistake."""
        if parent.flow is not self.flow:
            self.flow.wrong(
                f"job {self.name!r} cannot wait for {parent.name!r} of flow {parent.flow.name!r}",
                "an edge stays within one flow",
            )
            return
        self.after[parent.name] = parent

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function of a python job, with plain values for every argument."""
        if self.function is None:
            raise TypeError(f"job {self.name!r} is no python function")
        return call(self.function, args, kwargs)

    def __rshift__(self, other: Any) -> Any:
        return _drawn(self, other)[1]

    def __lshift__(self, other: Any) -> Any:
        return _drawn(other, self)[0]

    def __rrshift__(self, other: Iterable[Job]) -> Job:
        _drawn(other, self)
        return self

    def __rlshift__(self, other: Iterable[Job]) -> Job:
        _drawn(self, other)
        return self

    def __repr__(self) -> str:
        return f"<Job {self.flow.name}/{self.name}>"


class Jobs(list[Job]):
    """Several jobs at one end of an edge, so that `a >> [b, c] >> [d, e]` goes on."""

    def __rshift__(self, other: Any) -> Any:
        return _drawn(self, other)[1]

    def __lshift__(self, other: Any) -> Any:
        return _drawn(other, self)[0]


def _drawn(before: Any, after: Any) -> tuple[Job | Jobs, Job | Jobs]:
    parents, children = _jobs(before), _jobs(after)
    for child in [children] if isinstance(children, Job) else children:
        for parent in [parents] if isinstance(parents, Job) else parents:
            child.wait_for(parent)
    return parents, children


def _jobs(given: Any) -> Job | Jobs:
    if isinstance(given, Job):
        return given
    several = isinstance(given, Iterable) and not isinstance(given, str)
    found = Jobs()
    for item in given if several else [given]:
        if not isinstance(item, Job):
            raise EdgeError(f"an edge joins jobs, and {item!r} is none")
        found.append(item)
    return found
