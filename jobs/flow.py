"""Flows and jobs as people write them: a flow file reads like the problem.

A mistake does not raise where it is made: mistakes are collected with the user's file and line, so
that one check shows all of them, and `Flow.definition()` raises them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Unpack

from jobmon.jobs import fanout, triggers
from jobmon.jobs import options as opt
from jobmon.jobs.declared import definition_of, shown
from jobmon.jobs.definition import (
    FlowDef,
    ItemRef,
    JobDef,
    Literal,
    OutputRef,
    ParamDef,
    ParamRef,
    SecretRef,
    Value,
)
from jobmon.jobs.functions import arguments_of, source_of
from jobmon.jobs.job import Declared, Job
from jobmon.jobs.mistakes import (
    FlowError,
    Mistake,
    WrongError,
    declared_at,
    flow_files,
    written_at,
)
from jobmon.jobs.params import as_text
from jobmon.jobs.refs import Condition, Item, Output, Param, Params, Secret, item, named
from jobmon.jobs.validate import MOST_JOBS, check_env_name, check_name, mistakes_of

_JOB = opt.JOB | fanout.OPTIONS
made: list[Flow] = []
"""Every flow that the files being loaded made, also those that they then lost."""
_FLOW = opt.FLOW | {"after": triggers.read_after, "triggers": triggers.read_triggers}


class Flow(Declared):
    """A graph of jobs, declared line by line.

    `params` maps a name to a default, a type or a `Param`. The other options are keywords:
    schedule, deadline, overlap, catchup, fail_fast, finally_, tags, description.
    """

    def __init__(
        self,
        name: str,
        *,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[opt.FlowOptions],
    ) -> None:
        super().__init__(name)
        self.file, self.line = declared_at()
        if flow_files:
            made.append(self)
        self.jobs: dict[str, Job] = {}
        self._finally: tuple[Any, int] = ((), 0)
        self.read(check_name, name, "flow")
        self.param_defs: dict[str, ParamDef] = {}
        self.params = Params(self._named(params))
        self._options = self._flow_options(dict(options))

    def shell(self, name: str, line: str, **options: Unpack[opt.JobOptions]) -> Job:
        """A job that is one line for `/bin/sh -c`. Params arrive as environment variables."""
        job = self._add(name, "shell", dict(options))
        job.fields["shell"] = job.fields["source"] = self._command(job, line)
        return job

    def exec(self, name: str, argv: Iterable[Any], **options: Unpack[opt.JobOptions]) -> Job:
        """A job that is a program and its arguments; items may be Params and outputs."""
        job = self._add(name, "exec", dict(options))
        items = () if isinstance(argv, str) or not isinstance(argv, Iterable) else tuple(argv)
        if not items:
            self.wrong(f"job {job.name!r}: argv is {argv!r}", 'write ["program", "argument"]')
        values = [self.read(self._value, job, item, about=job) for item in items]
        job.fields["argv"] = tuple(v for v in values if v is not None)
        job.fields["source"] = " ".join(shown(v) for v in job.fields["argv"])
        return job

    def python(self, function: Any = None, /, **options: Any) -> Any:
        """Make a function a job: `@flow.python(...)`. The job takes the function's name.

        `@flow.python("name", ...)` names it otherwise. Arguments come from outputs and params.
        """
        if isinstance(function, str) or function is None:
            return lambda decorated: self._function(decorated, function, options)
        return self._function(function, None, options)

    def manual(self, name: str, text: str, **options: Unpack[opt.JobOptions]) -> Job:
        """A step for a person: it waits until somebody says done. `text` tells what to do."""
        job = self._add(name, "manual", dict(options))
        job.fields["text"] = job.fields["source"] = self._command(job, text)
        return job

    def subflow(
        self,
        name: str,
        flow: Any,
        *,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[opt.JobOptions],
    ) -> Job:
        """A job that is a run of another flow: it ends as that run does.

        `params` are given to the run; they may be Params, outputs and items.
        """
        job = self._add(name, "subflow", dict(options))
        job.fields["flow"] = job.fields["source"] = self._command(job, getattr(flow, "name", flow))
        if not isinstance(params, Mapping | None):
            self.wrong(f"job {job.name!r}: params is {params!r}", 'write params={"day": "today"}')
            return job
        given = {
            str(key): self.read(self._value, job, value, about=job, option="params")
            for key, value in (params or {}).items()
        }
        job.fields["args"] = {key: value for key, value in given.items() if value is not None}
        return job

    @property
    def finally_(self) -> Any:
        """Jobs (or their names) that run last whatever happened."""
        return self._finally[0]

    @finally_.setter
    def finally_(self, jobs: Any) -> None:
        several = isinstance(jobs, Iterable) and not isinstance(jobs, str)
        self._finally = (tuple(jobs) if several else (jobs,), written_at().line)

    def definition(self) -> FlowDef:
        """The whole flow as a record. Raises FlowError with every mistake there is."""
        finals, unknown = self._final_names()
        flow = FlowDef(
            name=self.name,
            jobs=self._definitions(finals),
            params=tuple(self.param_defs.values()),
            file=self.file,
            **self._options,
        )
        late = [*triggers.mistakes(flow, self.line), *fanout.mistakes(flow)]
        if found := [*self.mistakes, *unknown, *mistakes_of(flow), *late]:
            raise FlowError(found)
        return flow

    def main(self) -> NoReturn:
        """Run this flow here and now, in the foreground: ends with the run's exit code.

        For `if __name__ == "__main__": flow.main()`. Options: `-p name=value`.
        """
        import os
        import sys

        if flow_files:
            raise RuntimeError('flow.main() stands under `if __name__ == "__main__":`')
        sys.stdout.flush()
        file = os.path.abspath(sys.modules["__main__"].__file__ or self.file)
        module = ["-P", "-m", "jobmon.runtime.foreground", file, "--flow", self.name]
        os.execv(sys.executable, [sys.executable, *module, *sys.argv[1:]])

    def __repr__(self) -> str:
        return f"<Flow {self.name}: {len(self.jobs)} jobs>"

    def _definitions(self, finals: set[str]) -> tuple[JobDef, ...]:
        handled: dict[str, list[str]] = {}
        for job in self.jobs.values():
            if handler := job.fields.get("on_failure"):
                handled.setdefault(handler, []).append(job.name)
        return tuple(definition_of(job, handled, finals) for job in self.jobs.values())

    def _final_names(self) -> tuple[set[str], list[Mistake]]:
        jobs, line = self._finally
        names = {job.name if isinstance(job, Job) else str(job) for job in jobs}
        unknown = [
            Mistake(
                self.file, line, f"finally_: there is no job {name!r}", opt.choose(name, self.jobs)
            )
            for name in sorted(names - self.jobs.keys())
        ]
        return names, unknown

    def _function(self, function: Any, name: str | None, options: dict[str, Any]) -> Job:
        job = self._add(name or getattr(function, "__name__", repr(function)), "python", options)
        if not hasattr(function, "__code__") and not hasattr(function, "__wrapped__"):
            self.wrong(f"job {job.name!r}: {function!r} is no function", "put it above a def")
            return job
        job.function = function
        job.fields["function"] = f"{self.name}/{job.name}"
        job.fields["source"] = source_of(function)

        def value(given: Any) -> Value:
            return self._value(job, given)

        given = {"item": item} if "map" in job.fields else {}
        args = self.read(arguments_of, function, {**self.params, **given}, value, about=job)
        job.fields["args"] = args or {}
        return job

    def _add(self, name: str, kind: str, options: dict[str, Any]) -> Job:
        job = Job(self, str(name), kind)
        self.read(check_name, name, "job")
        first = self.jobs.setdefault(job.name, job)
        if first is not job:
            text = f"two jobs are called {job.name!r}: the other is in line {first.line}"
            self.wrong(text, "give each job of a flow its own name")
        if len(self.jobs) > MOST_JOBS:
            self.wrong(f"more than {MOST_JOBS:,} jobs in one flow", "split the flow in several")
            raise FlowError(self.mistakes)
        for option, given in options.items():
            if given is not None:
                self._option(job, option, given)
        if option := fanout.astray(job.fields):
            self.wrong(f"job {job.name!r}: {option}= without map=", "say map= of which list")
        return job

    def _option(self, job: Job, option: str, given: Any) -> None:
        special = {
            "env": self._env,
            "when": self._when,
            "on_failure": self._handler,
            "map": self._over,
        }
        if option in special:
            found = self.read(special[option], job, given, about=job, option=option)
        elif option in _JOB:
            found = self.read(_JOB[option], given, about=job, option=option)
        else:
            hint = opt.choose(option, [*_JOB, *special])
            self.wrong(f"job {job.name!r}: unknown option {option!r}", hint)
            return
        if found is not None:
            job.fields[option] = found

    def _flow_options(self, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for option, value in given.items():
            if option == "finally_":
                self.finally_ = value
            elif option not in _FLOW:
                hint = opt.choose(option, [*_FLOW, "params", "finally_"])
                self.wrong(f"flow {self.name!r}: unknown option {option!r}", hint)
            elif value is not None:
                found[option] = self.read(_FLOW[option], value, option=option)
        return {option: value for option, value in found.items() if value is not None}

    def _named(self, params: Any) -> dict[str, Param]:
        if not isinstance(params, Mapping | None):
            self.wrong(f"params is {params!r}", 'write params={"day": "today"}')
            return {}
        found: dict[str, Param] = {}
        for name, given in (params or {}).items():
            if pair := self.read(named, name, given, option="params"):
                found[name], self.param_defs[name] = pair
        return found

    def _command(self, job: Job, text: Any) -> str:
        found = self.read(opt.text, text, about=job) or ""
        if isinstance(text, str) and not text.strip():
            self.wrong(f"job {job.name!r} is empty", "say what it does")
        return found

    def _value(self, job: Job, given: Any) -> Value:
        if isinstance(given, Output):
            job.wait_for(given.job)
            return OutputRef(given.job.name, given.key)
        if isinstance(given, Param):
            if self.params.get(given.name) is not given:
                raise WrongError(f"{given!r} is no param of this flow", "name it in params={...}")
            return ParamRef(given.name)
        if isinstance(given, Item):
            return ItemRef(given.key)
        if isinstance(given, Secret):
            raise WrongError(f"{given!r} outside of env", "all users can see arguments: use env=")
        return Literal(opt.text(as_text(opt.plain(given))))

    def _over(self, job: Job, given: Any) -> Value:
        """Where the list of a map comes from."""
        if isinstance(given, list | tuple):
            return Literal(opt.json_value(list(given)))
        if isinstance(given, Output | Param):
            return self._value(job, given)
        hint = 'give a list, a Param, or an output such as shops.output["list"]'
        raise WrongError(f"{given!r} is no list", hint)

    def _env(self, job: Job, given: Any) -> dict[str, Value]:
        if not isinstance(given, Mapping):
            raise WrongError(f"{given!r} is no mapping", 'write {"NAME": "value"}')
        return {
            check_env_name(name): SecretRef(opt.text(value.name))
            if isinstance(value, Secret)
            else self._value(job, value)
            for name, value in given.items()
        }

    def _when(self, job: Job, given: Any) -> str:
        del job
        if isinstance(given, Condition):
            return given.text
        if isinstance(given, Output | Param):
            raise WrongError(f"{given!r} is no condition", "compare it: == True, > 0, != None ...")
        if isinstance(given, bool):
            hint = "is, in, not, and, or answer at once: write == None, and join with & | ~"
            raise WrongError(f"{given!r} is no condition", hint)
        return opt.text(given)

    def _handler(self, job: Job, given: Any) -> str:
        if isinstance(given, Job) and given.flow is not self:
            raise WrongError(f"{given!r} is of another flow", "name a job of this flow")
        name = given.name if isinstance(given, Job) else opt.text(given)
        if name == job.name:
            raise WrongError("a job cannot handle its own failure", "name another job")
        return name
