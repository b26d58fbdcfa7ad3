"""From CSV files to a workbook: figures, look, bytes, and what is told of wrong input."""

from __future__ import annotations

import csv
import datetime as dt
import email.utils
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from jobmon.jobs.kit import Data, External, Rule, lock
from jobmon.jobs.ready.report import reading, report, source, workbook
from jobmon.jobs.ready.report.__main__ import main
from tests.receiving import mailbox

HEADER = "日付,店舗,商品コード,数量,売上\n"
STORES = ("新宿店", "渋谷店", "横浜みなとみらい店", "=1+1", 'A & B <"本店">')


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path))


def sales(path: str, rows: int = 500, encoding: str = "utf-8") -> str:
    chance = random.Random(rows)
    with open(path, "w", encoding=encoding, newline="") as file:
        file.write(HEADER)
        write = csv.writer(file).writerow
        for number in range(rows):
            day = dt.date(2026, 11, 1) + dt.timedelta(days=number % 7)
            amount = f"{chance.randint(-500, 99_999):,}"
            write([day, chance.choice(STORES), f"{number:05}", chance.randint(1, 9), amount])
    return path


def wrong(text: str | bytes, **options: Any) -> str:
    body = text.encode() if isinstance(text, str) else text
    Path("in.csv").write_bytes(body)
    with pytest.raises(Data) as error:
        report(["in.csv"], "out.xlsx", **options)
    assert not Path("out.xlsx").exists()
    return str(error.value)


def sheets(path: str = "out.xlsx", *, values: bool = True) -> list[Worksheet]:
    found = openpyxl.load_workbook(path, data_only=values).worksheets
    return [sheet for sheet in found if isinstance(sheet, Worksheet)]


def block(sheet: Worksheet, left: int) -> list[tuple[Any, ...]]:
    """A table of the summary, its header and its total included."""
    rows = sheet.iter_rows(min_row=4, min_col=left, max_col=left + 4, values_only=True)
    return [row for row in rows if row[0] is not None]


def counted(paths: list[str], column: str) -> dict[str, list[Decimal]]:
    """Rows, quantity and amount, computed another way."""
    found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * 3)
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                more = (Decimal(1), Decimal(row["数量"]), Decimal(row["売上"].replace(",", "")))
                found[row[column]] = [a + b for a, b in zip(found[row[column]], more, strict=True)]
    return found


def test_the_figures_are_those_of_another_computation() -> None:
    paths = [sales("a.csv"), sales("b.csv", 301)]
    told = report(["[ab].csv", "a.csv"], "out.xlsx")
    days, stores = counted(paths, "日付"), counted(paths, "店舗")
    total = [sum(part) for part in zip(*days.values(), strict=True)]
    assert (told["rows"], told["days"], told["stores"]) == (801, 7, 5)
    assert told["amount"] == f"{total[2]:,}"
    summary, detail = sheets()
    for left, expected in ((1, days), (7, stores)):
        header, *rows, last = block(summary, left)
        keys = [str(row[0]).removesuffix(" 00:00:00") for row in rows]
        assert header[1:] == ("件数", "数量", "売上", "構成比")
        assert dict(zip(keys, (list(row[1:4]) for row in rows), strict=True)) == expected
        assert list(last[1:4]) == total
        assert all(row[4] == pytest.approx(float(row[3] / total[2])) for row in rows)
    assert [detail.cell(803, place).value for place in (1, 4, 5)] == ["合計", total[1], total[2]]


def test_the_detail_is_the_input() -> None:
    sales("a.csv", 40)
    report(["a.csv"], "out.xlsx")
    header, *rows, _ = sheets()[1].iter_rows(values_only=True)
    with open("a.csv", encoding="utf-8", newline="") as file:
        names, *lines = csv.reader(file)
    assert list(header) == names
    assert [[str(row[0])[:10], *row[1:3], str(row[3]), f"{row[4]:,}"] for row in rows] == lines


