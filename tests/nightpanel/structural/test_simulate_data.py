"""`nightpanel simulate` on sector data: a small made-up file, and the database itself."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

import nightpanel
from estimation.structural.published import ALPHA_M_PRINTED, BETA

Command = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "structural_scenarios.toml"
PUBLISHED = ROOT / "docs" / "scripts" / "structural_published.csv"
SECTORS = (
    "Agriculture", "Mining", "Manufacturing", "Utilities", "Construction", "Trade services",
    "Transport services", "Business services", "Financial services", "Real estate",
    "Government services", "Other services",
)  # fmt: skip
YEARS = (2001, 2002, 2003)
GROUPS = {"m": (1, 2, 3, 4), "x": (6, 7, 8, 9), "s": (5, 10, 11)}


def levels(seed: int) -> np.ndarray:
    """Levels by year and sector."""
    return np.random.default_rng(seed).uniform(10.0, 90.0, (len(YEARS), len(SECTORS)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two made-up economies in the form of the database."""
    rows = []
    for code, name, seed in (("AAA", "Aland", 1), ("BBB", "Beland", 5)):
        for offset, variable in enumerate(("EMP", "VA", "VA_Q15")):
            made = levels(seed + offset)
            for year, values in zip(YEARS, made, strict=True):
                row = dict(zip(SECTORS, values, strict=True)) | {"Total": values.sum()}
                rows.append({"country": name, "cnt": code, "var": variable, "year": year} | row)
    path = tmp_path / "sectors.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def by_hand(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Wage gaps of m and s, and shares of employment, without the project's own reader."""
    employment = {key: levels(seed)[:, list(at)].sum(axis=1) for key, at in GROUPS.items()}
    added = {key: levels(seed + 1)[:, list(at)].sum(axis=1) for key, at in GROUPS.items()}
    wage = {
        key: (1.0 - beta) * added[key] / employment[key]
        for key, beta in zip("mxs", BETA, strict=True)
    }
    whole = sum(employment.values())
    return (
        wage["x"] / wage["m"],
        wage["x"] / wage["s"],
        {k: v / whole for k, v in employment.items()},
    )


