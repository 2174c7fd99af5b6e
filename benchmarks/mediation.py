"""Bootstrap of mediation by city against what a user would take instead, on one core in one run.

5,000 draws of three mediators on 270 cities x 11 years with city and year effects and five
controls, beside refits of resampled cities by pyfixest and by numpy; and one mediator on 900 rows
of a cross-section beside statsmodels' ``Mediation``. Rivals take a few draws and are told per draw.
What is compared gives the same figures, which is checked for every draw that a refit makes.
Run ``python -m benchmarks.mediation``.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import statsmodels.api as sm
from numpy.typing import NDArray
from statsmodels.stats.mediation import Mediation as StatsmodelsMediation
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from estimation.inference.streams import MEDIATION, generator
from estimation.linear.partialling import demeaned, year_dummies
from estimation.mediation.bootstrap import bootstrap, resample_counts
from estimation.mediation.estimate import mediation
from estimation.mediation.system import LinearSystem, products_of

Floats = NDArray[np.float64]
CITIES, YEARS, DRAWS, SEED = 270, 11, 5000, 1
MEDIATORS, CONTROLS = ("m1", "m2", "m3"), ("x1", "x2", "x3", "x4", "x5")
TARGET = 2.0
"""Seconds that all draws may take."""


def panel() -> pd.DataFrame:
    """Three channels, city and year effects."""
    rng = np.random.default_rng(SEED)
    n = CITIES * YEARS
    city, year = np.repeat(np.arange(CITIES), YEARS), np.tile(np.arange(2011, 2011 + YEARS), CITIES)
    effect, x = rng.normal(size=CITIES)[city], rng.normal(size=(n, 5))
    d = effect + x[:, 0] + rng.normal(size=n)
    m = d[:, None] * [0.5, 0.3, 0.0] + effect[:, None] + rng.normal(size=(n, 3))
    y = 0.2 * d + m @ [0.4, 0.2, 0.3] + x[:, 1] + effect + rng.normal(size=n)
    columns = np.column_stack([y, d, m, x])
    made = pd.DataFrame(columns, columns=["y", "d", *MEDIATORS, *CONTROLS])
    return made.assign(city=city, year=year)


def system(data: pd.DataFrame) -> LinearSystem:
    """The equations of the panel."""
    city, year = data["city"].to_numpy(), data["year"].to_numpy()
    others = np.hstack([year_dummies(year), data[[*CONTROLS]].to_numpy()])
    m = data[[*MEDIATORS]].to_numpy()
    y, d = data["y"].to_numpy(), data["d"].to_numpy()
    return LinearSystem(y, d, m, others, city, absorbed={"city": city})


def resample(data: pd.DataFrame, counts: Floats) -> pd.DataFrame:
    """The rows of one draw; a city drawn twice is two cities."""
    cities = np.repeat(np.arange(CITIES), counts.astype(int))
    rows = (cities[:, None] * YEARS + np.arange(YEARS)).ravel()
    return data.iloc[rows].assign(city=np.repeat(np.arange(CITIES), YEARS))


def by_pyfixest(data: pd.DataFrame) -> Floats:
    """Indirect effects from four regressions."""
    controls = " + ".join(CONTROLS)
    fits = [
        pyfixest.feols(f"{left} ~ {right} + {controls} | city + year", data, vcov="iid")
        for left, right in (*((m, "d") for m in MEDIATORS), ("y", f"d + {' + '.join(MEDIATORS)}"))
    ]
    b = fits[-1].coef()
    return np.array([fit.coef()["d"] * b[m] for m, fit in zip(MEDIATORS, fits, strict=False)])


def by_numpy(data: pd.DataFrame) -> Floats:
    """Indirect effects by demeaning and least squares."""
    one = system(data)
    columns = np.column_stack([one.outcome, one.treatment, one.mediators, one.others])
    left = demeaned(columns, one.clusters)
    y, d, m, others = left[:, 0], left[:, [1]], left[:, 2:5], left[:, 5:]
    a = np.linalg.lstsq(np.hstack([d, others]), m, rcond=None)[0][0]
    b = np.linalg.lstsq(np.hstack([d, m, others]), y, rcond=None)[0][1:4]
    return np.asarray(a * b)


def of_resamples(
    data: pd.DataFrame, refit: Callable[[pd.DataFrame], Floats], draws: int, expected: Floats
) -> float:
    """Seconds a draw of a refit, whose figures are compared with ours."""
    counts = resample_counts(generator(SEED, MEDIATION), draws, CITIES)
    began = time.perf_counter()
    found = [refit(resample(data, one)) for one in counts.T]
    passed = (time.perf_counter() - began) / draws
    np.testing.assert_allclose(found, expected[:draws], atol=1e-8)
    return passed


def of_panel(data: pd.DataFrame) -> tuple[float, float, Floats]:
    """Seconds of preparing and of everything, and the draws' indirect effects."""
    began = time.perf_counter()
    products = products_of(system(data))
    prepared = time.perf_counter() - began
    mediation([products], draws=DRAWS, seed=SEED, method="bca", where="benchmark")
    whole = time.perf_counter() - began
    drawn = bootstrap([products], rho=np.zeros(1), draws=DRAWS, seed=SEED, where="benchmark")
    return prepared, whole, drawn.draws[:, 3:6]


