"""Nuisance fits in the store: an interrupted run goes on, with the same bits."""

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nightpanel
from nightpanel import kept_fits
from nightpanel.kept_fits import KIND, KeptFits
from nightpanel.run_estimates import estimate_file
from nightpanel.store import Store
from panels.synthetic import CountrySpec, synthetic_panel

Command = Callable[..., CompletedProcess[str]]
ADDRESS = "0123456789abcdef0123456789abcdef"

DESIGNS = """
[[designs]]
name = "base"
outcome = "gini"
treatment = "uil"
controls = ["difi"]
variants = ["first_difference", "within"]
learner = "linear"
folds = 3
repetitions = 2
min_units = 0
vary = [
    { name = "again", cluster = ["city", "year"] },
    { name = "late", years = [2016, 2017, 2018] },
]

[[tables]]
title = "Table 2"
columns = ["base", "late"]
"""
# Two variants, two samples, two targets, two repetitions, three folds; "again" shares its fits.
DISTINCT = 2 * 2 * 2 * 2 * 3


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    country = synthetic_panel(CountrySpec(n_cities=20, years=tuple(range(2014, 2019))), seed=1)
    panel, designs = tmp_path / "panel.parquet", tmp_path / "designs.toml"
    country.designed.to_parquet(panel)
    designs.write_text(DESIGNS, encoding="utf-8")
    return panel, designs


def fits_of(out: Path) -> dict[str, int]:
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return dict(record["stages"]["estimates"]["fits"])


def test_predictions_come_back_as_they_were(tmp_path: Path) -> None:
    kept, values = KeptFits(Store(tmp_path)), np.array([0.1, -0.0, 1e-300])
    assert kept.get(ADDRESS) is None
    kept.put(ADDRESS, values)
    found = KeptFits(Store(tmp_path)).get(ADDRESS)
    assert found is not None
    assert found.tobytes() == values.tobytes()
    assert found.flags.writeable
    assert KeptFits(Store(tmp_path)).get(ADDRESS[::-1]) is None


def test_a_damaged_entry_is_fitted_anew(tmp_path: Path) -> None:
    kept = KeptFits(Store(tmp_path))
    kept.put(ADDRESS, np.ones(3))
    (entry,) = (tmp_path / KIND).iterdir()
    entry.write_bytes(entry.read_bytes()[:-1] + b"x")
    assert kept.get(ADDRESS) is None
    assert not entry.exists()


def test_other_code_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KeptFits(Store(tmp_path)).put(ADDRESS, np.ones(3))
    monkeypatch.setattr(kept_fits, "MADE_BY", ("estimation.learning.fold_fit",))
    assert KeptFits(Store(tmp_path)).get(ADDRESS) is None


def killed_at(panel: Path, designs: Path, out: Path, function: int) -> None:
    """Estimate, and die when the predictions of so many functions are in the store."""
    done = 0

    def count(event: str, arguments: Any) -> None:
        nonlocal done
        if event == "os.rename" and Path(str(arguments[1])).parent.name == KIND:
            if done == function:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    sys.addaudithook(count)
    estimate_file(panel=panel, designs=designs, out=out, workers=1)


def test_a_killed_run_goes_on_with_what_is_left(files: tuple[Path, Path], tmp_path: Path) -> None:
    panel, designs = files
    whole, out = tmp_path / "whole", tmp_path / "out"
    undisturbed = estimate_file(panel=panel, designs=designs, out=whole, workers=1)
    assert fits_of(whole) == {"asked": 3 * DISTINCT // 2, "distinct": DISTINCT, "fitted": DISTINCT}
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=killed_at, args=(panel, designs, out, 5))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -signal.SIGKILL
    assert not (out / "estimates.parquet").exists()
    resumed = estimate_file(panel=panel, designs=designs, out=out, workers=1)
    assert fits_of(out) == fits_of(whole) | {"fitted": DISTINCT - 5 * 3}
    learned = undisturbed.estimates["variant"] != "two_way_fixed_effects"
    pd.testing.assert_frame_equal(
        resumed.estimates[learned], undisturbed.estimates[learned], check_exact=True
    )
    names = sorted(path.name for path in (whole / "tables").iterdir())
    assert names == [
        "estimates.csv",
        "notes.txt",
        "result_tables.json",
        "table_2.csv",
        "table_2.txt",
    ]


def test_an_interrupted_run_in_a_notebook_goes_on(files: tuple[Path, Path], tmp_path: Path) -> None:
    panel, designs = pd.read_parquet(files[0]), nightpanel.load_designs(files[1]).designs

    def stop(done: int, _: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nightpanel.estimate(
            panel, designs, workers=1, progress=stop, kept=KeptFits(Store(tmp_path / "c"))
        )
    seen: list[tuple[int, int]] = []
    again = nightpanel.estimate(
        panel,
        designs,
        workers=1,
        progress=lambda done, total: seen.append((done, total)),
        kept=KeptFits(Store(tmp_path / "c")),
    )
    assert again.fits.fitted == DISTINCT - 9
    assert seen[-1] == (DISTINCT - 9, DISTINCT - 9)


def test_what_the_last_run_used_is_not_pruned(
    files: tuple[Path, Path], tmp_path: Path, command: Command
) -> None:
    panel, designs = files
    out = tmp_path / "out"
    words = ("estimate", "--panel", panel, "--designs", designs, "--out", out, "--workers", 1)
    first = command(*words)
    assert f"Fits: {3 * DISTINCT // 2} asked for, {DISTINCT} of them distinct" in first.stdout
    text = designs.read_text(encoding="utf-8")
    designs.write_text(text.replace("years = [2016, 2017, 2018]", "folds = 4"), encoding="utf-8")
    second = command(*words)
    assert second.returncode == 0, second.stderr
    assert fits_of(out)["fitted"] == DISTINCT // 2 // 3 * 4
    assert command("cache", out, "--prune").returncode == 0
    assert len(list((out / ".cache" / KIND).iterdir())) == 2 * (DISTINCT // 2 // 3)
    third = command(*words)
    assert "0 made now" in third.stdout
    assert fits_of(out)["fitted"] == 0


def test_a_table_that_is_no_longer_asked_for_goes(
    files: tuple[Path, Path], tmp_path: Path, command: Command
) -> None:
    panel, designs = files
    out = tmp_path / "out"
    words = ("estimate", "--panel", panel, "--designs", designs, "--out", out, "--workers", 1)
    shown = command(*words).stdout
    assert (out / "tables" / "table_2.txt").read_text(encoding="utf-8") in shown
    text = designs.read_text(encoding="utf-8")
    designs.write_text(text.replace("Table 2", "表 2 / a"), encoding="utf-8")
    (out / "tables" / "mine.txt").write_text("of the user", encoding="utf-8")
    assert command(*words).returncode == 0
    names = sorted(path.name for path in (out / "tables").iterdir())
    made = ["estimates.csv", "mine.txt", "notes.txt", "result_tables.json"]
    assert names == [*made, "表_2_a.csv", "表_2_a.txt"]