def test_it_is_formatted_to_be_handed_in() -> None:
    sales("a.csv", 40)
    report(["a.csv"], "out.xlsx")
    summary, detail = sheets(values=False)
    assert [summary.title, detail.title] == ["概要", "明細"]
    assert (summary.freeze_panes, detail.freeze_panes) == ("A5", "A2")
    assert detail.auto_filter.ref == "A1:E41"
    assert detail["A2"].number_format == "yyyy/mm/dd"
    assert isinstance(detail["A2"].value, dt.datetime)
    assert detail["C2"].value == "00000"  # a code stays a text
    assert detail["E2"].number_format.startswith('"¥"#,##0;')
    assert detail["E42"].value == "=SUBTOTAL(109,E2:E41)"
    assert summary["E5"].number_format == "0.0%"
    assert detail.column_dimensions["B"].width >= 2 * len("横浜みなとみらい店")
    for sheet, header in ((summary, "$4:$4"), (detail, "$1:$1")):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0  # as many pages as it takes, one wide
        assert sheet.print_title_rows == header
    with zipfile.ZipFile("out.xlsx") as book:
        for number in (1, 2):
            assert b"&amp;P / &amp;N" in book.read(f"xl/worksheets/sheet{number}.xml")
        charts = [book.read(f"xl/charts/chart{i}.xml").decode() for i in (1, 2)]
    assert "概要!$D$5:$D$11" in charts[0]
    assert "概要!$J$5:$J$9" in charts[1]
    assert all('<c:min val="0"/>' in chart for chart in charts)  # bars tell by their length


def test_the_scale_of_a_chart_has_room_for_negative_amounts() -> None:
    Path("in.csv").write_text("date,store,amount\n2026-11-01,a,-5\n2026-11-02,b,9\n")
    report(["in.csv"], "out.xlsx")
    with zipfile.ZipFile("out.xlsx") as book:
        charts = [book.read(f"xl/charts/chart{i}.xml").decode() for i in (1, 2)]
    assert not any("<c:min " in chart for chart in charts)


def test_nothing_in_the_input_is_a_formula_or_breaks_the_workbook() -> None:
    texts = ["=1+1", "@SUM(A1)", "<&>\"'", "_x000D_", "bell\x07", "髙﨑①", "two\nlines", "🍣"]
    with open("in.csv", "w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        csv.writer(file).writerows([f"2026-11-0{i + 1}", t, t, 1, 1] for i, t in enumerate(texts))
    report(["in.csv"], "out.xlsx")
    rows = sheets(values=False)[1].iter_rows(min_row=2, max_row=1 + len(texts))
    found = [unescape(str(row[1].value)) for row in rows]
    assert found == [text.replace("\x07", "") for text in texts]


def test_the_same_input_gives_the_same_bytes_everywhere() -> None:
    sales("a.csv", 3000)
    command = [sys.executable, "-m", "jobmon.jobs.ready.report", "a.csv", "--out"]
    elsewhere = {"TZ": "America/New_York", "PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"}
    subprocess.run([*command, "one.xlsx"], check=True, env=os.environ | elsewhere)
    report(["a.csv"], "two.xlsx")
    assert Path("one.xlsx").read_bytes() == Path("two.xlsx").read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("size", [97, 1 << 20])
def test_any_encoding_in_pieces_of_any_size(encoding: str, size: int, monkeypatch: Any) -> None:
    sales("a.csv", 200)
    report(["a.csv"], "one.xlsx")
    sales("a.csv", 200, encoding)
    monkeypatch.setattr(reading, "pieces", lambda path, _: source.pieces(path, size))
    report(["a.csv"], "two.xlsx")
    assert Path("one.xlsx").read_bytes() == Path("two.xlsx").read_bytes()


def test_every_fault_is_told_with_its_line_and_column() -> None:
    told = wrong(
        '日付,店舗,売上\n2026-11-01,新宿店,"¥1,234"\n20261102,新宿店,１２３４\n'
        '11/23/2026,渋谷店,12a\n2026-02-30,,"1,23"\n2026-11-04,x\n2026-11-04,x,1,2\n\n,,\n'
        '2026-11-05,"二\n行",7\n2026-11-07,y,bad\n'
    )
    found = re.findall(r"^in\.csv, line (\d+)(?:, column (\S+))?:", told, re.MULTILINE)
    assert set(found) == {
        *(("4", "日付"), ("4", "売上"), ("5", "日付"), ("5", "店舗"), ("5", "売上")),
        *(("6", ""), ("7", ""), ("12", "売上")),
    }
    assert "'11/23/2026' is no date" in told
    assert "令和8年11月23日" in told
    assert "line 6: 2 fields where the header has 3" in told


def test_only_the_first_faults_are_listed() -> None:
    told = wrong("日付,店舗,売上\n" + "2026-11-01,a,x\n" * 100)
    assert len(told.splitlines()) == 21
    assert told.endswith("(the first 20 are listed)")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "in.csv is empty"),
        ("日付,店舗,売上\n", "no row behind the header"),
        ("日付,店舗,売上\n2026-11-01,a\0,1\n", "in.csv, line 2: a NUL byte"),
        ("日付,店舗,売上\n".encode("utf-16"), "UTF-16"),
        ('日付,店舗,売上\n2026-11-01,a,1\n2026-11-01,"a,1\n2026-11-02,b,5\n', "in.csv, line 3:"),
        (
            "日付,店舗,売上\n".encode() + "2026-11-01,店,1\n".encode("cp932"),
            "line 2: this line is CP932",
        ),
        (
            "日付,店舗,売上\n".encode("cp932") + "2026-11-01,店,1\n".encode(),
            "line 2: this line is UTF-8",
        ),
        (
            "日付,店舗,売上\n".encode() + b"2026-11-01,\x81 ,1\n",
            "line 2, byte 12: neither UTF-8",
        ),
    ],
)
def test_what_is_no_sound_file_is_told(body: str | bytes, told: str) -> None:
    assert told in wrong(body)


