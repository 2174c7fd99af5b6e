"""How often intervals of indirect effects hold the truth: prints it, writes mediation-coverage.md.

Run ``nice python docs/scripts/mediation_coverage.py``; one core, some minutes.
"""

import argparse
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from estimation.linear.partialling import year_dummies
from estimation.mediation.estimate import Mediation, mediation
from estimation.mediation.system import LinearSystem, products_of

PAGE = Path(__file__).resolve().parents[1] / "mediation-coverage.md"
TABLE = PAGE.with_suffix(".csv")
COUNTS = (8, 12, 30, 100, 270)
YEARS = 11
STRENGTH = 2.5
"""Size of a path that is there, in standard errors of independent rows."""
KINDS = ("both paths", "only to the mediator", "only to the outcome", "no path")
ON = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], dtype=np.float64)
METHODS = ("percentile", "BCa", "Sobel")
PACKAGES = ("numpy", "scipy", "pandas")
Floats = NDArray[np.float64]

INTRO = """\
# Coverage of intervals of indirect effects

Written by `docs/scripts/mediation_coverage.py`; not edited by hand.

The share of {draws} draws of a panel, in per cent, in which a 95 % interval holds the true indirect
effect; the Monte-Carlo error of an interval that covers as it should is {error:.1f} points. Each
panel has {years} years, city and year effects, and four mediators beside each other, one of each
kind; a path that is there is {strength:g} standard errors of independent rows long, whatever the
number of cities, so that the product is as far from normal in large panels as in small ones.
Bootstraps have {bootstrap} draws of whole cities.

- `even`: errors of consecutive years are correlated by 0.6 in treatment, mediators and outcome.
- `uneven`: the same, and the spread of everything differs between cities (lognormal with standard
  deviation 0.7).

Sobel: delta-method error clustered by city with Student's t, cities less one.

"""

READING = """\

Least and largest coverage over the rows above:

| interval | both paths | a path missing | no path | total |
|---|---|---|---|---|
{ranges}

- Both paths there, each {strength:g} errors long: the product is skewed, and Sobel's interval,
  symmetric about it, misses on one side. With {most} even cities {sobel_above:.1f} % of the draws
  have a truth above it and {sobel_below:.1f} % below it; of the percentile interval
  {own_above:.1f} % and {own_below:.1f} %.
- With a path missing the product is nearer zero than either path: the percentile interval covers
  more than it says; BCa's is nearer to it where cities are even, and too short where they are
  uneven and few.
- BCa's acceleration is itself estimated from the cities: where these are uneven its intervals are
  too short, of a plain coefficient (`total`) too. That is why `percentile` is the default.
- With few cities intervals of effects that are there are too short, those of a plain coefficient
  no less. Rows of 50 clusters or fewer carry the jackknife's error (CRV3) beside the bootstrap's.

## To repeat

```
python docs/scripts/mediation_coverage.py --draws {draws} --bootstrap {bootstrap}
```

Versions: {versions}. All cells, with misses on either side: `docs/mediation-coverage.csv`.
"""


@dataclass(frozen=True, slots=True)
class Process:
    """How panels come about."""

    name: str
    cities: int
    unevenness: float

    @property
    def path(self) -> float:
        """Size of a path that is there."""
        return float(STRENGTH / np.sqrt(self.cities * (YEARS - 1)))

    @property
    def truth(self) -> Floats:
        """Total, direct, all, each indirect effect."""
        each = self.path**2 * ON.prod(axis=1)
        return np.array([each.sum() + self.path, self.path, each.sum(), *each])

    def panel(self, rng: np.random.Generator) -> LinearSystem:
        """One panel."""
        spread = np.exp(self.unevenness * rng.normal(size=(self.cities, 1)))
        d, u, *errors = (spread * self._errors(rng) for _ in range(6))
        a, b = self.path * ON.T
        m = np.stack([one * d + error for one, error in zip(a, errors, strict=True)], axis=-1)
        y = self.path * d + m @ b + u
        city = np.repeat(np.arange(self.cities), YEARS)
        year = np.tile(np.arange(YEARS), self.cities)
        others = year_dummies(year)
        return LinearSystem(
            y.ravel(), d.ravel(), m.reshape(-1, 4), others, city, absorbed={"city": city}
        )

    def _errors(self, rng: np.random.Generator) -> Floats:
        """Stationary, correlated by 0.6 from year to year, variance 1."""
        found = rng.normal(size=(self.cities, YEARS))
        for year in range(1, YEARS):
            found[:, year] = 0.6 * found[:, year - 1] + 0.8 * found[:, year]
        return found


