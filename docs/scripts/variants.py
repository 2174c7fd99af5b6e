"""Every variant on the made-up country, over many seeds: writes docs/variants.md.

Run ``python docs/scripts/variants.py OUT --cities 40 --draws 100 --repetitions 5``. Each draw is
one csv file in OUT; a draw that is there is not run again, so the command can be interrupted and
repeated. The page shows every size of country that OUT holds.
"""

import argparse
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.pool import map_fits
from estimation.simulation.draws import KEPT
from estimation.simulation.performance import Performance, performances
from panels.synthetic import CountrySpec, synthetic_panel

TRUTH = CountrySpec().theta
CONTROLS = ("log_gdp_per_capita", "log_balances", "log_students", "log_education", "log_science")
PAGE = Path(__file__).resolve().parents[1] / "variants.md"
PACKAGES = ("doubleml", "scikit-learn", "pyfixest", "pandas", "numpy")

INTRO = """\
# How the variants do where the truth is known

Written by `docs/scripts/variants.py`; not edited by hand.

The made-up country (`panels/synthetic.py`, fixed before any estimator) has an average effect of
{truth}, strong city effects that move treatment and outcome together, and confounding by steps, an
interaction and a U in five controls. Its light is not painted here: the designed Gini is used as it
is. Column 1 has no controls, column 2 has the logs of the five, as in Table 2 of Yu and Zhang.
Learner: gradient boosting, 100 trees of depth 3, rate 0.1; 5 folds. Without controls
`first_difference` and `within` are not run: nothing but years is left to learn. In column 1 the
confounding by the controls is left in, so no variant can be right there.

## What each variant aims at

The effect differs between city-years (it falls as digital finance grows); over all city-years it
averages to {truth} in every draw. The noise in the treatment has one variance everywhere and is
independent of the effect. Were both nuisance functions known,

- `faithful`, `within` and `two_way_fixed_effects` would aim at the average over all city-years,
  {truth};
- `first_difference` at the average over pairs of consecutive years, in which the first and the last
  year count half; it is printed under each table.

All are compared with {truth}.

## How to read the tables

Bias is the mean estimate minus the truth. `se / sd` is the mean standard error over the standard
deviation of the estimates. Coverage is that of the 95 % interval with each variant's own error
(robust for `faithful`, clustered by city for the others); the column `city` uses the city error for
all. MC is the Monte-Carlo standard error, for coverage from (hits + 2) / (draws + 4). Seconds are
for one estimate on one core of a shared machine.

This is one process of the several that will decide what is recommended: `first_difference` stays
provisional. What goes wrong is what the learner does not learn: handed the confounder itself and a
linear learner, `first_difference`, `within` and `two_way_fixed_effects` find the truth
(`tests/estimation/simulation/test_made_up_country.py`).
"""

SECTION = """\
## {cities} cities x 11 years, {draws} draws

Seeds {first} to {last}; `first_difference` and `within` with {repetitions} repetitions, `faithful`
with its one split.

{table}

Average over pairs of consecutive years, the target of `first_difference`: {middle:.4f} (standard
deviation over draws {spread:.4f}).

Variance of the treatment's residual, column 2, mean over draws:

{residual}

By design the noise in the treatment has variance {noise:.5f}, twice that in a difference, ten
elevenths of it after demeaning; what exceeds it is city effect or confounding that was not learned.
"""

REPEAT = """\
## To repeat

```
{commands}
```

Versions: {versions}.
"""

HEAD = """\
| column | variant | mean | bias (MC) | rmse | sd | se / sd | coverage (MC) | city | seconds |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Draw:
    """One panel to draw and estimate, and the file that holds the result."""

    file: Path
    cities: int
    repetitions: int
    seed: int


def draws_asked(folder: Path, cities: int, repetitions: int, count: int) -> list[Draw]:
    """The draws of one size of country, seeds from 0."""
    where = folder / f"cities-{cities}-repetitions-{repetitions}"
    return [
        Draw(where / f"seed-{seed:05d}.csv", cities, repetitions, seed) for seed in range(count)
    ]


def made_up_panel(seed: int, cities: int) -> pd.DataFrame:
    """The made-up country's panel, with its designed Gini and the logs of its five controls."""
    country = synthetic_panel(CountrySpec(n_cities=cities), seed)
    book = country.yearbook.rename(columns={"city_code": "city_id"})
    panel = country.designed[["city_id", "year", "gini", "uil"]].merge(
        book, on=["city_id", "year"], validate="one_to_one"
    )
    return panel.assign(
        n_units=20,
        log_gdp_per_capita=np.log(panel["gdp"] / panel["population"]),
        log_balances=np.log(panel["loans"] + panel["deposits"]),
        log_students=np.log(panel["students"]),
        log_education=np.log(panel["education_spending"]),
        log_science=np.log(panel["science_spending"]),
    )


