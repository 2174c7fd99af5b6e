"""A made-up country small enough for tests, and the command line in this process."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from nightpanel.cli import main
from nightpanel.output_folder import OutputFolder, read_output_folder
from nightpanel.run_demo import write_country
from nightpanel.run_study import run as run_study
from panels.synthetic import CountrySpec, SyntheticPanel, synthetic_panel

SMALL = CountrySpec(n_cities=6, years=(2014, 2015, 2016, 2017), split_year=2016)

STUDY = """
[study]
name = "small country"
years = [2014, 2015, 2016, 2017]

[lights]
tiles = ["*.tif"]
bootstrap_draws = 20

[units]
file = "units.gpkg"
unit_id = "unit_id"
city_id = "unit_id:4"
name = "name"

[[panel.tables]]
file = "yearbook.xlsx"
city = "city_code"
year = "year"
columns = { gdp = "gdp", va1 = "va_primary", va2 = "va_secondary", va3 = "va_tertiary" }
uil = { value_added = ["va1", "va2", "va3"] }

[[panel.tables]]
file = "digital_finance.csv"
city = "city_code"
year = "year"
columns = { digital_finance = "index_aggregate" }

[panel.logs]
log_gdp = "gdp"

[[designs]]
name = "linear"
outcome = "gini"
treatment = "uil"
controls = ["log_gdp"]
variants = ["two_way_fixed_effects"]
"""


Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def small_panel() -> SyntheticPanel:
    return synthetic_panel(SMALL, seed=3)


@pytest.fixture(scope="session")
def painted(small_panel: SyntheticPanel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small country's files; read only."""
    folder = tmp_path_factory.mktemp("painted")
    write_country(small_panel, folder=folder, seed=3)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_out(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study's output folder; read only."""
    out = tmp_path_factory.mktemp("small") / "out"
    run_study(painted / "study.toml", out=out, workers=1)
    return out


@pytest.fixture(scope="session")
def small_folder(small_out: Path) -> OutputFolder:
    """What the small study's output folder holds."""
    return read_output_folder(small_out)


@pytest.fixture
def out_copy(small_out: Path, tmp_path: Path) -> Path:
    """A copy of the small study's output folder that a test may damage."""
    ignored = shutil.ignore_patterns(".cache")
    return Path(shutil.copytree(small_out, tmp_path / "out", ignore=ignored))


@pytest.fixture
def country(painted: Path, tmp_path: Path) -> Path:
    """A copy of the small country's files that a test may damage."""
    return Path(shutil.copytree(painted, tmp_path / "country"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process."""

    def run(*words: object) -> CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["nightpanel", *(str(word) for word in words)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        else:
            code = 0
        caught = capsys.readouterr()
        return CompletedProcess(sys.argv, code, caught.out, caught.err)

    return run
