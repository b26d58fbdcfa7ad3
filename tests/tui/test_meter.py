"""What a meter reads from a log: progress, rate, pulse, silence, CPU; and that replays agree."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.jobs import kit
from jobmon.tui.meters.meter import Meter, Reading

T = 1_763_856_000.0
Record = dict[str, Any]


def out(at: float, text: str = "x", **fields: Any) -> Record:
    return {"t": round(T + at, 3), "s": "out", "m": text, **fields}


def cpu(at: float, used: float, **fields: Any) -> Record:
    return {"t": round(T + at, 3), "cpu": used, "rss": 4096, **fields}


def fed(records: Iterable[Record]) -> Meter:
    meter = Meter()
    meter.add(records)
    return meter


def raw(records: Iterable[Record]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def lines(first: float, last: float, every: float) -> list[Record]:
    count = round((last - first) / every)
    return [out(first + i * every) for i in range(count)]


# -- progress -----------------------------------------------------------------------------------


def told(*texts: str) -> float | None:
    """What is drawn long after a job wrote these lines, one a second."""
    return fed(out(i, text) for i, text in enumerate(texts)).at(T + len(texts) + 5).progress


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("progress 37/120", 37 / 120),
        ("progress: 0/3", 0.0),
        ("2026-11-25 INFO Progress 1.5/10", 0.15),
        ("progress 1,200/4,800 rows", 0.25),
        ("42%", 0.42),
        ("rows: 42.5 %", 0.425),
        ("42,5 % fertig", 0.425),
        ("  [ 42%] Building", 0.42),
        ("進捗４２％完了", 0.42),
        ("進捗 ４２．５％", 0.425),
        ("\r 41%|████      | \r 42%|████▏     | 42/100 [00:01<00:02, 30.1it/s]", 0.42),
        ("first 10%, then 20%", 0.2),
        ("C:\\new\t42%", 0.42),
        ("100%", 1.0),
    ],
)
def test_what_is_understood_at_once(text: str, part: float) -> None:
    assert told(text) == pytest.approx(part)
    meter = Meter()
    meter.add_lines(raw([out(0, text)]))
    assert meter.at(T + 9).progress == pytest.approx(part)


@pytest.mark.parametrize(
    "texts",
    [
        ("37/120", "38/120"),
        ("[37/120] a.c", "[38/120] b.c"),
        ("page 37 / 120", "page 38 / 120"),
        ("３７／１２０", "３８／１２０"),
        ("1/2 of 37/120.", "1/2 of 38/120."),
    ],
)
def test_a_fraction_counts_once_it_grew(texts: tuple[str, str]) -> None:
    assert told(texts[0]) is None
    assert told(*texts) == pytest.approx(38 / 120)
    assert told(*texts, texts[0]) == pytest.approx(37 / 120), "the job says so"


@pytest.mark.parametrize(
    "texts",
    [
        ("2026/11/24", "2026/11/25", "11/25/2026", "25/11/2026"),
        ("11/24 10:00", "11/25 10:00"),
        ("/mnt/1/2/x", "/mnt/2/2/x", "a/1/2", "a1/2", "a2/2"),
        ("http://example.com/1/9?a=1", "http://example.com/2/9"),
        ("37/120", "37/120", "36/120"),
        ("1/120", "2/121", "3/122"),
        ("5/0", "6/0", "progress 3/0"),
        ("121/120", "122/120", "progress 4/3", "140%", "1,042 %"),
        ("attempt 1/3 failed", "attempt 2/3 failed", "retrying (2/3)", "試行 3/3"),
        ("load 0.10/1.5", "load 0.20/1.5", "1.2/3.4"),
        ("+5%", "-5%", "10-20%", "a%20b", "50%s", "x42%", "%5", "v1.42%", "42%%"),
        ("HTTP/1.1 200", "24/7", "ratio 3:1/4", "ratio 3:2/4"),
        ("progress 3 of 4", "progressing 3/4"),
        ("12:00:01/30", "12:00:02/30"),
    ],
)
def test_ordinary_lines_make_no_bar(texts: tuple[str, ...]) -> None:
    assert told(*texts) is None
    meter = Meter()
    meter.add_lines(raw(out(i, text) for i, text in enumerate(texts)))
    assert meter.at(T + 99).progress is None


def test_a_job_that_says_progress_is_not_guessed_at() -> None:
    assert told("progress 1/4", "disk 93% full", "7/9", "8/9") == 0.25


def test_what_the_kit_prints_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    kit.progress(37, 120)
    assert told(capsys.readouterr().out.rstrip("\n")) == pytest.approx(37 / 120)


def test_progress_moves_to_what_was_reported_within_a_second_and_a_half() -> None:
    meter = fed([out(0, "10%"), out(10, "20%"), out(20, "15%")])
    assert meter.at(T + 0.1).progress is None
    seen = [meter.at(T + 10 + i / 20).progress for i in range(60)]
    assert seen == sorted(value for value in seen if value is not None)
    assert seen[0] == pytest.approx(0.1)
    assert seen[20] == pytest.approx(0.15)
    assert seen[30] == seen[-1] == 0.2
    assert meter.at(T + 21.0).progress == pytest.approx(0.175)
    assert meter.at(T + 99).progress == 0.15
    assert meter.at(T + 5).progress == 0.1, "an earlier moment is still known"


def test_an_old_moment_is_known_after_many_reports() -> None:
    meter = fed(out(i, f"progress {i}/20000") for i in range(20_000))
    for at in (10.0, 5_000.0, 19_990.0):
        assert meter.at(T + at).progress == pytest.approx(at / 20_000, abs=0.003)


# -- rate, pulse, peak --------------------------------------------------------------------------


def test_a_steady_job_has_its_rate_and_a_full_pulse() -> None:
    reading = fed(lines(0, 100, 0.1)).at(T + 100)
    assert reading.rate == pytest.approx(10)
    assert reading.peak_rate == pytest.approx(10)
    assert reading.pulse == pytest.approx(1)
    assert len(reading.strip) == len(reading.cpu_strip) == 60
    assert not reading.moving


def test_the_rate_forgets_within_seconds() -> None:
    meter = fed([*lines(0, 100, 0.1), *lines(100, 200, 1)])
    assert 1 < meter.at(T + 105).rate < 3
    assert meter.at(T + 130).rate == pytest.approx(1)
    assert meter.at(T + 130).pulse == pytest.approx(0.1, rel=0.05)
    assert meter.at(T + 300).rate == 0


def test_the_pulse_is_beside_the_jobs_own_habit() -> None:
    loud, soft = fed(lines(0, 60, 0.001)), fed(lines(0, 60, 1))
    assert loud.at(T + 60).pulse == pytest.approx(soft.at(T + 60).pulse)


def test_a_habit_is_that_of_the_last_ten_minutes() -> None:
    meter = fed([*lines(0, 60, 0.1), *lines(60, 1000, 1)])
    assert meter.at(T + 300).pulse < 0.2
    assert meter.at(T + 900).pulse == pytest.approx(1)


def test_rare_output_is_seen_too() -> None:
    meter = fed(out(i * 120) for i in range(10))
    assert meter.at(T + 9 * 120 + 2.5).pulse == pytest.approx(1)


def test_between_seconds_values_move_evenly_and_never_beyond() -> None:
    meter = fed([*lines(0, 30, 0.1), *lines(30, 60, 0.02)])
    seen = [meter.at(T + 25 + i / 10).rate for i in range(150)]
    assert seen == sorted(seen)
    steps = [b - a for a, b in pairwise(seen)]
    assert max(steps) < 5
    assert meter.at(T + 31).rate == pytest.approx(10), "half a second is given to what is late"
    before, half, known = (meter.at(T + at).rate for at in (31.5, 32.0, 32.49))
    assert half == pytest.approx((before + known) / 2, rel=0.02)


def test_a_picture_that_will_change_says_so() -> None:
    meter = fed([*lines(0, 100, 0.1), out(100.0, "50%"), out(140.0, "60%")])
    assert not meter.at(T + 90).moving
    assert meter.at(T + 102.0).moving
    assert not meter.at(T + 135.2).moving
    assert meter.at(T + 140.45).moving
    assert not meter.at(T + 300).moving


def test_the_peak_stays_and_then_falls() -> None:
    quiet, loud = lines(50, 300, 1), lines(300, 305, 0.05)
    meter = fed([*lines(0, 50, 0.05), *quiet, *loud, *lines(305, 600, 1)])
    peaks = {at: meter.at(T + at).peak for at in range(298, 400)}
    low, top = peaks[298], max(peaks.values())
    assert low < 0.5 < top
    first = min(at for at, peak in peaks.items() if peak == top)
    last = max(at for at, peak in peaks.items() if peak == top)
    assert 60 + 7 <= last - first <= 60 + 10
    falling = [peaks[at] for at in range(last, 400)]
    assert falling == sorted(falling, reverse=True)
    assert falling[2] > 0.5 * top
    assert falling[6] < 0.2 * top
    assert falling[-1] == pytest.approx(low, rel=0.01)
    assert meter.at(T + 310).peak_rate > 10
    assert meter.at(T + 399).peak_rate == pytest.approx(1)


# -- silence ------------------------------------------------------------------------------------


def test_silence_is_told_when_it_is_unusual() -> None:
    meter = fed(lines(0, 100, 1))
    assert meter.at(T + 103).quiet is None
    assert meter.at(T + 120).quiet == pytest.approx(20)
    often_silent = fed(out(i * 30) for i in range(30))
    assert often_silent.at(T + 29 * 30 + 25).quiet is None
    assert often_silent.at(T + 29 * 30 + 45).quiet == pytest.approx(44)
    assert fed(out(i) for i in range(15)).at(T + 99).quiet is None, "too few to have a habit"
    assert Meter().at(T).quiet is None


def test_bursts_have_gaps_between_them() -> None:
    bursts = [out(i * 60 + n / 100) for i in range(30) for n in range(80)]
    assert fed(bursts).at(T + 29 * 60 + 50).quiet is None


def test_a_job_that_ended_is_not_quiet() -> None:
    records = [*lines(0, 100, 1), {"exit": {"reason": "exit", "code": 0, "ended": T + 101}}]
    assert fed(records).at(T + 120).quiet is None
    assert fed(records).at(T + 120).cpu is None


# -- CPU ----------------------------------------------------------------------------------------


def test_cpu_is_the_mean_between_samples() -> None:
    spawned = {"spawned": {"pid": 1, "ticks": 1, "t": T}}
    meter = fed([spawned, cpu(2, 1.0), cpu(4, 5.0), cpu(6, 5.0)])
    assert meter.at(T + 1.9).cpu is None
    assert meter.at(T + 3.6).cpu == pytest.approx(0.5)
    assert meter.at(T + 5.0).cpu == pytest.approx(1.25), "half way to the next"
    assert meter.at(T + 6.0).cpu == pytest.approx(2.0)
    assert meter.at(T + 8.0).cpu == 0.0
    assert meter.at(T + 8.5).cpu_strip[-8:] == (0.0, 0.5, 0.5, 2.0, 2.0, 0.0, 0.0, 0.0)
    assert meter.at(T + 60).cpu is None, "no samples any more: not known"


def test_without_its_start_two_samples_are_needed() -> None:
    assert fed([cpu(2, 100.0)]).at(T + 3.5).cpu is None
    assert fed([cpu(2, 100.0), cpu(4, 104.0)]).at(T + 5.6).cpu == pytest.approx(2)


def test_output_that_is_kept_elsewhere_is_counted_by_its_samples() -> None:
    """Past half of its cap a log tells only how many lines there are, until the end."""
    records = lines(0, 100, 0.1)
    records += [cpu(at, at, lines=at * 10) for at in range(100, 201, 2)]
    meter = fed(records)
    for at in (130, 150.5, 200):
        assert meter.at(T + at).rate == pytest.approx(10)
        assert meter.at(T + at).quiet is None
    meter.add(lines(150, 202, 0.1))  # put into the log at the end
    assert meter.at(T + 200).rate == pytest.approx(10), "not counted twice"


# -- what a meter may be given ------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"t": "x", "m": "a"},
        {"t": float("nan"), "m": "a", "s": "out"},
        {"t": -1, "m": "a"},
        {"t": T, "m": 5},
        {"t": T, "cpu": "x"},
        {"spawned": None},
        {"spawned": {"t": []}},
        {"exit": None},
        {"exit": {"ended": "x"}},
        {"dropped": 5, "why": "damaged"},
        {"jobmon": 1, "attempt": "1.0.1", "t": T},
    ],
)
def test_what_makes_no_sense_is_skipped(record: Record) -> None:
    meter = fed([record, out(1, "42%")])
    assert meter.at(T + 9).progress == 0.42
    assert meter.at(T + 9).last == "42%"


def test_damaged_lines_are_skipped() -> None:
    meter = Meter()
    damage = [b"\0" * 50, b"{", b"[]", b"\xff\xfe", b'{"t":1763x56000.123,"s":"out","m":"a"}', b""]
    meter.add_lines(b"\n".join([raw([out(0, "a")]).strip(), *damage]) + b"\n" + raw([out(1, "b")]))
    assert meter.at(T + 9).last == "b"
    assert meter.at(T + 9).peak_rate < 1


def test_a_clock_that_is_set_does_not_stop_the_meter() -> None:
    for shift in (-5e8, -3_600.0, 5e8):
        meter = fed([*lines(0, 100, 0.1), *lines(shift, shift + 100, 0.1)])
        assert meter.at(T + shift + 50).rate >= 10
        assert fed([cpu(0, 1), cpu(2, 2), cpu(shift, 3), cpu(shift + 2, 7)]).at(
            T + shift + 4
        ).cpu == pytest.approx(2)


def test_the_last_line_is_that_of_the_moment() -> None:
    meter = fed([out(0, "one"), out(1, "two"), out(1.02, "three"), out(2, "Password: ", c=1)])
    assert meter.at(T - 1).last is None
    assert meter.at(T + 0.9).last == "one"
    assert meter.at(T + 1.1).last == "three"
    assert meter.at(T + 3).last == "Password: "


def test_nothing_is_known_of_nothing() -> None:
    reading = Meter().at(T)
    assert reading == Reading(
        None, 0.0, 0.0, (0.0,) * 60, 0.0, 0.0, None, None, (0.0,) * 60, moving=False, last=None
    )


# -- replay -------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    [
        "x",
        "日本",
        "a\nb",
        'q"\\',
        "42%",
        "7 %",
        "1/9",
        "2/9",
        "9/9",
        "progress 3/7",
        "４２％",
        "a/b",
    ]
)


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """A log with bursts, silences, samples and reports."""
    at = 0.0
    records: list[Record] = [{"spawned": {"pid": 1, "ticks": 1, "t": T}}]
    for gap in draw(st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.03, 0.4, 1.0, 7.3, 61.0]))):
        at += gap
        match draw(st.integers(0, 9)):
            case 0:
                records.append(cpu(at, at * 0.7))
            case 1:
                records.append(out(at, draw(TEXTS), c=1))
            case _:
                records += [out(at, draw(TEXTS))] * draw(st.sampled_from([1, 1, 5]))
    return records


@settings(deadline=None, max_examples=50)
@given(records=logs(), times=st.lists(st.floats(0, 300), min_size=1, max_size=6))
def test_a_live_meter_and_one_that_knows_all_read_the_same(
    records: list[Record], times: list[float]
) -> None:
    live, whole, lined = Meter(), fed(records), Meter()
    lined.add_lines(raw(records))
    waiting = records
    for at in sorted(T + moment for moment in times):
        seen = [record for record in waiting if record.get("t", T) <= at]
        waiting = waiting[len(seen) :]
        live.add(seen)
        assert live.at(at) == whole.at(at) == lined.at(at)


@settings(deadline=None, max_examples=50)
@given(records=logs(), cuts=st.lists(st.integers(0, 60)), times=st.lists(st.floats(0, 300)))
def test_however_the_lines_come_and_whatever_was_asked_before(
    records: list[Record], cuts: list[int], times: list[float]
) -> None:
    whole, pieces = fed(records), Meter()
    marks = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
    for first, last in pairwise(marks):
        pieces.add_lines(raw(records[first:last]))
        pieces.at(T + 300)
    for moment in times:
        assert pieces.at(T + moment) == whole.at(T + moment)


@settings(deadline=None, max_examples=50)
@given(records=logs(), moment=st.floats(0, 100))
def test_what_does_not_move_looks_the_same_a_little_later(
    records: list[Record], moment: float
) -> None:
    meter = fed(records)
    now, soon = meter.at(T + moment), meter.at(T + moment + 0.099)
    if not now.moving:
        assert now.pulse == pytest.approx(soon.pulse, abs=0.002)
        assert now.progress == pytest.approx(soon.progress, abs=0.002)


def test_a_large_log_is_taken_in_quickly() -> None:
    """Loose: machines differ, and it is to be seen only that no line is decoded."""
    data = raw([out(i // 1000, f"line {i}") for i in range(200_000)])
    meter, begun = Meter(), time.process_time()
    meter.add_lines(data)
    assert time.process_time() - begun < 1.5
    assert meter.at(T + 199).rate == pytest.approx(1000)
