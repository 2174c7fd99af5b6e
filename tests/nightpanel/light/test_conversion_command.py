"""`nightpanel calibrate viirs-to-dmsp`, as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from tests.nightpanel.light.helpers import Command, write


@pytest.fixture
def sensors(tmp_path: Path) -> list[object]:
    """Two years of radiance, one of DN that came from it, and the words that name them."""
    rng = np.random.default_rng(3)
    radiance = np.exp(rng.normal(1.0, 1.2, size=(96, 96)))
    where = Affine(1000.0, 0.0, 400_000.0, 0.0, -1000.0, 4_000_000.0)
    products = tmp_path / "products.toml"
    products.write_text(
        "[radiance]\ntitle = 'r'\npattern = 'radiance(?P<year>\\d{4})\\.tif'\nunit = 'nW/cm2/sr'\n"
        "valid_min = -5.0\nvalid_max = 1e6\n"
    )
    dn = np.clip(-3.0 + 72.0 / (1.0 + np.exp(-1.3 * (np.log1p(radiance) - 2.2))), 0, 63)
    write(tmp_path / "radiance2013.tif", radiance, dtype="float32", transform=where)
    write(tmp_path / "radiance2014.tif", radiance * 1.1, dtype="float32", transform=where)
    write(tmp_path / "DMSP2013.tif", np.where(dn < 4, 0, dn), dtype="float32", transform=where)
    words = ["calibrate", "viirs-to-dmsp", "--products", products]
    return [*words, "--viirs", f"{tmp_path}/radiance*.tif"]


def test_a_conversion_is_fitted_reported_and_used_again(
    command: Command, tmp_path: Path, sensors: list[object]
) -> None:
    out = tmp_path / "out"
    done = command(*sensors, "--dmsp", tmp_path / "DMSP2013.tif", "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "VIIRS_as_DMSP_2013.tif", "VIIRS_as_DMSP_2014.tif", "bias_by_decile.csv",
        "conversion.json", "report.png", "report.txt", "residuals_2013.tif", "seam.csv",
    ]  # fmt: skip
    report = (out / "report.txt").read_text()
    assert "none is at a bound" in report
    assert "chosen without each fold in turn: 0, 0, 0, 0, 0 km" in report
    with rasterio.open(tmp_path / "DMSP2013.tif") as observed:
        expected = observed.read(1)
    with rasterio.open(out / "VIIRS_as_DMSP_2013.tif") as converted:
        assert np.abs(converted.read(1) - expected).mean() < 0.2
    known = ("--coefficients", out / "conversion.json", "--out", tmp_path / "again")
    reused = command(*sensors, *known)
    assert reused.returncode == 0, reused.stderr
    told = command("tiles", tmp_path / "again" / "VIIRS_as_DMSP_*.tif")
    assert (told.returncode, "viirs-as-dmsp" in told.stdout) == (0, True), told.stderr
    one, other = (tmp_path / name / "VIIRS_as_DMSP_2014.tif" for name in ("out", "again"))
    np.testing.assert_array_equal(rasterio.open(one).read(1), rasterio.open(other).read(1))
    over = command(*sensors, *known[:2], "--out", out)
    assert (over.returncode, (out / "conversion.json").exists()) == (0, True), over.stderr
    assert [path.name for path in out.iterdir() if path.suffix in (".txt", ".csv", ".png")] == []
    assert list(out.glob("residuals*")) == []
    beside = command(*sensors, *known, "--floor", "0.5", "--overlap-year", "2013")
    assert (beside.returncode, "found --floor, --overlap-year beside it" in beside.stderr) == (
        1, True,
    )  # fmt: skip
    broken = tmp_path / "broken.json"
    whole = json.loads((out / "conversion.json").read_text())
    for change, message in (
        ({"grid": whole["grid"] | {"crs": "nowhere"}}, "CRSError"),
        ({"curve": whole["curve"] | {"a": float("nan")}}, "nan instead of a finite number"),
        ({"curve": whole["curve"] | {"b": -3.0}}, "a curve that does not rise"),
        ({"cleaning": {"floor": 4.0, "cap": 1.0}}, "a floor from 0 on"),
    ):
        broken.write_text(json.dumps(whole | change))
        refused = command(*sensors, "--coefficients", broken, "--out", tmp_path / "no")
        (line,) = refused.stderr.splitlines()
        assert (refused.returncode, line.startswith(f"CalibrationError: {broken}")) == (1, True)
        assert message in line
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "found neither"),
        (("--dmsp", "DMSP2013.tif", "--overlap-year", "2013", "--overlap-year", "2019"), "2019 in"),
        (("--dmsp", "DMSP2013.tif", "--floor", "4", "--cap", "1"), "found floor 4 and cap 1"),
        (("--dmsp", "DMSP2013.tif", "--cap", "-5"), "found floor 0 and cap -5"),
        (("--dmsp", "DMSP2013.tif", "--sigma-km", "nan"), "a width of 0 km or more"),
    ],
)
def test_a_conversion_that_cannot_be_as_asked(
    command: Command, tmp_path: Path, sensors: list[object], words: tuple[str, ...], message: str
) -> None:
    named = [tmp_path / word if word.endswith(".tif") else word for word in words]
    done = command(*sensors, *named, "--out", tmp_path / "no")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith("CalibrationError: ")) == (1, True)
    assert message in line
    assert not (tmp_path / "no").exists()
