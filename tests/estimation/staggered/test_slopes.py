"""A policy that turns a line, and one that only shifts it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from estimation.staggered.cohorts import staggered_panel
from estimation.staggered.slopes import clean_slope, slope_event_study
from geo.errors import SampleError


def turned(seed: int, *, level: float, slope: float, error: float = 0.3) -> pd.DataFrame:
    """City-years in which the policy shifts and turns the line of y in d."""
    rng = np.random.default_rng(seed)
    N, years = 80, np.arange(2000, 2012)
    city, year = np.repeat(np.arange(N), 12), np.tile(years, N)
    g = np.array([2004.0, 2007.0, np.inf, np.inf])[np.arange(N) % 4][city]
    d = rng.normal(size=city.size) + rng.normal(size=N)[city]
    under = year >= g
    y = (
        rng.normal(size=N)[city] + 0.1 * (year - 2000) + 0.5 * d
        + under * (level + slope * d) + error * rng.normal(size=city.size)
    )  # fmt: skip
    return pd.DataFrame({"city": city, "year": year, "g": g, "d": d, "y": y})


def _panel(table):
    panel = staggered_panel(
        table["y"].to_numpy(), table["city"].to_numpy(), table["year"].to_numpy(),
        table["g"].to_numpy(),
    )  # fmt: skip
    return panel, table["d"].to_numpy().reshape(panel.outcome.shape)


@pytest.mark.parametrize(("level", "slope"), [(1.0, 0.0), (0.0, 0.4), (-0.5, -0.3)])
def test_level_and_slope_are_told_apart(level, slope):
    table = turned(1, level=level, slope=slope)
    panel, d = _panel(table)
    clean = clean_slope(panel, d)
    assert clean.slope.estimate[0] == pytest.approx(slope, abs=0.08)
    mean = table.loc[table["year"] >= table["g"], "d"].mean()
    assert clean.level.estimate[0] == pytest.approx(level + slope * mean, abs=0.12)
    years = slope_event_study(panel, d, window=(-3, 4))
    before, after = years.at < 0, years.at >= 0
    assert np.abs(years.slope.estimate[before]).max() < 0.25
    assert years.slope.estimate[after].mean() == pytest.approx(slope, abs=0.12)


def test_slope_study_by_all_dummies():
    table = turned(2, level=0.3, slope=0.2)
    panel, d = _panel(table)
    found = slope_event_study(panel, d)
    centred = table["d"] - table["d"].mean()
    since = table["year"] - table["g"]
    events = np.column_stack([since == one for one in found.at]).astype(float)
    X = np.column_stack([
        events * centred.to_numpy()[:, None], events, centred,
        pd.get_dummies(table["city"]), pd.get_dummies(table["year"]),
    ]).astype(float)  # fmt: skip
    slopes = np.linalg.lstsq(X, table["y"].to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(found.slope.estimate, slopes[: found.at.size], atol=1e-8)
    np.testing.assert_allclose(
        found.level.estimate, slopes[found.at.size : 2 * found.at.size], atol=1e-8
    )


def test_clean_slope_errors_cover():
    covered = 0
    for seed in range(100):
        panel, d = _panel(turned(100 + seed, level=0.5, slope=0.2))
        found = clean_slope(panel, d).slope
        covered += abs(found.estimate[0] - 0.2) <= 1.99 * found.std_error[0]
    assert covered >= 88


def test_a_treatment_that_does_not_vary_is_named():
    panel, d = _panel(turned(3, level=0.0, slope=0.0))
    with pytest.raises(SampleError, match="one value"):
        clean_slope(panel, np.ones_like(d))


def _waves(seed: int, slope: float):
    """30 provinces in which 4, 5 and 4 adopt; treatment and errors last from year to year."""
    rng = np.random.default_rng([3, seed])
    N, years = 30, np.arange(2012, 2023)
    g = np.repeat([2015.0, 2017.0, 2019.0, np.inf], [4, 5, 4, 17])

    def lasting():
        found = rng.normal(size=(N, years.size))
        for at in range(1, years.size):
            found[:, at] = 0.5 * found[:, at - 1] + np.sqrt(0.75) * found[:, at]
        return found

    d = rng.normal(size=(N, 1)) + lasting()
    under = years >= g[:, None]
    y = rng.normal(size=(N, 1)) + 0.5 * d + under * slope * d + 0.5 * lasting()
    city, year = np.repeat(np.arange(N), years.size), np.tile(years, N)
    return staggered_panel(y.ravel(), city, year, np.repeat(g, years.size)), d


def test_clean_slope_errors_do_not_depend_on_the_slope():
    """The estimate moves with the slope; its distance from it, and its error, do not."""
    panels = [_waves(0, slope) for slope in (0.0, 1.0)]
    flat, steep = (clean_slope(panel, d).slope for panel, d in panels)
    assert steep.estimate[0] - flat.estimate[0] == pytest.approx(1.0, abs=1e-9)
    assert steep.std_error[0] == pytest.approx(flat.std_error[0], rel=1e-9)


@pytest.mark.parametrize("slope", [0.126, 1.0])
def test_clean_slope_errors_of_a_few_waves(slope):
    """Neither far too short (few cities) nor too long (a steep slope taken for noise)."""
    found = [clean_slope(*_waves(seed, slope)).slope for seed in range(100)]
    away = np.array([one.estimate[0] - slope for one in found])
    error = np.array([one.std_error[0] for one in found])
    covered = np.mean(np.abs(away) <= student.ppf(0.975, found[0].df_of_each[0]) * error)
    assert 0.87 <= covered <= 0.99
    assert 0.7 <= error.mean() / away.std() <= 1.15
