"""The study of regional coordination on the real panel, beside the paper's figures.

Run ``python docs/scripts/regional_coordination.py OUT``: it writes docs/regional-coordination.md
and needs ``NIGHTPANEL_DATA``. An interrupted run goes on in OUT; with everything done, only the
page is written.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from estimation.vocabulary import RECOMMENDED
from nightpanel.run_study import StudyRun, run

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "examples" / "regional_coordination.toml"
PAGE = ROOT / "docs" / "regional-coordination.md"

SCALED = " (0 to 1)"
"""After a term of Table 6 whose moderator is scaled."""

Figure = tuple[str, str, float, float, int]
"""Design, term, estimate, standard error, N."""

PAPER: Mapping[str, Sequence[Figure]] = {
    "Table 2": (
        ("no controls", "uil", -0.262, 0.029, 2783),
        ("with controls", "uil", -0.099, 0.035, 2783),
    ),
    "Table 3": (
        ("1:5", "uil", -0.097, 0.036, 2783),
        ("xgboost", "uil", -0.06, 0.027, 2783),
    ),
    "Table 4": (
        ("winsorised 1/99", "uil", -0.107, 0.035, 2783),
        ("winsorised 5/95", "uil", -0.124, 0.033, 2783),
        ("without municipalities", "uil", -0.095, 0.034, 2739),
        ("resource cities", "uil", -0.074, 0.035, 2789),
    ),
    "Table 5": (
        ("2018-2019", "uil", 0.156, 0.055, 1265),
        ("2020-2021", "uil", -0.133, 0.043, 1518),
        ("high structure", "uil", -0.182, 0.058, 1393),
        ("low structure", "uil", 0.155, 0.065, 1390),
    ),
    "Table 6": (
        ("moderation", "uil", -0.137, 0.049, 2783),
        ("moderation", "uil x difi", -0.002, 0.001, 2783),
        ("moderation", "difi", -0.002, 0.001, 2783),
        ("moderation", f"uil{SCALED}", -0.139, 0.049, 2783),
        ("moderation", f"uil x difi{SCALED}", -0.565, 0.252, 2783),
        ("moderation", f"difi{SCALED}", -0.509, 0.069, 2783),
    ),
}
"""Yu and Zhang's Tables 2 to 6, column by column, as printed."""

NAMED_OTHERWISE = {"2018-2019": "2011-2015", "2020-2021": "2016-2021"}
"""Columns of the paper that stand for another thing here."""

INTRO = """\
# Regional coordination on open data

Written by `docs/scripts/regional_coordination.py`; not edited by hand.

Yu and Zhang ask whether industrial upgrading (UIL) lowers inequality inside cities: double machine
learning on 253 prefecture-level cities, 2011 to 2021, the Gini coefficient of the night light of
townships as outcome. `examples/regional_coordination.toml` asks the same of what is open:

| | paper | here |
|---|---|---|
| light | DMSP-like (Wu et al. 2021), townships | the same product, counties |
| years | 2011-2021 | {years} |
| cities | 253 | {sample_cities} ({cities} in the panel, {light_cities} with light) |
| city-years | 2783 | {rows} |
| controls | GDP per capita, loans + deposits, students, education, science | the first two |
| effects | city and year dummies | the same (`faithful`), and other variants |
| errors | robust | the same (`faithful`), clustered by city elsewhere |
| split | one | one (`faithful`), {repetitions} repetitions elsewhere |

So this is no replication. A Gini over some counties is another quantity than one over dozens
of townships; three of five controls are missing; four years leave three changes a city. Nothing
here was chosen for its nearness to the paper's figures: the settings are the paper's where it
states them and the program's own where it does not. A figure that is near the paper's is no
confirmation of it: see which checks its column failed, in the notes below each table, and what the
column beside it says.

The product came in two deliveries: the files of 2018 and 2019 lie on another grid than those of
2020 and 2021, shifted by part of a cell, and the mean Gini over cities moves from year to year as
follows. A break between the deliveries is common to all cities as far as year effects take it up,
and no further; the two periods of Table 5 are these deliveries.

{ginis}

## How to read the paper's own tables

- Table 4, column 4: N is printed as 2789 in a sample of 2783. A dummy that is fixed in time moves
  the estimate from -0.099 to -0.074; with city effects controlled it could not. The list of
  resource-based cities is not among the open data here; the study file says where to put it.
- Table 5, columns 3 and 4: 1393 and 1390 city-years are no multiples of 11, so the halves are of
  city-years, not of cities, cut by the treatment itself, and a city may be in both.
- Table 6: the second column is the first with the moderator scaled to run from 0 to 1, which can
  change no t statistic: -0.565 (0.252) is -0.002 (0.001) times the range of the index, up to the
  rounding of the latter to one figure. That the coefficient is larger says nothing of the effect.
- Errors are robust to heteroskedasticity, not to what years of one city have in common; folds are
  random, so that a city's other years are in the training sample; the split is drawn once.
- Fifteen columns of effects stand side by side without a correction for their number.
"""