def of_cross_section(draws: int) -> tuple[float, float]:
    """Seconds a draw: ours, statsmodels'."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(900, 3))
    d = (rng.random(900) < 0.6).astype(float)
    m = 0.1 * d + x[:, 0] + rng.normal(size=900)
    y = -0.2 * m - 0.1 * d + x[:, 1] + rng.normal(size=900)
    rows = pd.DataFrame(np.column_stack([y, d, m, x]), columns=["y", "d", "m", "a", "b", "c"])
    others = np.column_stack([np.ones(900), x])
    began = time.perf_counter()
    products = products_of(LinearSystem(y, d, m[:, None], others, np.arange(900)))
    mediation([products], draws=DRAWS, seed=SEED, method="percentile", where="benchmark")
    ours = (time.perf_counter() - began) / DRAWS
    outcome = sm.OLS.from_formula("y ~ d + m + a + b + c", rows)
    mediator = sm.OLS.from_formula("m ~ d + a + b + c", rows)
    began = time.perf_counter()
    StatsmodelsMediation(outcome, mediator, "d", "m").fit(method="bootstrap", n_rep=draws)
    return ours, (time.perf_counter() - began) / draws


def measured(repetitions: int, draws: int) -> list[tuple[str, str, str]]:
    """Everything in turn, as rows of the table."""
    data = panel()
    found: dict[str, list[float]] = {}
    for _ in range(repetitions):
        prepared, whole, expected = of_panel(data)
        ours, theirs = of_cross_section(20 * draws)
        for name, value in (
            ("prepared", prepared),
            ("whole", whole),
            ("numpy", of_resamples(data, by_numpy, draws, expected)),
            ("pyfixest", of_resamples(data, by_pyfixest, draws, expected)),
            ("ours", ours),
            ("statsmodels", theirs),
        ):
            found.setdefault(name, []).append(value)
    middle = {name: statistics.median(values) for name, values in found.items()}
    each = middle["whole"] / DRAWS

    def ratio(rival: str, mine: str, scale: float) -> str:
        pairs = zip(found[rival], found[mine], strict=True)
        return f"{statistics.median(one * scale / own for one, own in pairs):,.0f} times"

    return [
        (
            f"three mediators, {CITIES} x {YEARS} rows, {DRAWS:,} draws (target: {TARGET:g} s)",
            f"{middle['whole']:.2f} s ({1e6 * each:.0f} us a draw)",
            "1",
        ),
        ("of it, cross-products by city", f"{middle['prepared']:.3f} s", ""),
        (
            "refit of resampled cities, numpy, a draw",
            f"{1e3 * middle['numpy']:.1f} ms",
            ratio("numpy", "whole", DRAWS),
        ),
        (
            "refit of resampled cities, pyfixest, a draw",
            f"{1e3 * middle['pyfixest']:.0f} ms",
            ratio("pyfixest", "whole", DRAWS),
        ),
        (
            "one mediator, 900 rows, a draw (rows drawn)",
            f"{1e6 * middle['ours']:.0f} us",
            "1",
        ),
        (
            "the same by statsmodels' `Mediation`, a draw",
            f"{1e3 * middle['statsmodels']:.1f} ms",
            ratio("statsmodels", "ours", 1),
        ),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--draws", type=int, default=10, help="draws that a rival makes")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    where = machine(asked.out)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # What rivals say of pandas is theirs.
        warnings.simplefilter("ignore")
        rows = measured(asked.repetitions, asked.draws)
    head = (f"one core, medians of {asked.repetitions} repetitions in turn", "time", "over ours")
    text = table(head, rows)
    write_page(asked.out / "mediation.md", where, text)
    print(text)


if __name__ == "__main__":
    main()