def test_a_quote_in_the_middle_of_a_field_is_a_letter() -> None:
    Path("in.csv").write_text('date,store,amount\n2026-11-01,5" pipe,1.50\n2026-11-02,b,5\n')
    told = report(["in.csv"], "out.xlsx")
    assert told["amount"] == "6.5"
    summary, detail = sheets()
    assert (summary.title, detail["B2"].value) == ("Summary", '5" pipe')


def test_a_file_in_full_width_figures() -> None:
    row = "２０２６／１１／０１　１０：１５,店,１，２３４\n".replace("，", "")
    Path("in.csv").write_text(f"日付,店舗,売上\n{row}", encoding="utf-8")
    assert report(["in.csv"], "out.xlsx")["amount"] == "1,234"


def test_days_are_chosen_and_those_that_are_not_there_are_told() -> None:
    sales("in.csv", 70)
    chosen = dt.date(2026, 11, 2), dt.date(2026, 11, 3)
    assert report(["in.csv"], "out.xlsx", days=chosen)["rows"] == 20
    os.unlink("out.xlsx")
    missing = dt.date(2026, 12, 1), dt.date(2026, 12, 1)
    told = wrong(Path("in.csv").read_bytes(), days=missing)
    assert "no row for 2026-12-01; the days are 2026-11-01 to 2026-11-07" in told


def test_a_detail_of_many_rows_goes_on_in_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET", 30)
    sales("a.csv", 100)
    assert report(["a.csv"], "out.xlsx", limit=70)["shown"] == 70
    summary, *details = sheets()
    assert [sheet.title for sheet in details] == ["明細", "明細 2", "明細 3"]
    assert [sheet.max_row for sheet in details] == [32, 32, 12]
    assert "先頭の 70 件" in str(summary["A3"].value)
    assert "残りの 30 件" in str(summary["A3"].value)
    assert block(summary, 1)[-1][1] == 100


def test_files_with_other_columns_do_not_mix() -> None:
    sales("a.csv", 3)
    Path("b.csv").write_text("日付,店舗,売上\n2026-11-01,a,1\n", encoding="utf-8")
    with pytest.raises(Data, match=r"b.csv, line 1: .* those of a.csv: 商品コード, 数量 differ"):
        report(["a.csv", "b.csv"], "out.xlsx")


def test_a_failure_leaves_the_old_workbook_and_a_second_start_leaves_at_once() -> None:
    Path("out.xlsx").write_bytes(b"old")
    Path("a.csv").write_text("date,store,amount\n2026-11-01,a,x\n")
    with pytest.raises(Data):
        report(["a.csv"], "out.xlsx")
    with lock(f"report {os.path.realpath('out.xlsx')}"), pytest.raises(External, match="another"):
        report(["a.csv"], "out.xlsx")
    assert Path("out.xlsx").read_bytes() == b"old"
    assert not list(Path().glob(".*.partial"))


@pytest.mark.parametrize(
    ("named", "out", "said"),
    [
        ("in.xlsx", "in.xlsx", "is one of the inputs"),
        ("in.xlsx", "out.xls", "is called .xlsx"),
        ("in.xlsx", "none/out.xlsx", "no folder .*none"),
        (".", "out.xlsx", "is a folder: name the files in it"),
    ],
)
def test_names_that_cannot_be_meant_are_told_before_any_work(
    named: str, out: str, said: str
) -> None:
    before = Path(sales("in.xlsx", 3)).read_bytes()
    with pytest.raises(Data, match=said):
        report([named], out)
    assert Path("in.xlsx").read_bytes() == before
    assert os.listdir() == ["in.xlsx"]


