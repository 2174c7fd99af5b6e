"""A staggered study of 290 cities and 20 years: all estimators with bands, beside diff-diff.

``python -m benchmarks.staggered`` prints seconds and ratios. Both sides do the same: two-way fixed
effects with Bacon's decomposition, group-time effects and their four averages with a clustered
bootstrap's uniform band, Sun and Abraham's event study, imputation's with its errors. The last line
is a whole design, with what a study tells beyond that: pre-trend tests, their power, honest bounds.
One thread on both sides.
"""

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from diff_diff import BaconDecomposition, CallawaySantAnna, ImputationDiD, SunAbraham
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.staggered.averages import KINDS, averages
from estimation.staggered.bacon import bacon_decomposition
from estimation.staggered.cohorts import StaggeredPanel, staggered_panel
from estimation.staggered.effects import uniform_band
from estimation.staggered.group_time import group_time
from estimation.staggered.imputation import imputation
from estimation.staggered.keys import Adoption
from estimation.staggered.sun_abraham import sun_abraham

CITIES, YEARS, DRAWS = 290, 20, 999
COHORTS = (2008, 2010, 2011, 2013, 2015, 2017, 0, 0, 0, 0)
ROUNDS = 3


def study(seed: int = 1) -> pd.DataFrame:
    """City-years with a policy adopted in six years, or never."""
    rng = np.random.default_rng(seed)
    city, year = np.repeat(np.arange(CITIES), YEARS), np.tile(np.arange(2002, 2022), CITIES)
    g = np.array(COHORTS)[np.arange(CITIES) % len(COHORTS)][city]
    since = np.where(g > 0, year - g, -1)
    y = rng.normal(size=CITIES)[city] + 0.05 * year + 0.1 * (since >= 0) * (1 + since)
    return pd.DataFrame({"city": city, "year": year, "g": g, "y": y + rng.normal(size=city.size)})


def panel_of(table: pd.DataFrame) -> StaggeredPanel:
    """The table as these estimators take it."""
    return staggered_panel(
        table["y"].to_numpy(),
        table["city"].to_numpy(),
        table["year"].to_numpy(),
        table["g"].replace(0, np.inf).to_numpy(dtype=np.float64),
    )


def ours(table: pd.DataFrame) -> dict[str, Callable[[], float]]:
    """The estimators of this project."""

    def callaway_santanna() -> float:
        cells = group_time(panel_of(table))
        told = {kind: averages(cells, kind) for kind in KINDS}
        uniform_band(told["dynamic"].by, seed=1, draws=DRAWS)
        return float(told["simple"].overall.estimate[0])

    def saturated() -> float:
        found = sun_abraham(panel_of(table))
        uniform_band(found.by, seed=1, draws=DRAWS)
        return float(found.overall.estimate[0])

    def imputed() -> float:
        found = imputation(panel_of(table))
        uniform_band(found.by, seed=1, draws=DRAWS)
        return float(found.overall.estimate[0])

    return {
        "two-way and Bacon": lambda: bacon_decomposition(panel_of(table)).two_way,
        "Callaway-Sant'Anna": callaway_santanna,
        "Sun-Abraham": saturated,
        "imputation": imputed,
    }


def theirs(table: pd.DataFrame) -> dict[str, Callable[[], float]]:
    """Those of diff-diff."""
    columns = {"outcome": "y", "unit": "city", "time": "year", "first_treat": "g"}

    def fitted(kind: object, **more: object) -> float:
        found = kind.fit(table, **columns, **more)  # type: ignore[attr-defined]
        return float(found.overall_att)

    return {
        "two-way and Bacon": lambda: float(
            BaconDecomposition(weights="exact").fit(table, **columns).twfe_estimate
        ),
        "Callaway-Sant'Anna": lambda: fitted(
            CallawaySantAnna(n_bootstrap=DRAWS, seed=1, base_period="universal"), aggregate="all"
        ),
        "Sun-Abraham": lambda: fitted(SunAbraham()),
        "imputation": lambda: fitted(ImputationDiD(), aggregate="event_study"),
    }


def whole_design(table: pd.DataFrame) -> None:
    """A design as a study asks for it."""
    panel = table.assign(city_id=(1101 + table["city"]).astype(str))
    design = Design(
        name="pilots",
        outcome="y",
        treatment="pilot",
        variants=("two_way_fixed_effects",),
        checks=(),
        min_units=0,
        adoption=Adoption(year="g", window=(-6, 6)),
    )
    estimate(panel, [design], workers=1)


def seconds(work: Callable[[], object]) -> float:
    """Median wall time of some calls, after one that is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _line(name: str, own: float, other: float) -> str:
    return f"| {name} | {own:.3f} | {other:.3f} | {other / own:.1f} |"


def main() -> None:
    """Measure each estimator on both sides, in turn, and print a table."""
    table = study()
    print("| estimator | nightpanel, s | diff-diff, s | ratio | difference of estimates |")
    print("|---|---|---|---|---|")
    sums = [0.0, 0.0]
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        own, other = ours(table), theirs(table)
        for name, work in own.items():
            pair = seconds(work), seconds(other[name])
            sums = [total + one for total, one in zip(sums, pair, strict=True)]
            apart = abs(work() - other[name]())
            print(f"{_line(name, *pair)} {apart:.1e} |")
        print(f"{_line('all four', *sums)} |")
        design = seconds(lambda: whole_design(table))
        print(f"| a whole design, with checks and bounds | {design:.1f} | | | |")


if __name__ == "__main__":
    main()