def designs(repetitions: int) -> tuple[Design, ...]:
    """Columns (1) and (2): without and with controls."""
    return (
        Design("column_1", "gini", "uil", repetitions=repetitions),
        Design("column_2", "gini", "uil", controls=CONTROLS, repetitions=repetitions),
    )


def estimated(panel: pd.DataFrame, design: Design, variant: str) -> pd.DataFrame:
    """The row of one variant of a design, if it can be run, and the seconds that it took."""
    start = perf_counter()
    table = estimate(panel, [replace(design, variants=(variant,))], workers=1).estimates
    seconds = perf_counter() - start
    rows = table.loc[table["variant"] == variant, ["design", "variant", *KEPT]]
    return rows.assign(seconds=seconds)


def draw_to_file(task: Draw) -> None:
    """Estimate one draw, each variant by itself, and write it whole or not at all."""
    panel = made_up_panel(task.seed, task.cities)
    parts = [
        estimated(panel, replace(design, seed=design.seed + task.seed), variant)
        for design in designs(task.repetitions)
        for variant in design.variants
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows.insert(0, "seed", task.seed)
    rows = rows.assign(cities=task.cities, repetitions=task.repetitions, versions=versions_in_use())
    task.file.parent.mkdir(parents=True, exist_ok=True)
    partial = task.file.with_suffix(".partial")
    rows.to_csv(partial, index=False)
    partial.replace(task.file)


def versions_in_use() -> str:
    """Python and the packages that decide the numbers."""
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {found}"


def difference_target(cities: int, seeds: Sequence[int]) -> tuple[float, float]:
    """Mean and standard deviation over draws of the effect averaged over pairs of years."""
    means = []
    for seed in seeds:
        effect = synthetic_panel(CountrySpec(n_cities=cities), seed).designed["effect"]
        by_city = effect.to_numpy().reshape(cities, -1)
        means.append(((by_city[:, 1:] + by_city[:, :-1]) / 2).mean())
    return float(np.mean(means)), float(np.std(means))


def table_lines(performances: Sequence[Performance]) -> list[str]:
    """The table of one size of country, in Markdown."""
    return [
        HEAD,
        *(
            f"| {one.process.removeprefix('column_')} | `{one.variant}` | {one.mean:.3f} "
            f"| {one.bias:+.3f} ({one.bias_error:.3f}) | {one.rmse:.3f} | {one.sd:.3f} "
            f"| {one.se_ratio:.2f} | {100 * one.coverage:.0f} % ({100 * one.coverage_error:.0f}) "
            f"| {100 * one.coverage_city:.0f} % | {one.seconds:.1f} |"
            for one in performances
        ),
    ]


def section(draws: pd.DataFrame) -> str:
    """One size of country: table, target and what was learned."""
    cities = int(draws["cities"].iloc[0])
    seeds = sorted(int(seed) for seed in draws["seed"].unique())
    middle, spread = difference_target(cities, seeds)
    judged = draws.assign(process=draws["design"], learner="", theta=TRUTH, target=TRUTH)
    with_controls = draws[draws["design"] == "column_2"]
    left = with_controls.groupby("variant", sort=False)["treatment_residual_variance"].mean()
    return SECTION.format(
        cities=cities,
        draws=len(seeds),
        first=seeds[0],
        last=seeds[-1],
        repetitions=draws["repetitions"].iloc[0],
        table="\n".join(table_lines(performances(judged))),
        middle=middle,
        spread=spread,
        # 0.05 squared times the variance of a standard normal cut at +-2.5
        noise=0.05**2 * 0.91126,
        residual="\n".join(f"- `{name}`: {value:.5f}" for name, value in left.items()),
    )


def write_page(folder: Path) -> None:
    """The page, from every draw in the folder."""
    tables = [
        pd.concat([pd.read_csv(file) for file in sorted(where.glob("seed-*.csv"))])
        for where in folder.glob("cities-*")
    ]
    tables.sort(key=lambda table: int(table["cities"].iloc[0]))
    commands = [
        f"python docs/scripts/variants.py OUT --cities {table['cities'].iloc[0]} "
        f"--draws {table['seed'].nunique()} --repetitions {table['repetitions'].iloc[0]}"
        for table in tables
    ]
    versions = sorted({text for table in tables for text in table["versions"]})
    parts = [
        INTRO.format(truth=f"{TRUTH:.2f}"),
        *(section(table) for table in tables),
        REPEAT.format(commands="\n".join(commands), versions="; ".join(versions)),
    ]
    partial = PAGE.with_suffix(".partial")
    partial.write_text("\n".join(parts), encoding="utf-8")
    partial.replace(PAGE)


def main() -> None:
    """Run the draws that are missing, then write the page."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the draws are kept")
    parser.add_argument("--cities", type=int, default=40)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    every = draws_asked(asked.folder, asked.cities, asked.repetitions, asked.draws)
    map_fits(
        draw_to_file,
        [draw for draw in every if not draw.file.exists()],
        workers=asked.workers,
        progress=lambda done, total: print(f"{done} of {total} draws", flush=True),
    )
    write_page(asked.folder)
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
