"""How often 95 % intervals of shift-share effects hold the truth, by process and by error.

Run ``python docs/scripts/shift_share_coverage.py``: it writes ``docs/shift-share-coverage.md`` and
the figures in ``docs/shift-share-coverage.csv``. The residual holds shocks of the same sectors as
the exposure (Adao, Kolesar and Morales 2019, section II): errors that know nothing of them are too
small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from estimation.inference.intervals import quantile
from estimation.instruments.akm import akm
from estimation.instruments.exposure import Exposure, by_shock
from estimation.instruments.in_panel import PanelRows, in_panel
from estimation.instruments.partialled import Partialled, partialled
from estimation.instruments.shock_level import shock_level
from estimation.instruments.two_stage import two_stage
from estimation.samples.sample import Floats, Integers

DRAWS = 1000
SEED = 20190
TRUTH = 0.5
FOLDER = Path(__file__).resolve().parents[1]
ERRORS = ("robust", "clustered", "AKM, no clusters", "AKM", "AKM0", "shock level")


@dataclass(frozen=True)
class Draw:
    """One draw of a process."""

    left: Partialled
    """Controls and effects taken out."""
    regions: Integers
    """Clusters of rows."""
    shares: Floats
    """A column for each shock."""
    shocks: Floats
    """A shock for each column."""
    clusters: Integers
    """Cluster of each column."""


def main() -> None:
    """Run all processes and write the page."""
    rows = []
    for number, (name, draw) in enumerate(PROCESSES.items()):
        rng = np.random.default_rng([SEED, number])
        found = [_intervals(draw(rng)) for _ in range(DRAWS)]
        rows += [
            {"process": name, **_summary([one[error] for one in found], error)} for error in ERRORS
        ]
    table = pd.DataFrame(rows)
    table.round(4).to_csv(FOLDER / "shift-share-coverage.csv", index=False)
    text = PAGE.format(draws=DRAWS, mc=_monte_carlo(), table=_table(table))
    (FOLDER / "shift-share-coverage.md").write_text(text, encoding="utf-8")


def _intervals(draw: Draw) -> dict[str, tuple[float, float, bool]]:
    """Ends of each 95 % interval, and whether it holds the truth."""
    p = draw.left
    robust, clustered = two_stage(p), two_stage(p, draw.regions)
    alone = akm(p, draw.shares)
    grouped = akm(p, draw.shares, draw.clusters)
    shocks = shock_level(p, draw.shares, draw.shocks, draw.clusters)
    t = quantile(0.975, df=np.unique(draw.regions).size - 1)
    ends = {
        "robust": _around(robust.theta, 1.959964 * robust.std_error),
        "clustered": _around(clustered.theta, t * clustered.std_error),
        "AKM, no clusters": (alone.ci_low, alone.ci_high),
        "AKM": (grouped.ci_low, grouped.ci_high),
        "shock level": (shocks.ci_low, shocks.ci_high),
    }
    told = {name: (low, high, low <= TRUTH <= high) for name, (low, high) in ends.items()}
    between = grouped.low_null <= TRUTH <= grouped.high_null
    if grouped.shape_null == "interval":
        told["AKM0"] = (grouped.low_null, grouped.high_null, between)
    else:
        held = grouped.shape_null == "line" or not between
        told["AKM0"] = (-np.inf, np.inf, held)
    return told


def _around(middle: float, half: float) -> tuple[float, float]:
    return middle - half, middle + half


def _summary(found: list[tuple[float, float, bool]], error: str) -> dict[str, object]:
    lengths = np.array([high - low for low, high, _ in found])
    return {
        "error": error,
        "coverage": np.mean([held for *_, held in found]),
        "median_length": np.median(lengths),
        "unbounded": np.mean(np.isinf(lengths)),
    }


def _monte_carlo() -> str:
    return f"{100 * np.sqrt(0.95 * 0.05 / DRAWS):.1f}"


def cross_section(
    rng: Generator,
    *,
    n: int = 300,
    sectors: int = 100,
    hidden: float = 1.0,
    skew: float = 0.0,
    alike: float = 0.0,
    strength: float | None = None,
) -> Draw:
    """Regions of 30 states; least squares on the exposure, or the exposure as an instrument."""
    weights = np.exp(skew * rng.normal(size=sectors))
    shares = rng.dirichlet(2.0 * weights / weights.mean(), size=n)
    shares *= rng.uniform(0.5, 1.0, size=(n, 1))
    clusters = np.arange(sectors) // 5
    common = rng.normal(size=(2, clusters.max() + 1))[:, clusters]
    own = rng.normal(size=(2, sectors))
    g, v = np.sqrt(alike) * common + np.sqrt(1 - alike) * own
    states = np.arange(n) % 30
    z = shares @ g
    spread = float(np.std(shares @ v))
    error = hidden * shares @ v + spread * (rng.normal(size=n) + 0.5 * rng.normal(size=30)[states])
    controls = shares.sum(axis=1, keepdims=True)
    x = z
    if strength is not None:
        x = strength * z + error + spread * rng.normal(size=n)
    left = partialled(TRUTH * x + error, x, z, controls)
    return Draw(left, states, shares, g, clusters)


def panel(rng: Generator, *, cities: int = 100, years: int = 8, sectors: int = 30) -> Draw:
    """Cities with effects, shocks that last: half of last year's is in this year's."""
    shares = rng.dirichlet(np.ones(sectors), size=cities)
    g, v = (_lasting(rng, years, sectors) for _ in range(2))
    city, year = np.repeat(np.arange(cities), years), np.tile(np.arange(years), cities)
    S = shares[city]
    z, hidden = (S * g[year]).sum(axis=1), (S * v[year]).sum(axis=1)
    error = hidden + np.std(hidden) * rng.normal(size=z.size) + rng.normal(size=cities)[city]
    rows = PanelRows(city, year, np.empty((z.size, 0)))
    left = in_panel(TRUTH * z + error, z, z[:, None], rows, where="panel")
    names = tuple(str(k) for k in range(sectors))
    made = Exposure(
        S,
        g[year],
        names,
        np.arange(sectors),
        year,
        yearly=True,
        own_left_out=False,
        complete=True,
    )
    columns = by_shock(made)
    return Draw(left, city, columns.shares, columns.shocks, columns.cluster)


def _lasting(rng: Generator, years: int, sectors: int) -> Floats:
    values = np.empty((years, sectors))
    values[0] = rng.normal(size=sectors)
    for year in range(1, years):
        values[year] = 0.5 * values[year - 1] + np.sqrt(0.75) * rng.normal(size=sectors)
    return values


PROCESSES: dict[str, Callable[[Generator], Draw]] = {
    "no shocks in the residual": lambda rng: cross_section(rng, hidden=0.0),
    "shocks in the residual": cross_section,
    "20 sectors": lambda rng: cross_section(rng, sectors=20),
    "a few large sectors": lambda rng: cross_section(rng, skew=1.5),
    "sectors of a cluster alike": lambda rng: cross_section(rng, alike=0.8),
    "instrument": lambda rng: cross_section(rng, strength=1.0),
    "weak instrument": lambda rng: cross_section(rng, strength=0.3),
    "panel, shocks that last": panel,
}


def _table(table: pd.DataFrame) -> str:
    head = f"| process | {' | '.join(ERRORS)} | AKM0 unbounded |"
    lines = [head, "|---" * (len(ERRORS) + 2) + "|"]
    for name, rows in table.groupby("process", sort=False):
        by = rows.set_index("error")
        coverage, length = 100 * by["coverage"], by["median_length"]
        cells = [f"{coverage[error]:.1f} ({length[error]:.2f})" for error in ERRORS]
        lines.append(f"| {name} | {' | '.join(cells)} | {100 * by['unbounded']['AKM0']:.1f} |")
    return "\n".join(lines)


PAGE = """# Coverage of shift-share intervals

Per cent of 95 % intervals that hold the true effect, and in brackets their median length, over
{draws} draws of each process (Monte-Carlo error at 95 %: {mc}). Written by
`python docs/scripts/shift_share_coverage.py`.

{table}

Regions: 300 in 30 states, 100 sectors in 20 clusters unless said; shares sum to between a half and
one, the sum is a control. The residual holds shocks of the same sectors (but in the first process)
and a state's. "Clustered" is by state, in the panel by city. "AKM" and "AKM0" cluster shocks as
they were drawn (by 5; in the panel by sector over years), "AKM, no clusters" takes every shock as
independent. "Shock level" is the clustered error of the regression of Borusyak, Hull and Jaravel.

* Where shocks of the sectors are in the residual, robust and regional errors are too small.
* AKM and the shock-level error need many clusters of shocks of like size: with 20 clusters they
  still hold the truth a little too seldom, with few or with large ones they are much too sure.
* AKM0 keeps its level throughout; where clusters are few (20 sectors are 4 clusters) or the
  instrument is weak it says so by a set without an end.
* Shocks that go together, or last over years, must be clusters.
"""

if __name__ == "__main__":
    main()