def test_wage_gaps_are_measured_and_data_stand_beside_the_model(
    data: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "out"
    words = ["--data", data, "--country", "BBB", "--periods", 5, "--no-figures", "--out", out]
    ended = command("simulate", *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Wage gaps: equation (39) on {data}, Beland (BBB), 2001 to")
    table = pd.read_parquet(out / "simulation.parquet").query("scenario == 'benchmark'")
    wide = table.pivot(index="year", columns="variable", values="value")
    xi_m, xi_s, labour = by_hand(5)
    assert wide.index.tolist() == [2001, 2002, 2003, 2004, 2005]
    np.testing.assert_allclose(wide["xi_m"], [*xi_m, xi_m[-1], xi_m[-1]], rtol=1e-12)
    np.testing.assert_allclose(wide["xi_s"], [*xi_s, xi_s[-1], xi_s[-1]], rtol=1e-12)
    observed = pd.read_parquet(out / "observed.parquet")
    assert observed["period"].tolist() == [1, 2, 3]
    for sector, share in labour.items():
        np.testing.assert_allclose(observed[f"labour_{sector}"], share, rtol=1e-12)


def test_the_file_names_data_relative_to_itself_and_options_win(
    data: Path, tmp_path: Path, command: Command
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    path = folder / "s.toml"
    path.write_text(
        f'[data]\nfile = "../{data.name}"\ncountry = "AAA"\nyears = [2002, 2003]\n'
        '[simulation]\nperiods = 3\n[[scenarios]]\nname = "a"\n',
        encoding="utf-8",
    )
    words = ["simulate", "--scenarios", path, "--no-figures", "--out"]
    assert command(*words, tmp_path / "one").returncode == 0
    assert command(*words, tmp_path / "two", "--country", "BBB").returncode == 0
    for name, seed in (("one", 1), ("two", 5)):
        table = pd.read_parquet(tmp_path / name / "simulation.parquet")
        gaps = table.query("variable == 'xi_m'").set_index("year")["value"]
        expected = by_hand(seed)[0]
        np.testing.assert_allclose(gaps[[2002, 2003, 2004]], expected[[1, 2, 2]], rtol=1e-12)


def test_another_mapping_of_sectors(data: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "groups.csv"
    of = {at: key for key, places in GROUPS.items() for at in places} | {0: "m", 5: ""}
    mapping.write_text(
        "sector,group\n" + "".join(f"{name},{of[at]}\n" for at, name in enumerate(SECTORS)),
        encoding="utf-8",
    )
    path = tmp_path / "s.toml"
    path.write_text(
        f'[data]\nfile = "{data.name}"\ncountry = "AAA"\nmapping = "groups.csv"\n'
        '[[scenarios]]\nname = "a"\n',
        encoding="utf-8",
    )
    result = nightpanel.simulate(path, periods=1, figures=False, out=tmp_path / "out")
    employment = levels(1)[:, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]].sum(axis=1)
    observed = result.frictions.observed
    assert observed is not None
    np.testing.assert_allclose(
        observed["labour_m"], levels(1)[:, [0, 1, 2, 3, 4]].sum(axis=1) / employment
    )


def _drop(data: Path, query: str) -> None:
    pd.read_csv(data).query(query).to_csv(data, index=False)


BAD = {
    "country": (lambda _: None, ["--country", "CHX"], "'CHX'"),
    "no China": (lambda _: None, [], "'CHN'"),
    "year": (lambda data: _drop(data, "year != 2002"), ["--country", "AAA"], "2002"),
    "variable": (lambda data: _drop(data, "var != 'EMP'"), ["--country", "AAA"], "EMP"),
    "sector": (
        lambda data: pd.read_csv(data).drop(columns="Real estate").to_csv(data, index=False),
        ["--country", "AAA"],
        "Real estate",
    ),
    "file": (lambda data: data.unlink(), ["--country", "AAA"], "sectors.csv"),
    "kind": (lambda data: data.write_bytes(b"\x00\x01"), ["--country", "AAA"], "sectors.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_are_one_line_and_leave_nothing(
    data: Path, tmp_path: Path, command: Command, case: str
) -> None:
    damage, words, named = BAD[case]
    damage(data)
    out = tmp_path / "out"
    ended = command("simulate", "--data", data, *words, "--out", out)
    assert ended.returncode == 1
    assert named in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not out.exists()


@pytest.fixture(scope="module")
def china(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example on the database, by the installed command."""
    out = tmp_path_factory.mktemp("china") / "out"
    command = str(Path(sys.executable).with_name("nightpanel"))
    words = ["simulate", "--scenarios", str(EXAMPLE), "--out", str(out)]
    ended = subprocess.run(
        [command, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NIGHTPANEL_DATA": str(data_dir)},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "China" in ended.stdout.splitlines()[0]
    return out


@pytest.mark.real
def test_every_published_figure_comes_out(china: Path) -> None:
    published = pd.read_csv(PUBLISHED)
    assert len(published) == 32
    found = pd.read_csv(china / "tables" / "table_3.csv").set_index(["scenario", "row"])
    values = [
        found.loc[(one.scenario, one.row), one.variable]
        for one in published.itertuples(index=False)
    ]
    off = (published["published"] - values).abs()
    integration = published["variable"] == "integration_M"
    assert off[~integration].max() < 0.004
    assert off[integration].max() < 0.012
    assert integration.sum() == 2


@pytest.mark.real
def test_the_printed_weight_of_manufacturing_does_not_replicate(
    data_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "printed.toml"
    path.write_text(
        f"[baseline]\nalpha_M = {ALPHA_M_PRINTED}\n"
        '[[scenarios]]\nname = "infrastructure_0.05"\ns_H = 0.05\n',
        encoding="utf-8",
    )
    data = data_dir / "sectors" / "ETD_230918.xlsx"
    result = nightpanel.simulate(path, data=data, figures=False, out=tmp_path / "out")
    found = result.changes.set_index(["scenario", "row"]).loc[("infrastructure_0.05", "change")]
    assert found["integration_M"] == pytest.approx(0.280, abs=5e-4)
    assert abs(found["integration_M"] - 1.080) > 0.79


@pytest.mark.real
def test_data_stand_beside_the_benchmark(china: Path) -> None:
    observed = pd.read_parquet(china / "observed.parquet").set_index("year")
    assert (observed.index[0], observed.index[-1], len(observed)) == (1990, 2018, 29)
    np.testing.assert_allclose(
        observed.loc[1990, ["labour_m", "labour_x", "labour_s"]].to_numpy(dtype=float),
        [0.623, 0.092, 0.285],
        atol=5e-4,
    )
    table = pd.read_parquet(china / "simulation.parquet").query("scenario == 'benchmark'")
    model = table.pivot(index="year", columns="variable", values="value").loc[observed.index]
    rmse = [
        float(np.sqrt(((model[name] - observed[name]) ** 2).mean()))
        for name in observed.filter(regex="labour|output")
    ]
    np.testing.assert_allclose(rmse, [0.021, 0.015, 0.022, 0.023, 0.026, 0.019], atol=6e-4)
    figures = {path.name for path in (china / "figures").iterdir()}
    drawn = {f"figure_{n}.{end}" for n in range(2, 8) for end in ("pdf", "png")}
    assert figures == {*drawn, "captions.txt"}
    grid = pd.read_parquet(china / "grids.parquet")
    assert len(grid) == 2 * 60
    assert set(grid["status"]) == {"solved"}


@pytest.mark.real
def test_the_example_is_what_the_command_does_without_a_file(
    china: Path, data_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    data = data_dir / "sectors" / "ETD_230918.xlsx"
    nightpanel.simulate(data=data, figures=False, out=out)
    for name in ("simulation.parquet", "residuals.parquet", "observed.parquet"):
        assert (out / name).read_bytes() == (china / name).read_bytes()
