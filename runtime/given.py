"""What a job is given of the outputs of jobs before it, and what of that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobmon.jobs.definition import ItemRef, JobDef, OutputRef
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.words import command


class UnfitError(JobmonError):
    """The attempt cannot be made from what there is: a secret or an upstream output is missing."""

    code = "unfit"

    @property
    def reason(self) -> str:
        """The error in one line, as the job keeps it."""
        return f"{self.what}: {self.why}; {self.hint}"


def output_of(job: JobDef, ref: OutputRef, run: str, outputs: Mapping[str, Any]) -> Any:
    """The value `job` is given by `ref`. Raises UnfitError naming what is missing."""
    whole = outputs.get(ref.job)
    if not ref.key:
        return whole
    if not isinstance(whole, dict) or ref.key not in whole:
        raise UnfitError(
            f"start {job.name}",
            f"the output of {ref.job} has no {ref.key!r}",
            f"{command('rerun', run, ref.job)}, or mark it with an output: jobmon mark --help",
        )
    return whole[ref.key]


def item_of(job: JobDef, ref: ItemRef) -> Any:
    """The item of the child of a map, or a key of it. Raises UnfitError when it has no such key."""
    if not ref.key:
        return job.item
    if not isinstance(job.item, dict) or ref.key not in job.item:
        hint = "correct the list, or the flow file: jobmon check"
        raise UnfitError(f"start {job.name}", f"its item has no {ref.key!r}", hint)
    return job.item[ref.key]


def references(job: JobDef) -> Iterator[OutputRef]:
    """What a job is given of upstream outputs: in its command, environment and arguments."""
    for value in (*job.argv, *job.env.values(), *job.args.values()):
        if isinstance(value, OutputRef):
            yield value