def test_a_full_disk_leaves_the_old_workbook() -> None:
    sales("a.csv", 3000)
    Path("out.xlsx").write_bytes(b"old")
    command = [sys.executable, "-m", "jobmon.jobs.ready.report", "a.csv", "--out", "out.xlsx"]
    limited = ["sh", "-c", 'ulimit -f 40; exec "$@"', "sh", *command]
    ended = subprocess.run(limited, check=False, capture_output=True, text=True)
    assert ended.returncode == External.exit_code
    assert "out.xlsx cannot be written" in ended.stderr
    assert Path("out.xlsx").read_bytes() == b"old"


def test_the_command_names_the_day_of_the_run_and_leaves_its_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sales("a.csv", 20)
    monkeypatch.setenv("JOBMON_TIME", "2026-11-23T01:00:00+09:00")
    monkeypatch.setenv("JOBMON_OUTPUT", "output.json")
    assert main(["a.csv", "--out", "売上-{day}.xlsx", "--detail-limit", "5"]) == 0
    left = json.loads(Path("output.json").read_text(encoding="utf-8"))
    assert (left["rows"], left["shown"]) == (20, 5)
    assert left["file"] == str(Path("売上-2026-11-23.xlsx").resolve())
    said = capsys.readouterr().out
    assert "progress 100/100" in said
    assert "15 rows are not in the detail" in said


def test_every_option_is_on_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    assert len(options) > 10
    assert {option for option in options if f"`{option}" not in page} == set()


def test_the_command_ends_with_65_for_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["none*.csv", "--out", "out.xlsx"]) == Data.exit_code
    assert "no file fits none*.csv" in capsys.readouterr().err
    sales("a.csv", 2)
    days = ("--day=yesterday", "--day=2026-11-02..2026-11-01", "--day=2026-11-01..")
    for option in (*days, "--mail=a@b.jp"):
        assert main(["a.csv", "--out", "out.xlsx", option]) == Data.exit_code
    assert not Path("out.xlsx").exists()


def test_the_workbook_is_mailed_under_its_japanese_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sales("a.csv", 20)
    monkeypatch.setenv("MAIL_FROM", "batch@example.jp")
    with mailbox() as (mails, port):
        monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{port}")
        mail = ["--mail", "花子 <hanako@example.jp>", "--mail", "b@example.jp"]
        assert main(["a.csv", "--out", "売上日報.xlsx", "--subject", "11月の売上", *mail]) == 0
    [found], [raw] = mails.got, mails.raw
    assert found["Subject"] == "11月の売上"
    assert email.utils.getaddresses([found["To"]])[0] == ("花子", "hanako@example.jp")
    [attachment] = found.iter_attachments()
    assert attachment.get_filename() == "売上日報.xlsx"
    assert b"filename*=utf-8''%E5%A3%B2" in raw
    assert attachment.get_payload(decode=True) == Path("売上日報.xlsx").read_bytes()


def test_a_server_that_cannot_be_meant_is_told_before_any_work_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sales("a.csv", 2)
    for url in ("smtp://batch:se/cret@mail:587", "smtp://mail:abc", "smtp://[mail", "http://mail"):
        monkeypatch.setenv("SMTP_URL", url)
        assert main(["a.csv", "--out", "out.xlsx", "--mail", "a@b.jp"]) == Data.exit_code
        told = "error: --mail needs $SMTP_URL: smtp://USER:PASSWORD@HOST:587, or smtps://...\n"
        assert capsys.readouterr().err == told
    assert not Path("out.xlsx").exists()


def test_a_mail_that_is_not_taken_fails_and_the_workbook_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sales("a.csv", 2)
    monkeypatch.setenv("SMTP_URL", "smtp://batch%40example.jp:secret@127.0.0.1:1")
    ended = main(["a.csv", "--out", "out.xlsx", "--mail", "b@example.jp"])
    assert ended == External.exit_code != Rule.exit_code
    assert Path("out.xlsx").exists()
    said = capsys.readouterr().err
    assert "127.0.0.1 did not take the mail" in said
    assert "secret" not in said


def test_pieces_end_with_their_records() -> None:
    path = sales("a.csv", 300)
    texts = [piece.text for piece in source.pieces(path, 101)]
    assert len(texts) > 50
    assert "".join(texts) == Path(path).read_bytes().decode()
