"""Which libraries a command waits for: only those that it uses."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ESTIMATORS = {
    *("doubleml", "matplotlib", "pandera", "pyfixest", "sklearn"),
    *("scipy.optimize", "scipy.spatial", "scipy.special", "scipy.stats"),
}
NOTEBOOKS = {"openpyxl", "rioxarray", "xarray"}
COMPUTE = {"dask", "distributed", "geopandas", "numba", "pandas", "pyogrio", "scipy", "shapely"}
TILES = {"numpy", "pyproj", "rasterio"}

REPORT = "import atexit, sys; atexit.register(lambda: print('loaded', *sys.modules))\n"
COMMAND = "from nightpanel.cli import main; main()"


def loaded(code: str, *words: object) -> set[str]:
    """Modules that a process has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT + code, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    return set(line.split()[1:])


@pytest.fixture(scope="module")
def words(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """A command that measures light without a study file."""
    units = ["--units", painted / "units.gpkg", "--unit-id", "unit_id", "--city-id", "unit_id:4"]
    out = tmp_path_factory.mktemp("startup") / "out"
    return ["lights", "--tiles", painted / "*.tif", *units, "--out", out]


def test_reading_a_study_loads_no_numbers_at_all(painted: Path) -> None:
    code = (
        "import nightpanel.cli, nightpanel\n"
        "from pathlib import Path\n"
        "nightpanel.load_study(Path(sys.argv[1]))\n"
    )
    found = loaded(code, painted / "study.toml")
    assert {"typer", "pydantic", "nightpanel.study_file"} <= found
    assert found & (ESTIMATORS | NOTEBOOKS | COMPUTE | TILES) == set()


def test_light_loads_no_estimator_and_nothing_if_there_is_nothing_to_do(
    words: list[object],
) -> None:
    found = loaded(COMMAND, *words)
    assert {"numba", "rasterio", "pandas"} <= found
    assert found & (ESTIMATORS | NOTEBOOKS) == set()
    again = loaded(COMMAND, *words)
    assert again & (ESTIMATORS | NOTEBOOKS | COMPUTE) == set()