SECTION = """\
## {title}

{figures}

```
{table}```
"""

WITHOUT_FIGURES = """\
## {title}

```
{table}```
"""

LAST = """\
## To repeat

```
python docs/scripts/regional_coordination.py OUT
```

Nuisance fits: {asked} asked for, {distinct} distinct. Estimates of all variants, checks and curves
are in OUT (`estimates.parquet`, `checks.parquet`, `curves.parquet`); the sample's losses, city by
city, in `tables/lost_cities.csv`.
"""


def main() -> None:
    """Run the study, or go on with it, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--study", type=Path, default=STUDY)
    parser.add_argument("--workers", type=int, default=None, help="Processes that fit; all cores.")
    asked = parser.parse_args()
    result = run(asked.study, out=asked.out, workers=asked.workers, quiet=False)
    PAGE.write_text(page(result), encoding="utf-8")


def page(result: StudyRun) -> str:
    """The page's text."""
    if result.estimates is None or result.lights is None or result.panel is None:
        raise ValueError("the study has light, panel and designs")
    panel, estimates = result.panel.panel, result.estimates.estimates
    light = result.lights.city_years
    years = sorted(panel["year"].unique())
    benchmark = estimates[(estimates["design"] == "with controls")]
    intro = INTRO.format(
        years=f"{years[0]}-{years[-1]}",
        sample_cities=int(benchmark.loc[benchmark["variant"] == "faithful", "n_clusters"].iloc[0]),
        cities=panel["city_id"].nunique(),
        light_cities=light["city_id"].nunique(),
        rows=int(benchmark.loc[benchmark["variant"] == "faithful", "n"].iloc[0]),
        repetitions=int(benchmark["repetitions"].max()),
        ginis=_ginis(light, panel),
    )
    fits = result.estimates.fits
    sections = [_section(text, estimates) for text in result.table_texts]
    return "\n".join([intro, *sections, LAST.format(asked=fits.asked, distinct=fits.distinct)])


def _ginis(light: pd.DataFrame, panel: pd.DataFrame) -> str:
    rows = [
        (
            f"| {year} | {one['gini'].mean():.3f} | {len(one)} | {two['gini'].mean():.3f} | "
            f"{len(two)} |"
        )
        for year, one in light.groupby("year")
        for two in [panel[panel["year"] == year]]
    ]
    head = "| year | mean Gini, all cities | cities | mean Gini, panel | cities |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _section(text: str, estimates: pd.DataFrame) -> str:
    title = text.split("\n", 1)[0]
    figures = PAPER.get(title.split(":", 1)[0])
    if figures is None:
        return WITHOUT_FIGURES.format(title=title, table=text.split("\n", 1)[1])
    return SECTION.format(
        title=title, figures=_beside(figures, estimates), table=text.split("\n", 1)[1]
    )


def _beside(figures: Sequence[Figure], estimates: pd.DataFrame) -> str:
    """The paper's figures and those of here, faithful and recommended."""
    head = f"here, {RECOMMENDED} (recommended)"
    lines = [f"| column | term | paper | N | here, faithful | N | {head} | N |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for design, term, estimate, error, n in figures:
        rows = estimates[
            (estimates["design"] == design)
            & (estimates["part"] == "effect")
            & (estimates["term"] == term.removesuffix(SCALED))
            & ((estimates["scaling"] == "min_max") == term.endswith(SCALED))
        ]
        own = NAMED_OTHERWISE.get(design)
        name = f"{design} (paper: {own})" if own else design
        cells = [name, term, f"{estimate:g} ({error:g})", str(n)]
        cells += _cells(rows[rows["variant"] == "faithful"]) + _cells(
            rows[rows["variant"] == RECOMMENDED]
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(rows: pd.DataFrame) -> list[str]:
    if rows.empty:
        return ["not run", ""]
    row = rows.iloc[0]
    return [f"{row['estimate']:.4f} ({row['std_error']:.4f})", str(row["n"])]


if __name__ == "__main__":
    main()