def processes() -> Iterator[Process]:
    """Those of the page."""
    for name, unevenness in (("even", 0.0), ("uneven", 0.7)):
        for cities in COUNTS:
            yield Process(name, cities, unevenness)


def intervals(found: Mediation) -> Iterator[tuple[str, Floats]]:
    """The intervals of total, direct, all and each indirect effect by each method, shape (7, 2)."""
    yield "percentile", found.percentile[:7]
    yield "BCa", found.bca[:7]
    reach = student.ppf(0.975, found.clusters - 1) * found.std_error_delta[:7]
    middle = found.estimate[:7]
    yield "Sobel", np.column_stack([middle - reach, middle + reach])


def cell(process: Process, *, draws: int, bootstrap: int) -> pd.DataFrame:
    """Misses on either side, of every effect and method."""
    above = {method: np.zeros(7) for method in METHODS}
    below = {method: np.zeros(7) for method in METHODS}
    for draw in range(draws):
        rng = np.random.default_rng([20260, process.cities, int(10 * process.unevenness), draw])
        found = mediation(
            [products_of(process.panel(rng))],
            draws=bootstrap,
            seed=draw,
            method="percentile",
            where="coverage",
        )
        for method, ends in intervals(found):
            above[method] += process.truth > ends[:, 1]
            below[method] += process.truth < ends[:, 0]
    names = ["total", "direct", "sum of all", *KINDS]
    return pd.concat(
        pd.DataFrame(
            {
                "process": process.name,
                "cities": process.cities,
                "effect": names,
                "method": method,
                "coverage": 1 - (above[method] + below[method]) / draws,
                "truth_above": above[method] / draws,
                "truth_below": below[method] / draws,
            }
        )
        for method in METHODS
    )


def ranges(cells: pd.DataFrame) -> Iterator[str]:
    """Least and largest coverage of each method, by kind of effect."""
    kinds = [KINDS[:1], KINDS[1:3], KINDS[3:], ("total",)]
    for method in METHODS:
        own = cells[cells["method"] == method]
        coverage = [100 * own.loc[own["effect"].isin(kind), "coverage"] for kind in kinds]
        each = [f"{one.min():.1f} to {one.max():.1f}" for one in coverage]
        yield f"| {method} | {' | '.join(each)} |"


def page(cells: pd.DataFrame, *, draws: int, bootstrap: int) -> str:
    """The page's text."""
    shown = [*KINDS, "total"]
    rows = [
        f"| process | cities | interval | {' | '.join(shown)} |",
        f"|---|---|---|{'---|' * len(shown)}",
    ]
    for (name, cities, method), group in cells.groupby(["process", "cities", "method"], sort=False):
        coverage = group.set_index("effect")["coverage"]
        figures = [f"{100 * coverage[effect]:.1f}" for effect in shown]
        rows.append(f"| {name} | {cities} | {method} | {' | '.join(figures)} |")
    keys = ["process", "cities", "effect", "method"]
    by = 100 * cells.set_index(keys)[["truth_above", "truth_below"]]
    most = max(COUNTS)
    sides = by.xs("even").xs(most).xs(KINDS[0])
    sobel, own = (sides.loc[method] for method in ("Sobel", "percentile"))
    versions = ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    )
    intro = INTRO.format(
        draws=draws,
        bootstrap=bootstrap,
        years=YEARS,
        strength=STRENGTH,
        error=100 * np.sqrt(0.95 * 0.05 / draws),
    )
    reading = READING.format(
        ranges="\n".join(ranges(cells)),
        strength=STRENGTH,
        draws=draws,
        bootstrap=bootstrap,
        versions=versions,
        most=most,
        sobel_above=sobel["truth_above"],
        sobel_below=sobel["truth_below"],
        own_above=own["truth_above"],
        own_below=own["truth_below"],
    )
    return intro + "\n".join(rows) + "\n" + reading


def main() -> None:
    """Run every process, print the table, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--bootstrap", type=int, default=999)
    given = parser.parse_args()
    parts = []
    with threadpool_limits(limits=1):
        for process in processes():
            parts.append(cell(process, draws=given.draws, bootstrap=given.bootstrap))
            print(parts[-1].to_string(index=False, float_format="{:.3f}".format), flush=True)
    cells = pd.concat(parts, ignore_index=True)
    text = page(cells, draws=given.draws, bootstrap=given.bootstrap)
    print(text)
    cells.to_csv(TABLE, index=False, float_format="%.6f", lineterminator="\n")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
