"""The script that runs the simulation and writes its page, as typed and from within."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.simulation.draws import DrawResult, results_table

SCRIPTS = Path(__file__).resolve().parents[3] / "docs" / "scripts"
FAST = ("--processes", "few_cities_linear", "--variants", "two_way_fixed_effects")


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return loaded("simulation")


@pytest.fixture
def typed(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command without a process of its own; answers with its exit code."""

    def answer(*words: str) -> int:
        line = ["simulation.py", str(tmp_path / "draws"), "--page", str(tmp_path / "page.md")]
        monkeypatch.setattr(sys, "argv", [*line, "--workers", "1", *words])
        return script.main()

    return answer


def test_the_command_as_typed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    words = [sys.executable, str(SCRIPTS / "simulation.py"), str(tmp_path / "draws"), *FAST]
    done = subprocess.run(
        [*words, "--draws", "2", "--workers", "1", "--page", str(page)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "2 of 2 draws" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert "### 6. few_cities_linear" in text
    assert "Nothing is recommended yet: no draws of `linear_weak`" in text
    figures = pd.read_csv(page.with_suffix(".csv"))
    assert figures[["variant", "draws"]].to_numpy().tolist() == [["two_way_fixed_effects", 2]]
    wrong = subprocess.run(
        [*words, "--learners", "lassso"], check=False, capture_output=True, text=True
    )
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
    assert wrong.stderr.startswith("--learners: expected some of")


def test_draws_are_kept_and_more_are_added(typed, tmp_path: Path, capsys) -> None:
    assert typed(*FAST, "--draws", "2") == 0
    first = sorted((tmp_path / "draws").iterdir())
    assert typed(*FAST, "--draws", "3") == 0
    files = sorted((tmp_path / "draws").iterdir())
    assert files[: len(first)] == first
    rows = pd.concat([pd.read_parquet(file) for file in files])
    assert sorted(rows["seed"]) == [0, 1, 2]
    assert "--draws 3" in (tmp_path / "page.md").read_text(encoding="utf-8")
    capsys.readouterr()
    assert typed(*FAST, "--draws", "9", "--minutes", "0") == 0
    assert "time is up: 6 of 9 draws are left" in capsys.readouterr().out
    assert sorted((tmp_path / "draws").iterdir()) == files


def test_draws_of_other_code_do_not_count_unless_asked_for(typed, tmp_path: Path, capsys) -> None:
    assert typed(*FAST, "--draws", "2") == 0
    (file,) = (tmp_path / "draws").iterdir()
    pd.read_parquet(file).assign(code="0123456789ab", estimate=7.0).to_parquet(file)
    (file.parent / "draws-1-1.partial").write_bytes(b"half")
    assert typed(*FAST, "--draws", "2", "--any-code") == 0
    assert "(not this), 2 draws" in (tmp_path / "page.md").read_text(encoding="utf-8")
    capsys.readouterr()
    assert typed(*FAST, "--draws", "2") == 0
    assert "2 draws of other code" in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "page.csv")["mean"].item() < 1
    # where both are there, this code's count
    assert typed(*FAST, "--draws", "2", "--any-code") == 0
    assert pd.read_csv(tmp_path / "page.csv")["mean"].item() < 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--processes", "linear"), "--processes: expected some of linear_weak"),
        (("--variants", "within,,"), "--variants: expected some of"),
        (("--fewer", "lasso"), "--fewer: expected LEARNER=DRAWS, found 'lasso'"),
        (("--fewer", "laso=3"), "--fewer: expected some of"),
        (("--draws", "1", *FAST), "simulation page: expected two draws"),
        (("--workers", "0", *FAST), "workers: expected 1 or more"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(typed, tmp_path: Path, capsys, words, named) -> None:
    assert typed(*words) == 1
    error = capsys.readouterr().err
    assert error.startswith(named)
    assert error.count("\n") == 1
    assert not (tmp_path / "page.md").exists()


def made_up(offsets: dict[str, float]) -> pd.DataFrame:
    """Draws of every process, by estimators whose bias is known."""
    rng = np.random.default_rng(8)
    rows = []
    for process in PROCESSES:
        for variant, offset in offsets.items():
            for seed, error in enumerate(0.01 * rng.normal(size=200)):
                centre = -0.1 + offset + error
                figures = (-0.1, -0.1, centre, 0.01, 0.01, centre - 0.0196, centre + 0.0196)
                rest = (2783, 253, 0.1, 0.1, 0.001, 1.0, "")
                rows.append(DrawResult(process, variant, "lasso", 1, seed, *figures, *rest))
    return results_table(rows).assign(code="here", versions="Python")


def test_the_page_says_what_is_recommended_and_where_not_to_trust_it(script: ModuleType) -> None:
    page, table = script.page_and_table(
        made_up({"within": 0.05, "first_difference": 0.0}), this_code="here"
    )
    assert "**Recommended: `first_difference` with lasso**" in page
    assert "Nothing is recommended" not in page
    # no rule excuses a bias of half the effect
    (line,) = [one for one in page.splitlines() if one.startswith("| `within` | lasso | b c")]
    assert line.endswith("| 0 |")
    assert len(table) == 22
    nobody, _ = script.page_and_table(made_up({"within": 0.05}), this_code="here")
    assert "no estimator passes any process" in nobody


def test_who_lacks_draws_is_named(script: ModuleType) -> None:
    rows = made_up({"within": 0.0, "first_difference": 0.0})
    lacking = rows[(rows["variant"] != "within") | (rows["process"] != "linear_strong")]
    page, _ = script.page_and_table(lacking, this_code="here")
    assert "Nothing is recommended yet: fewer of within with lasso on linear_strong" in page
