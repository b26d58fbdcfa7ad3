"""The sample folder is laid with care, and its scripts do the same work twice, to the byte."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jobmon.jobs.loader import load_folder
from jobmon.jobs.samples import lay

DAY = "2026-11-23"
STEPS = (
    ["python3", "scripts/collect.py", "--day", DAY],
    ["python3", "scripts/load.py", DAY],
    ["python3", "scripts/publish.py", DAY],
    ["sh", "scripts/access.sh"],
    ["python3", "scripts/prices.py", "yokohama", DAY],
    ["python3", "scripts/prices.py", "kobe", DAY],
)


def run(folder: Path, argv: list[str]) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "day": DAY, "POLITE_SECONDS": "0", "LC_ALL": "C"}
    return subprocess.run(
        argv, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
    )


def morning(folder: Path) -> dict[str, bytes]:
    for step in STEPS:
        done = run(folder, step)
        assert done.returncode == 0, done.stderr
    made = [p for part in ("out", "public") for p in (folder / part).rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in made}


def test_the_flow_loads_as_it_is_laid(tmp_path: Path) -> None:
    lay(tmp_path)
    loaded = load_folder(tmp_path)
    assert (list(loaded.flows), loaded.mistakes) == (["morning"], [])
    assert loaded.flows["morning"].file == "flows/morning.py"


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    lay(tmp_path)
    first = morning(tmp_path)
    assert morning(tmp_path) == first
    assert len(first) == 7
    assert not [name for name in first if "/." in name], "a temporary file was left behind"


def test_the_work_is_real(tmp_path: Path) -> None:
    lay(tmp_path)
    made = {name: data.decode("utf-8-sig", "replace") for name, data in morning(tmp_path).items()}
    out = f"out/{DAY}"
    assert "港青果,M-101,2080,14" in made[f"{out}/offers.csv"], "read from a CP932 CSV"
    assert "さくら市場,M-101,2150,1" in made[f"{out}/offers.csv"], "read from HTML"
    assert "北の台所,C-401,960,4" in made[f"{out}/offers.csv"], "read from JSON"
    assert "M-101,36" in made[f"{out}/access.csv"].split()
    assert "S-501,仙台味噌 1kg,780,980" in made[f"{out}/prices-kobe.csv"]
    assert "<td>有田みかん 5kg</td><td>2,180円</td>" in made["public/index.html"]


def test_a_shop_that_does_not_answer_is_trouble_from_outside(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / "sites/minato.csv").unlink()
    done = run(tmp_path, STEPS[0])
    assert (done.returncode, done.stderr) == (
        75,
        "minato.csv did not answer: No such file or directory\n",
    )
    assert not (tmp_path / "out").exists()


def test_the_changed_page_breaks_one_line_and_one_edit_mends_it(tmp_path: Path) -> None:
    lay(tmp_path, broken=True)
    failed = run(tmp_path, STEPS[0])
    assert failed.returncode == 65, "class data: not retried"
    assert failed.stderr.endswith("KeyError: 'price'\n")
    script = tmp_path / "scripts/collect.py"
    text = script.read_text(encoding="utf-8")
    assert text.count('card["price"]') == 1
    script.write_text(text.replace('card["price"]', 'card["price-with-tax"]'), encoding="utf-8")
    assert run(tmp_path, STEPS[0]).returncode == 0


def test_laying_twice_writes_nothing_twice(tmp_path: Path) -> None:
    assert tmp_path / "flows/morning.py" in lay(tmp_path)
    assert lay(tmp_path) == []
    assert lay(tmp_path, broken=True) == [tmp_path / "sites/sakura.html"]
    assert lay(tmp_path) == [tmp_path / "sites/sakura.html"]


def test_a_changed_file_is_never_overwritten(tmp_path: Path) -> None:
    lay(tmp_path)
    script = tmp_path / "scripts/collect.py"
    script.write_text("# mine now\n", encoding="utf-8")
    (tmp_path / "jobmon.toml").unlink()
    with pytest.raises(FileExistsError, match=r"changed by hand: scripts/collect\.py"):
        lay(tmp_path)
    assert script.read_text(encoding="utf-8") == "# mine now\n"
    assert not (tmp_path / "jobmon.toml").exists(), "refused before anything was written"
