"""`nightpanel simulate` as a user types it, without data: what it leaves, prints and refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

import nightpanel
from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from nightpanel.outputs import STAGED
from tests.dask_processes import dask_processes

Command = Callable[..., CompletedProcess[str]]

SMALL = """
[simulation]
periods = 6
first_year = 2001

[[scenarios]]
name = "benchmark"

[[scenarios]]
name = "more"
s_H = 0.05

[[grid]]
name = "around"
scenario = "more"
values = { sigma_M = [0.4, 0.9], s_H = [0.01, 0.02, 0.03] }

[[figures]]
name = "own"
scenarios = ["more", "benchmark"]
title = "of $ and _"
"""
NAMES = {
    "simulation.parquet", "residuals.parquet", "manifest.json",
    *(f"tables/{name}.{ending}" for name in ("table_3", "margins", "residuals")
      for ending in ("csv", "md")),
}  # fmt: skip


def figures(*names: str) -> set[str]:
    drawn = {f"figures/{name}.{ending}" for name in names for ending in ("pdf", "png")}
    return drawn | {"figures/captions.txt"}


def files(out: Path) -> set[str]:
    found = (path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith(".")}


def digests(out: Path) -> dict[str, str]:
    return {
        name: sha256((out / name).read_bytes()).hexdigest()
        for name in files(out) - {"manifest.json"}
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The scenarios of the paper without data, by the installed command."""
    out = tmp_path_factory.mktemp("simulated") / "out"
    words = [str(Path(sys.executable).with_name("nightpanel")), "simulate", "--out", str(out)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return out, ended.stdout


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_it_runs_without_any_data_and_says_so(ran: tuple[Path, str]) -> None:
    out, printed = ran
    assert printed.startswith("Wage gaps: 1 in every period unless a scenario says otherwise, as")
    assert printed.rstrip().endswith(f"Outputs: {out}")
    assert files(out) == NAMES | figures(*(f"figure_{number}" for number in range(2, 8)))


def test_the_table_holds_every_variable_of_every_period(ran: tuple[Path, str]) -> None:
    table = pd.read_parquet(ran[0] / "simulation.parquet")
    assert list(table.columns) == ["scenario", "period", "year", "variable", "value"]
    wanted = paper()
    assert list(table["scenario"].unique()) == [one.name for one in wanted]
    assert not table.duplicated(["scenario", "period", "variable"]).any()
    wide = table.pivot(index=["scenario", "period"], columns="variable", values="value")
    assert len(wide) == 60 * len(wanted)
    assert np.isfinite(wide.to_numpy()).all()
    one = simulate(wanted[3].parameters, wanted[3].paths)
    mine = wide.loc[wanted[3].name]
    np.testing.assert_array_equal(mine[["labour_m", "labour_x", "labour_s"]], one.labour)
    np.testing.assert_array_equal(mine["integration_M"], 1.0 / one.theta_M)
    np.testing.assert_array_equal(mine["ln_rental"], one.l)
    np.testing.assert_array_equal(mine["xi_s"], one.paths.xi_s)
    np.testing.assert_array_equal(mine["iterations"], one.iterations)
    assert table.loc[table["period"] == 60, "year"].unique().tolist() == [2049]


def test_the_largest_residual_of_every_scenario_is_printed(ran: tuple[Path, str]) -> None:
    out, printed = ran
    every = pd.read_parquet(out / "residuals.parquet")
    assert {"budget", "walras", "goods_M", "profit_S", "motion_K"} <= set(every["equation"])
    size = every["residual"].abs().groupby(every["scenario"]).max()
    assert size.max() < 1e-12
    for scenario, largest in size.items():
        assert f"Largest residual of {scenario}: {largest:.1e} of income (" in printed
    assert len(size) == len(paper())


def test_changes_are_those_of_the_table(ran: tuple[Path, str]) -> None:
    out, printed = ran
    changes = pd.read_csv(out / "tables" / "table_3.csv").set_index(["scenario", "row"])
    wide = pd.read_parquet(out / "simulation.parquet").pivot(
        index=["scenario", "period"], columns="variable", values="value"
    )
    for scenario in ("benchmark", "sigma_M_0.3"):
        first, last = wide.loc[(scenario, 1)], wide.loc[(scenario, 60)]
        for variable in changes.columns:
            assert changes.loc[(scenario, "period 1"), variable] == first[variable]
            assert changes.loc[(scenario, "period 60"), variable] == last[variable]
            moved = changes.loc[(scenario, "change"), variable]
            assert moved == pytest.approx(last[variable] - first[variable], abs=1e-15)
    text = (out / "tables" / "table_3.md").read_text(encoding="utf-8")
    shown = changes.loc[("benchmark", "change"), "labour_m"]
    assert f"| benchmark | change | {shown:.3f} |" in text
    assert f"{shown:.4f}" in printed


def test_margins_add_up_to_the_change(ran: tuple[Path, str]) -> None:
    margins = pd.read_csv(ran[0] / "tables" / "margins.csv")
    assert set(margins["share"]) == {"output", "employment"}
    parts = margins.drop(columns=["scenario", "share", "change"]).sum(axis="columns")
    np.testing.assert_allclose(parts, margins["change"], atol=1e-14)
    changes = pd.read_csv(ran[0] / "tables" / "table_3.csv")
    moved = changes[changes["row"] == "change"].set_index("scenario")["output_x"]
    mine = margins[margins["share"] == "output"].set_index("scenario")["change"]
    np.testing.assert_allclose(mine.reindex(moved.index), moved, atol=1e-15)


def test_the_manifest_names_files_and_settings(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    nightpanel.simulate(small, out=out, figures=False)
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]["simulate"]
    assert set(record["files"]) == files(out) - {"manifest.json"}
    assert record["files"] == digests(out)
    assert record["inputs"] == {str(small): sha256(small.read_bytes()).hexdigest()}
    assert record["settings"]["scenarios"][1]["s_H"] == [0.05]
    assert record["settings"]["periods"] == 6
    assert record["wage_gaps"].startswith("Wage gaps: 1")


def test_the_same_run_has_the_same_bytes(
    ran: tuple[Path, str], small: Path, tmp_path: Path, command: Command
) -> None:
    again = tmp_path / "again"
    assert command("simulate", "--out", again).returncode == 0
    assert digests(again) == digests(ran[0])
    outs = [tmp_path / name for name in ("one", "four")]
    for out, threads in zip(outs, (1, 4), strict=True):
        words = ["--scenarios", small, "--threads", threads, "--no-figures"]
        ended = command("simulate", *words, "--out", out)
        assert ended.returncode == 0, ended.stderr
    assert digests(outs[0]) == digests(outs[1])


def test_a_file_of_scenarios_and_a_grid(small: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    ended = command("simulate", "--scenarios", small, "--out", out)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Grid around: 6 combinations, 0 without a solution" in ended.stdout
    drawn = figures("figure_2", "figure_3", "own")
    grids = {"grids.parquet", "tables/grids.csv", "tables/grids.md"}
    assert files(out) == NAMES | drawn | grids
    table = pd.read_parquet(out / "simulation.parquet")
    assert sorted(table["year"].unique()) == list(range(2001, 2007))
    grid = pd.read_parquet(out / "grids.parquet")
    assert list(grid.columns[:6]) == [
        "grid", "combination", "sigma_M", "s_H", "period", "status",
    ]  # fmt: skip
    assert grid["combination"].tolist() == [k for k in range(1, 7) for _ in range(2)]
    assert grid["period"].tolist() == [1, 6] * 6
    assert set(grid["status"]) == {"solved"}
    by_hand = tmp_path / "by_hand.toml"
    by_hand.write_text(
        '[simulation]\nperiods = 6\n[[scenarios]]\nname = "x"\nsigma_M = 0.9\ns_H = 0.02\n',
        encoding="utf-8",
    )
    one = nightpanel.simulate(by_hand, out=tmp_path / "by_hand", figures=False).paths["x"]
    (row,) = grid[(grid["sigma_M"] == 0.9) & (grid["s_H"] == 0.02) & (grid["period"] == 6)].index
    for name in ("labour_x", "output_m", "integration_M", "integration_S", "eta", "ln_K", "ln_M"):
        assert grid.loc[row, name] == pytest.approx(one.loc[6, name], rel=1e-13)


def test_a_grid_keeps_what_could_not_be_solved(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(
        '[baseline]\ns_H = 0.05\n[[grid]]\nname = "g"\nvalues = { gamma_services = [0.5, 3.0] }\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    ended = command("simulate", "--scenarios", path, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "Grid g: 2 combinations, 1 without a solution (status in grids.parquet)" in ended.stdout
    grid = pd.read_parquet(out / "grids.parquet")
    assert grid["status"].tolist() == ["solved", "solved", "overflow", "overflow"]
    assert np.isnan(grid["labour_m"].iloc[-1])
    assert not (out / "figures").exists()
    path.write_text(path.read_text(encoding="utf-8").replace("0.5, 3.0", "3.0"), encoding="utf-8")
    ended = command("simulate", "--scenarios", path, "--out", tmp_path / "none")
    assert ended.returncode == 1
    assert "grid.0 ('g'), gamma_services = 3" in ended.stderr
    assert "expected logs of capital and of AI within" in ended.stderr
    assert not (tmp_path / "none").exists()


def test_a_calibration_is_told_with_its_level_and_other_roots(
    tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "calibrated.toml"
    asked = "calibrate_B = { labour = [0.623, 0.092, 0.285], level = 1.1 }"
    text = f'[[scenarios]]\nname = "a"\nxi_m = 2.4\nxi_s = 1.7\n{asked}\n'
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    ended = command("simulate", "--scenarios", path, "--periods", 2, "--no-figures", "--out", out)
    assert (ended.returncode, ended.stderr) == (0, "")
    table = pd.read_csv(out / "tables" / "calibration.csv")
    assert table["taken"].tolist() == [True] + [False] * (len(table) - 1)
    assert set(table["level"]) == {1.1}
    line = next(one for one in ended.stdout.splitlines() if one.startswith("a: B = "))
    assert f"{table.loc[0, 'B_m']:.4f}" in line
    assert "(level 1.1, a choice) gives employment 0.623, 0.092, 0.285 in period 1" in line
    assert f"other roots: {len(table) - 1} (tables/calibration)" in line
    path.write_text(text.replace("xi_m = 2.4\nxi_s = 1.7\n", ""), encoding="utf-8")
    ended = command("simulate", "--scenarios", path, "--out", tmp_path / "none")
    assert ended.returncode == 1
    assert (
        "scenarios.0 ('a').calibrate_B, calibration of B: expected productivities" in ended.stderr
    )


def test_fewer_periods_by_an_option(small: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    ended = command("simulate", "--scenarios", small, "--periods", 1, "--out", out, "--no-figures")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert pd.read_parquet(out / "simulation.parquet")["period"].unique().tolist() == [1]
    assert len(pd.read_csv(out / "tables" / "margins.csv")) == 0
    assert pd.read_parquet(out / "grids.parquet")["period"].tolist() == [1] * 6


def test_another_run_into_the_folder_takes_away_what_is_stale(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    nightpanel.simulate(small, out=out)
    assert "figures/own.pdf" in files(out)
    only = tmp_path / "only.toml"
    only.write_text('[[scenarios]]\nname = "a"\n', encoding="utf-8")
    nightpanel.simulate(only, out=out, periods=3, figures=False)
    assert files(out) == NAMES


def test_what_a_killed_run_had_still_to_move_is_no_reason_to_refuse(
    small: Path, tmp_path: Path
) -> None:
    done, out = tmp_path / "done", tmp_path / "out"
    nightpanel.simulate(small, out=done, figures=False)
    # Killed in the middle: one file has moved, the manifest among others has not.
    out.mkdir()
    (done / "residuals.parquet").rename(out / "residuals.parquet")
    (out / f"{STAGED}0.owner").write_text("[]", encoding="utf-8")
    done.rename(out / f"{STAGED}0.whole")
    nightpanel.simulate(small, out=out, figures=False, periods=2)
    assert files(out) == NAMES | {"grids.parquet", "tables/grids.csv", "tables/grids.md"}
    assert not list(out.glob(f"{STAGED}*"))


REFUSED = {
    "a manifest of a study": (
        {"manifest.json": '{"stages": {"lights": {}, "panel": {}}}'},
        "found outputs of lights, panel; choose another with --out",
    ),
    "other files": ({"notes.txt": "mine"}, "found other files, as notes.txt; choose another"),
    "a manifest that is none": ({"manifest.json": "[1"}, "the manifest of an earlier run"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_folder_of_something_else_is_refused_untouched(
    tmp_path: Path, command: Command, case: str
) -> None:
    content, line = REFUSED[case]
    out = tmp_path / "theirs"
    out.mkdir()
    for name, text in content.items():
        (out / name).write_text(text, encoding="utf-8")
    ended = command("simulate", "--out", out)
    assert ended.returncode == 1
    assert line in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert {path.name: path.read_text("utf-8") for path in out.iterdir()} == content


WRONG = {
    "scenario name twice": '[[scenarios]]\nname = "a"\n[[scenarios]]\nname = "a"\n',
    "unknown key": '[[scenarios]]\nname = "a"\nsigma = 1\n',
    "outside its domain": '[[scenarios]]\nname = "a"\nalpha_M = 1.5\n',
    "infrastructure above investment": '[[scenarios]]\nname = "a"\ns = 0.1\ns_H = 0.2\n',
    "beyond any number": '[[scenarios]]\nname = "a"\nsigma_M = 1e8\nB = [1e5, 1.0, 1.0]\n',
    "a figure elsewhere": (
        '[[scenarios]]\nname = "a"\n[[figures]]\nname = "../f"\nscenarios = ["a"]\n'
    ),
    "no values": '[[grid]]\nname = "g"\nvalues = {}\n',
    "no period": '[simulation]\nperiods = 0\n[[scenarios]]\nname = "a"\n',
    "no scenario": "[simulation]\nperiods = 3\n",
    "overflow": '[[scenarios]]\nname = "a"\ngamma = 3.0\ns_H = 0.1\n[simulation]\nperiods = 200\n',
    "values far from ordinary": '[[scenarios]]\nname = "a"\nsigma_M = 1e60\n',
    "grid of an unknown key": '[[grid]]\nname = "g"\nvalues = { gamma_q = [1] }\n',
    "grid outside a domain": '[[grid]]\nname = "g"\nvalues = { alpha_M = [0.5, 1.0] }\n',
    "grid that says a thing twice": (
        '[[grid]]\nname = "g"\nvalues = { gamma_services = [0.5], gamma_x = [0.1] }\n'
    ),
    "grid with infrastructure above investment": (
        '[[grid]]\nname = "g"\nvalues = { s = [0.1], s_H = [0.05, 0.2] }\n'
    ),
}
SAID = {
    "scenario name twice": "scenarios.1.name: expected a name of its own",
    "unknown key": "scenarios.0.sigma ('a'): expected one of the keys",
    "outside its domain": "scenarios.0 ('a').alpha_M: expected shares between 0 and 1",
    "infrastructure above investment": (
        "scenarios.0 ('a').s_H, period 1: expected at most the rate of investment s, "
        "found s_H = 0.2 and s = 0.1"
    ),
    "beyond any number": "scenario 'a', period 1, equation",
    "a figure elsewhere": "figures.0.name ('../f'): expected letters, digits, - and _, found",
    "no values": "grid.0.values ('g'): expected at least 1 item, found {}",
    "no period": "simulation.periods: expected greater than or equal to 1, found 0",
    "no scenario": "expected at least one [[scenarios]] or [[grid]] table",
    "overflow": "scenario 'a', simulation, period ",
    "values far from ordinary": "scenario 'a', simulation, period ",
    "grid of an unknown key": "grid.0 ('g').values, axis 'gamma_q': expected values of one of",
    "grid outside a domain": "grid.0 ('g').values.alpha_M: expected shares between 0 and 1",
    "grid that says a thing twice": "grid.0 ('g').values, grid: expected one axis or more",
    "grid with infrastructure above investment": (
        "grid.0 ('g').values.s_H, period 1: expected at most the rate of investment s"
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, command: Command, case: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG[case], encoding="utf-8")
    ended = command("simulate", "--scenarios", path, "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert SAID[case] in ended.stderr
    assert f"Error: {path}: " in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["wrong.toml"]


def test_an_address_where_nobody_listens_is_refused(
    small: Path, tmp_path: Path, command: Command
) -> None:
    words = ["--scenarios", small, "--scheduler", "tcp://127.0.0.1:1", "--out", tmp_path / "out"]
    ended = command("simulate", *words)
    assert ended.returncode == 1
    assert ended.stderr.startswith("SchedulerError")
    assert not (tmp_path / "out").exists()


def test_a_grid_on_a_cluster_has_the_same_bytes(
    small: Path, tmp_path: Path, command: Command
) -> None:
    fixed = ["simulate", "--scenarios", small, "--no-figures"]
    assert command(*fixed, "--out", tmp_path / "here").returncode == 0
    with dask_processes(tmp_path) as running:
        running.start_worker("a")
        running.wait_for_workers(1)
        ended = command(*fixed, "--scheduler", running.address, "--out", tmp_path / "there")
    assert ended.returncode == 0, ended.stderr
    assert digests(tmp_path / "there") == digests(tmp_path / "here")


def test_too_many_combinations_are_refused(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "wide.toml"
    values = [round(0.1 + k / 200, 4) for k in range(101)]
    path.write_text(
        f'[[grid]]\nname = "g"\nvalues = {{ alpha_M = {values[:99]}, sigma_M = {values}, '
        f"sigma_S = {values} }}\n",
        encoding="utf-8",
    )
    ended = command("simulate", "--scenarios", path, "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert "expected 1,000,000 combinations at most, found 1,009,899" in ended.stderr


@pytest.mark.parametrize(
    "words", [["--periods", "0"], ["--periods", "10001"], ["--periods", "x"], ["--threads", "0"]]
)
def test_wrong_usage_is_2(tmp_path: Path, command: Command, words: list[str]) -> None:
    assert command("simulate", "--out", tmp_path / "out", *words).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_country_without_data_is_refused(small: Path, tmp_path: Path, command: Command) -> None:
    for words in ([], ["--scenarios", small]):
        ended = command("simulate", *words, "--country", "CHN", "--out", tmp_path / "out")
        assert ended.returncode == 1
        assert (
            "--country: expected sector data that have it, found 'CHN' and no data" in ended.stderr
        )
    assert not (tmp_path / "out").exists()


def test_quiet_prints_where_files_are_alone(small: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    ended = command("simulate", "--scenarios", small, "--out", out, "--quiet", "--no-figures")
    assert ended.stdout == f"Outputs: {out}\n"


def test_help_has_an_example(command: Command) -> None:
    ended = command("simulate", "--help")
    assert ended.returncode == 0
    assert "Example: nightpanel simulate" in ended.stdout
