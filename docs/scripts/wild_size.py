"""How often tests of no effect reject with few clusters: prints it, writes docs/few-clusters.md.

Run ``python docs/scripts/wild_size.py --draws 5000 --workers 4``.
"""

import argparse
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import track

from estimation.inference.few_clusters import FEW_CLUSTERS, WEBB_AT_MOST
from estimation.inference.size import METHODS, ResidualProcess, rejection_rates

PAGE = Path(__file__).resolve().parents[1] / "few-clusters.md"
COUNTS = (6, 8, 10, 20, 30, 50, 100)
PACKAGES = ("numpy", "scipy", "pandas")

INTRO = """\
# Few clusters

Written by `docs/scripts/wild_size.py`; not edited by hand.

Errors clustered by city are right for many cities. With few, or with cities that differ much, CRV1
is too small even with Student's distribution. With {few} clusters or fewer CRV3 (the jackknife by
cluster) and a wild cluster bootstrap with the null imposed are shown beside it
(`estimation/inference/few_clusters.py`). Both work on the final regression of residuals on
residuals; the nuisances are held fixed, so they cost milliseconds.

The table has the share of draws in which a test at 5 % rejects an effect that is not there, in per
cent, from {draws} draws of residuals each; the Monte-Carlo error of a test that rejects as it
should is {error:.1f} points. Bootstraps have {bootstrap} draws, or all
patterns of weights where these are fewer.

- `even`: every city has 11 years and the same spread; residuals of consecutive years are
  correlated by 0.6 in outcome and treatment.
- `uneven`: cities have 3 to 11 years, and the spread of treatment and outcome differs between
  cities (lognormal with standard deviation 1, the two related).
- `moderated`: as `even`; tested is the product of the treatment with a moderator fixed in time.

Tests: doubleml's error with the normal distribution (CRV0); CRV1 and CRV3 with Student's
distribution, clusters less one; the wild bootstrap with signs (Rademacher) and with Webb's six
points. The program takes signs, and Webb's for {webb} clusters or fewer: with six there are 64
patterns of signs, too few for a test at 5 %.

"""

READING = """\

The residuals here are simulated as such: what errors of the nuisance fits add is not in this
table but in the simulation of the whole estimators. The number of cities is not all: where they
are as uneven as here, CRV1 rejects too often with 100 cities, too. Where one city carries
the treatment's variation no test is right; leave-one-city-out estimates show it.

## To repeat

```
python docs/scripts/wild_size.py --draws {draws} --bootstrap {bootstrap}
```

Versions: {versions}.
"""


def processes(n_clusters: int) -> tuple[ResidualProcess, ...]:
    """The processes of the page."""
    return (
        ResidualProcess("even", n_clusters),
        ResidualProcess("uneven", n_clusters, shortest=3, unevenness=1.0),
        ResidualProcess("moderated", n_clusters, moderated=True),
    )


def page(rates: pd.DataFrame, *, draws: int, bootstrap: int) -> str:
    """The page's text."""
    rows = [
        f"| process | clusters | {' | '.join(METHODS)} |",
        f"|---|---|{'---|' * len(METHODS)}",
    ]
    for (name, count), group in rates.groupby(["process", "n_clusters"], sort=False):
        cells = [f"{100 * rate:.1f}" for rate in group["rate"]]
        rows.append(f"| {name} | {count} | {' | '.join(cells)} |")
    versions = ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    )
    return (
        INTRO.format(
            few=FEW_CLUSTERS,
            webb=WEBB_AT_MOST,
            draws=draws,
            bootstrap=bootstrap,
            error=100 * rates["error"].iloc[0],
        )
        + "\n".join(rows)
        + "\n"
        + READING.format(draws=draws, bootstrap=bootstrap, versions=versions)
    )


def main() -> None:
    """Run every process, print the table, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5000)
    parser.add_argument("--bootstrap", type=int, default=999)
    parser.add_argument("--workers", type=int, default=None)
    given = parser.parse_args()
    console = Console()
    every = [process for count in COUNTS for process in processes(count)]
    parts = [
        rejection_rates(
            process, seeds=range(given.draws), draws=given.bootstrap, workers=given.workers
        )
        for process in track(every, "processes", console=console)
    ]
    rates = pd.concat(parts, ignore_index=True)
    order = {process.name: place for place, process in enumerate(processes(2))}
    rates = rates.sort_values("process", key=lambda names: names.map(order), kind="stable")
    text = page(rates, draws=given.draws, bootstrap=given.bootstrap)
    print(text)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
