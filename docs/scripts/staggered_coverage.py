"""How often intervals of small cohorts hold the truth: prints it, writes staggered-coverage.md.

Run ``nice python docs/scripts/staggered_coverage.py``; one core, some minutes.
"""

import argparse
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from estimation.staggered.averages import averages
from estimation.staggered.cohorts import StaggeredPanel, staggered_panel
from estimation.staggered.effects import Effects, joint_test
from estimation.staggered.group_time import group_time
from estimation.staggered.imputation import imputation
from estimation.staggered.sun_abraham import sun_abraham

PAGE = Path(__file__).resolve().parents[1] / "staggered-coverage.md"
TABLE = PAGE.with_suffix(".csv")
YEARS = np.arange(2000, 2012)
FIRST, CONTROLS, LASTING = 2004, 25, 0.5
SIZES = ((1,) * 6, (1, 9), (2, 2, 2), (4, 5, 4), (8, 8, 8), (20, 20, 20))
PROCESSES = ("independent", "lasting", "different")
LEADS = (-4, -1)
PACKAGES = ("numpy", "scipy", "pandas")
Floats = NDArray[np.float64]

PAGE_TEXT = """\
# Coverage of intervals where cohorts are small

Written by `docs/scripts/staggered_coverage.py`; not edited by hand.

The share of {draws} draws, in per cent, in which a 95 % interval of an average effect holds the
truth, and in which the joint test of years {low} to {high} since adoption (5 %) finds a trend that
is not there; the Monte-Carlo error of the first is {error:.1f} points where it is right. Cohorts
adopt in consecutive years from {first} on, of {years}; {controls} cities never adopt.

- `independent`: no effect, errors of a city independent from year to year.
- `lasting`: no effect, errors of consecutive years are correlated by {lasting:g}.
- `different`: as `independent`; each city has an effect of its own, of standard deviation 1, and
  the truth is their mean, so that an interval of the cities at hand would be too short.

Columns: average over city-years under the policy (`att`); Callaway and Sant'Anna's over calendar
years (`calendar`); the pre-trend test.

{rows}

Where cohorts have fewer than 10 clusters errors of averages are of the distances from a common
average; with fewer than 20 treated clusters these are the degrees of freedom. Errors rest on few
numbers all the same: where six cities are treated, intervals are wide and one error is not like
another.

## To repeat

```
python docs/scripts/staggered_coverage.py --draws {draws}
```

Versions: {versions}.
All cells, with mean errors beside the spread of estimates: `docs/staggered-coverage.csv`.
"""


def panel_of(sizes: tuple[int, ...], process: str, rng: np.random.Generator) -> StaggeredPanel:
    """One panel."""
    cohorts = np.repeat(FIRST + np.arange(len(sizes), dtype=np.float64), sizes)
    g = np.concatenate([cohorts, np.full(CONTROLS, np.inf)])
    errors = rng.normal(size=(g.size, YEARS.size))
    if process == "lasting":
        for at in range(1, YEARS.size):
            errors[:, at] = LASTING * errors[:, at - 1] + np.sqrt(1 - LASTING**2) * errors[:, at]
    y = rng.normal(size=(g.size, 1)) + errors
    if process == "different":
        y = y + (g[:, None] <= YEARS) * rng.normal(size=(g.size, 1))
    city, year = np.repeat(np.arange(g.size), YEARS.size), np.tile(YEARS, g.size)
    return staggered_panel(y.ravel(), city, year, np.repeat(g, YEARS.size))


def found(panel: StaggeredPanel) -> dict[str, dict[str, Effects]]:
    """Averages of each estimator, and effects of the years tested."""
    cells, study, imputed = group_time(panel), sun_abraham(panel), imputation(panel, leads=3)
    dynamic = averages(cells, "dynamic")

    def leads(by: Effects, at: Floats) -> Effects:
        return by.taken(np.flatnonzero((at >= LEADS[0]) & (at < LEADS[1])))

    return {
        "callaway_santanna": {
            "att": averages(cells, "simple").overall,
            "calendar": averages(cells, "calendar").overall,
            "leads": leads(dynamic.by, dynamic.at),
        },
        "sun_abraham": {"att": study.overall, "leads": leads(study.by, study.at)},
        "imputation": {"att": imputed.overall, "leads": imputed.by.taken([0, 1, 2])},
    }


def cell(sizes: tuple[int, ...], process: str, draws: int) -> pd.DataFrame:
    """Coverage, spread and mean error of every average; how often each test rejects."""
    rows = []
    for draw in range(draws):
        rng = np.random.default_rng([20261, *sizes, PROCESSES.index(process), draw])
        for estimator, told in found(panel_of(sizes, process, rng)).items():
            for name, effects in told.items():
                if name == "leads":
                    rejects = joint_test(effects, where="coverage").p_value < 0.05
                    rows.append((estimator, "pre-trend test", float(rejects), np.nan, np.nan))
                    continue
                reach = student.ppf(0.975, effects.df_of_each[0]) * effects.std_error[0]
                held = abs(effects.estimate[0]) <= reach
                rows.append(
                    (estimator, name, float(held), effects.estimate[0], effects.std_error[0])
                )
    table = pd.DataFrame(rows, columns=["estimator", "what", "share", "estimate", "error"])
    by = table.groupby(["estimator", "what"], sort=False)
    return (
        by.agg(share=("share", "mean"), spread=("estimate", "std"), error=("error", "mean"))
        .reset_index()
        .assign(process=process, cohorts=", ".join(map(str, sizes)))
    )


def page(cells: pd.DataFrame, draws: int) -> str:
    """The page's text."""
    columns = [
        ("callaway_santanna", "att"), ("callaway_santanna", "calendar"), ("sun_abraham", "att"),
        ("imputation", "att"), ("callaway_santanna", "pre-trend test"),
        ("sun_abraham", "pre-trend test"), ("imputation", "pre-trend test"),
    ]  # fmt: skip
    rows = [
        f"| cities of each cohort | errors | {' | '.join(f'{a}, {b}' for a, b in columns)} |",
        f"|---|---|{'---|' * len(columns)}",
    ]
    for (cohorts, process), group in cells.groupby(["cohorts", "process"], sort=False):
        share = group.set_index(["estimator", "what"])["share"]
        figures = [f"{100 * share[column]:.1f}" for column in columns]
        rows.append(f"| {cohorts} | {process} | {' | '.join(figures)} |")
    versions = ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    )
    return PAGE_TEXT.format(
        draws=draws,
        low=LEADS[0],
        high=LEADS[1] - 1,
        error=100 * np.sqrt(0.95 * 0.05 / draws),
        first=FIRST,
        years=YEARS.size,
        controls=CONTROLS,
        lasting=LASTING,
        rows="\n".join(rows),
        versions=versions,
    )


def main() -> None:
    """Run every process, print the table, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    given = parser.parse_args()
    parts = []
    with threadpool_limits(limits=1):
        for sizes in SIZES:
            for process in PROCESSES:
                parts.append(cell(sizes, process, given.draws))
                print(parts[-1].to_string(index=False, float_format="{:.3f}".format), flush=True)
    cells = pd.concat(parts, ignore_index=True)
    text = page(cells, given.draws)
    print(text)
    cells.to_csv(TABLE, index=False, float_format="%.6f", lineterminator="\n")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
