"""From findings to the table people read."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.targets import TARGETS, Target

HEADS = ("figure", "jobmon", "unit", "beside", "", "ratio", "reach", "moonshot", "")


class Sample(NamedTuple):
    """One measurement of one row, and its reference measured just before or after."""

    value: float
    reference: float | None = None


Findings = Mapping[str, Sequence[Sample]]


def rows(
    findings: Findings, sizes: Mapping[str, int], targets: Sequence[Target] = TARGETS
) -> list[tuple[str, ...]]:
    """The cells of every target that was measured, in the order of the targets."""
    return [_row(t, findings[t.key], sizes) for t in targets if findings.get(t.key)]


def _row(target: Target, samples: Sequence[Sample], sizes: Mapping[str, int]) -> tuple[str, ...]:
    value = statistics.median(sample.value for sample in samples)
    pairs = [(s.value, s.reference) for s in samples if s.reference]
    reference = statistics.median(r for _, r in pairs) if pairs else None
    # Of the pairs, not of the medians: what disturbs a round disturbs both sides of it.
    ratio = statistics.median(v / r for v, r in pairs) if pairs else None
    return (
        target.figure.format(**sizes),
        number(value),
        target.unit,
        number(reference),
        target.against if reference is not None else "",
        number(ratio),
        bound(target, target.reach),
        bound(target, target.moonshot),
        verdict(target, ratio if target.by_ratio else value),
    )


def number(value: float | None) -> str:
    """Three digits that matter."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else "0"


def bound(target: Target, limit: float | None) -> str:
    """A limit with its direction: ">= 0.35 x", "<= 3"."""
    if limit is None:
        return ""
    return f"{'>=' if target.more else '<='} {limit:g}{' x' if target.by_ratio else ''}"


def verdict(target: Target, value: float | None) -> str:
    """moonshot, reached, MISSED, or nothing for a row that only informs."""
    if value is None or target.reach is None or target.moonshot is None:
        return ""
    sign = 1 if target.more else -1
    if sign * value >= sign * target.moonshot:
        return "moonshot"
    return "reached" if sign * value >= sign * target.reach else "MISSED"


def plain(cells: Sequence[Sequence[str]]) -> str:
    """Columns of text; what is a number stands to the right."""
    lines = [HEADS, *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    right = {1, 3, 5}
    cells = [
        cell.rjust(width) if i in right else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def markdown(cells: Sequence[Sequence[str]]) -> str:
    """The same as a Markdown table."""
    rule = ["---:" if i in {1, 3, 5} else "---" for i in range(len(HEADS))]
    lines = [HEADS, rule, *([cell.strip() for cell in line] for line in cells)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
