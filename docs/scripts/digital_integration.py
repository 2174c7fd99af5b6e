"""The study of digital integration where its truth is known, and on real provinces.

Run ``python docs/scripts/digital_integration.py OUT``: it writes docs/digital-integration.md and
needs ``NIGHTPANEL_DATA``. With everything done in OUT, only the page is written.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import nightpanel
from estimation.designs import Design
from estimation.estimate import estimate
from estimation.heterogeneity.keys import Groups
from nightpanel.result_tables import table_text
from nightpanel.run_demo import Demo
from nightpanel.run_study import StudyRun
from panels.synthetic_provinces import ProvinceSpec, synthetic_provinces

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "digital-integration.md"
REAL = ROOT / "examples" / "digital_finance_provinces.toml"

DRAWS = 40
"""Draws of the provinces over which the baseline is averaged."""


class Held(NamedTuple):
    """A row that is held to the truth."""

    label: str
    """What it is called here."""
    design: str
    """The study's design."""
    part: str
    """What the row tells."""
    term: str
    """Its term."""
    quantity: str
    """The quantity of the truth."""
    subject: str
    """Of what."""
    variant: str = "two_way_fixed_effects"
    """The estimator."""


EXPECTED = (
    Held("total effect of the composite", "baseline", "effect", "adei", "total_effect", "average"),
    Held("the same, Driscoll and Kraay", "Driscoll-Kraay", "effect", "adei", "total_effect",
         "average"),
    Held("in the east", "by region", "group", "adei, region = east", "total_effect", "east"),
    Held("in the centre", "by region", "group", "adei, region = central", "total_effect",
         "central"),
    Held("in the west", "by region", "group", "adei, region = west", "total_effect", "west"),
    Held("until 2016", "by period", "group", "adei, 2012-2016", "total_effect", "until 2016"),
    Held("from 2017", "by period", "group", "adei, 2017-2022", "total_effect", "from 2017"),
    Held("direct effect", "channels", "direct", "direct effect of adei", "direct_effect",
         "average"),
    Held("through innovation", "channels", "indirect", "adei through innovation",
         "indirect_effect", "innovation"),
    Held("through graduates", "channels", "indirect", "adei through graduates",
         "indirect_effect", "graduates"),
    Held("through misallocation", "channels", "indirect", "adei through misallocation",
         "indirect_effect", "misallocation"),
    Held("on innovation (a)", "channels", "path", "adei to innovation", "effect_on_mediator",
         "innovation"),
    Held("of innovation (b)", "channels", "path", "innovation to isa", "effect_of_mediator",
         "innovation"),
    Held("on graduates (a)", "channels", "path", "adei to graduates", "effect_on_mediator",
         "graduates"),
    Held("of graduates (b)", "channels", "path", "graduates to isa", "effect_of_mediator",
         "graduates"),
    Held("on misallocation (a)", "channels", "path", "adei to misallocation",
         "effect_on_mediator", "misallocation"),
    Held("of misallocation (b)", "channels", "path", "misallocation to isa",
         "effect_of_mediator", "misallocation"),
    Held("pilots add to the slope", "pilots on the slope", "amplification", "adei x pilot",
         "pilot_amplifies", "slope"),
    Held("pilots add to the slope, imputation", "pilots on the slope", "amplification",
         "adei x pilot", "pilot_amplifies", "slope", "imputation"),
    Held("the same beside slopes by region and year", "pilots on own slopes", "amplification",
         "adei x pilot", "pilot_amplifies", "slope"),
    Held("the same beside slopes by region and year, imputation", "pilots on own slopes",
         "amplification", "adei x pilot", "pilot_amplifies", "slope", "imputation"),
    Held("total effect of the composite, beside slopes and pilots", "amplified, own slopes",
         "effect", "adei", "total_effect", "average"),
    Held("pilots add to the level", "pilots on own slopes", "level", "pilot", "pilot_adds",
         "level at the mean of adei"),
    Held("pilots' whole effect, two-way", "pilots on the level", "effect", "pilot",
         "pilot_effect", "average over designated province-years"),
    Held("pilots' whole effect, Callaway and Sant'Anna", "pilots on the level", "att", "pilot",
         "pilot_effect", "average over designated province-years", "callaway_santanna"),
    Held("pilots' whole effect, imputation", "pilots on the level", "att", "pilot",
         "pilot_effect", "average over designated province-years", "imputation"),
    Held("productivity, least squares", "productivity", "effect", "adei",
         "effect_on_productivity", "adei"),
    Held("productivity, exposure as instrument", "exposure as instrument", "effect", "adei",
         "effect_on_productivity", "adei"),
    Held("productivity, shares and shocks, AKM0", "shares and shocks", "akm0", "adei",
         "effect_on_productivity", "adei"),
    Held("productivity, lag as instrument", "lag as instrument", "effect", "adei",
         "effect_on_productivity", "adei"),
    Held("structure, ai x digital", "additive", "product", "adei_ai x adei_digital",
         "effect_on_isa", "ai x digital"),
    Held("green output, ai x digital", "more than its parts", "product",
         "adei_ai x adei_digital", "effect_on_green", "ai x digital"),
)  # fmt: skip
"""What is held to the truth."""

INTRO = """\
# Digital integration and the structure of provinces

Written by `docs/scripts/digital_integration.py`; not edited by hand.

Yang (2026) asks whether an index of AI and the digital economy (ADEI) raises the advancement of
the industrial structure (ISA) of 30 provinces, 2012 to 2022: through which channels, where and
when, and whether pilot zones strengthen it. The indicators are not open. So the study runs here
on provinces that are made up, with every channel known, and on what is open of real ones.

```
nightpanel demo --study digital_integration --out OUT    # made up, with the truth in the tables
nightpanel run examples/digital_finance_provinces.toml --out OUT2
```

The demo writes its tables into `OUT/provinces`; `examples/digital_integration.toml` is the same
study for tables that NIGHTPANEL_MADE_UP names. A row of its panel is a province (`[panel] unit =
"province"`): codes count by their first two digits, names are those of provinces.

## The paper's own figures

* One standard deviation of ADEI is 0.178, the coefficient 0.342: their product is {product:.3f},
  not the printed 0.048. 0.048 would be the product with {implied:.3f}, a standard deviation that
  stands nowhere in the paper.
* "Improves by about 39 %": 0.048 over ISA's standard deviation of 0.124 is {share:.0f} % of a
  standard deviation, not of ISA. {product:.3f} is {sd:.2f} standard deviations, and {mean:.0f} %
  of the mean of 0.681.
* "All provinces in China" are 30: Tibet is left out for missing data, which the abstract does not
  say.
* The three channels are 41, 28 and 31 % of the total. They add up to all of it, so that no direct
  effect is left; no interval of a share is printed.
* The composite "performs better" than its parts by fit. It is a linear function of them: see
  below.
* The amplification by pilots, 0.126, is told with two-way fixed effects over staggered
  designations that begin when the slope rises everywhere: see the made-up pilots below.
* ISA's weights are adjusted "according to technological and skills-intensive ratios", without a
  formula. `weighted_structure` (`docs/panel.md`) says what is computed here.

## What is true, and what is estimated

`panels/synthetic_provinces.py` draws sector shares and shocks, indicators, mediators and outcomes
(seed 1). The strength of the exposure and of demand was set by trial, so that the instrument is
not weak and its absence shows; nothing else was changed once estimated. ADEI and its sub-indices,
ISA and labour misallocation are in no file: the study's indices make them of indicators, outputs,
value added and employment. Errors are by province; 30 are few, so that intervals of least squares
are the wild cluster bootstrap's. Those of channels are drawn by whole provinces, of estimators made
for adoption by their influence functions.

{truth}

Effects that differ between province-years are averaged in the column of the truth. Least squares
weighs them by what effects and controls leave of ADEI, and where the slope rises while ADEI grows
it takes up some of the rise, in every region, too: over {draws} draws of the provinces the baseline
is {mean_estimate:.3f} on average (Monte-Carlo error {error_estimate:.3f}), its truth
{mean_truth:.3f}. That is the price of one slope for all, and of one slope for a region. Until 2016
the slope is below its truth in this draw; over all of them it is {mean_early:.3f} on average
({error_early:.3f}; truth {truth_early:.3f}). Of twenty intervals one misses by chance, and rows
drawn from the same 30 provinces miss together: ADEI moves innovation more in this draw than is
true. These rows do not estimate what is true, for a reason:

* *Pilots add to the slope*, by least squares and by imputation. The slope rises from 2017 on in
  every province, and is larger in the east. Pilots begin in 2015 to 2019, so that their product
  with ADEI takes up some of either; imputation compares with city-years before designation, most
  of them before 2017, and no test of trends before sees what begins with the policy. Estimators
  made for staggered adoption mend comparisons with those already treated, not a slope that changes
  for everybody. `slopes = ["region", "year"]` lets the slope differ by region and by year beside
  the product, with pilots and others in each year, and both intervals hold the designed 0.126: over
  {draws} draws the product is {mean_own:.3f} on average (Monte-Carlo error {error_own:.3f}),
  without the key {mean_plain:.3f} ({error_plain:.3f}). The composite's own row, the average slope,
  is {mean_total:.3f} ({error_total:.3f}; truth {mean_truth:.3f}).
* *Productivity, least squares.* Demand that nobody observes moves ADEI and productivity alike.
* *Productivity, lag as instrument.* Demand is persistent: last year's ADEI knows of this year's
  demand, too; the study warns of it. The wild bootstrap's interval is wide enough to hold the truth
  in this draw, the Anderson-Rubin set ({low:.3f} to {high:.3f}) is not. The exposure (shares of the
  base year times national shocks) knows nothing of demand: its intervals are right and wide. Two
  designs have it, once as the column of a file, once made by the study of shares and shocks
  (`shift_share`): the same effect, and AKM's errors, Rotemberg weights and the tests of Table 5.
* Driscoll and Kraay's errors rest on 11 years, which the study warns of, too.
"""

COMPOSITE = """\
## The composite

Entropy weights within three sub-indices, then across them. `tables/index_weights.csv` keeps
bounds and weights, on which a new year is scored (`scale = ...`); `tables/index_shares.csv` tells
what each indicator has of the weights, the variance, the variance within provinces and years, and
the change:

{shares}

Ranks when each weight is disturbed by up to 10 %, or an indicator is left out
(`tables/index_stability.csv`):

{stability}

## Does a composite say more than its parts?

```toml
composite_of = {{ parts = ["adei_ai", "adei_digital", "adei_industry"] }}
```

on a linear design whose treatment is the composite tells

| row or check | what it is |
|---|---|
| `product` rows | products of standardised parts, formed in levels, beside all parts; clustered and wild as every row, Holm's p over the products |
| `products` | their joint test: CRV3 with 50 clusters or fewer, by province if the design says so, else by city |
| `linear_in_parts` | R2 of the composite on its parts, effects and controls out |
| `parts_given_composite` | parts added to the composite (encompassing, Mizon and Richard 1986); where the composite is an exact function of its parts, whether they enter in other proportions than its weights |
| `j_test` | J tests both ways (Davidson and MacKinnon 1981); not made where models are nested |
| `out_of_city_r2` rows | R2 in cities that were not fitted, of composite, parts, parts and products, and their differences; folds of whole cities, {repetitions} repetitions, interval by drawing cities to be predicted with the fits as they are |

Fit proves nothing: within the sample the composite cannot fit better than its parts, and in other
cities it may do so only because it has fewer slopes to get wrong (first column below, and the
real digital finance index at the end). Products are what more than a sum would show (second
column, where green output has one). Folds, repetitions and draws are keys beside `parts`. A part
that is the composite is refused; parts that determine each other are a note, and the rest of the
design stands. Key and instrument, moderator or joint treatments do not go together.
"""  # noqa: E501

REAL_TEXT = """\
## Real provinces

`examples/digital_finance_provinces.toml`: the digital finance index of provinces (PKU-DFIIC), and
an outcome made of the value added of cities, added up to provinces (`vintage` with a crosswalk of
every city to its province): {rows} province-years of {provinces} provinces, since a year in which
a city of the province lacks a figure is missing. In 2015, 2019 and 2023 the shares of the
tertiary sector can be held against those of yearbooks: correlation {correlation:.3f}, median
difference {difference:.2f} points. The other years of that second file are interpolations, which
`only = {{ data_type = "actual" }}` leaves out; its investment columns are not used.

Nothing here is the paper's ADEI, and no effect is found: digital finance moves nearly alike in
all provinces, so that little is left of it after year effects.

{tables}
"""

LAST = """\
## To repeat

```
python docs/scripts/digital_integration.py OUT
```
"""


def main() -> None:
    """Run both studies, or go on with them, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    demo = nightpanel.demo(out=asked.out / "made_up", study="digital_integration", quiet=False)
    real = nightpanel.run(REAL, out=asked.out / "real", quiet=False)
    PAGE.write_text(page(demo, real, asked.out / "made_up"), encoding="utf-8")


def page(demo: Demo, real: StudyRun, out: Path) -> str:
    """The page's text."""
    shown = "\n".join(_block(table_text(table)) for table in demo.tables.values())
    repetitions = demo.estimates.estimates.query("part == 'out_of_city_r2'")["repetitions"].max()
    tables = out / "tables"
    composite = COMPOSITE.format(
        shares=_markdown(pd.read_csv(tables / "index_shares.csv").drop(columns="index")),
        stability=_markdown(pd.read_csv(tables / "index_stability.csv").drop(columns="index")),
        repetitions=int(repetitions),
    )
    return "\n".join(
        [
            _intro(demo, out),
            composite,
            "## The tables\n",
            f"<!-- made up -->\n{shown}<!-- /made up -->\n",
            _real(real),
            LAST,
        ]
    )


def _intro(demo: Demo, out: Path) -> str:
    product = 0.342 * 0.178
    return INTRO.format(
        product=product,
        implied=0.048 / 0.342,
        share=100 * 0.048 / 0.124,
        sd=product / 0.124,
        mean=100 * product / 0.681,
        draws=DRAWS,
        **_over_draws(),
        **_ends_of_lag(demo),
        truth=_beside_truth(demo, pd.read_csv(out / "truth.csv")),
    )


def _over_draws() -> dict[str, float]:
    """Mean estimates over draws of the provinces, and what is true of them.

    Robust errors: none is shown, and they are the quickest.
    """
    design = Design(
        name="baseline",
        outcome="isa",
        treatment="adei",
        controls=("log_gdp_per_capita", "capital", "fdi", "government"),
        variants=("two_way_fixed_effects",),
        groups=Groups(periods=((2012, 2016), (2017, 2022))),
        min_units=0,
        checks=(),
        errors="robust",
    )
    plain = replace(design, name="plain", groups=None, moderator="pilot")
    own = replace(plain, name="own", slopes=("region", "year"))
    found = []
    for seed in range(DRAWS):
        made = synthetic_provinces(ProvinceSpec(), seed)
        yearbook = made.yearbook.rename(columns={"province": "city_id"})
        pilots = made.pilots.rename(columns={"province": "city_id"})
        panel = made.designed.merge(yearbook, on=["city_id", "year"])
        panel = panel.merge(pilots, on=["city_id", "year"])
        panel["log_gdp_per_capita"] = np.log(panel["gdp_per_capita"])
        rows = estimate(panel, [design, plain, own], workers=1).estimates
        rows = rows[rows["scaling"].isin(["", "centred"])]
        told = rows.set_index(["design", "part", "term"])["estimate"]
        keys = [
            ("baseline", "effect", "adei"),
            ("baseline", "group", "adei, 2012-2016"),
            ("plain", "effect", "adei x pilot"),
            ("own", "effect", "adei x pilot"),
            ("own", "effect", "adei"),
        ]
        values = made.truth.set_index(["quantity", "subject"])["value"]
        known = values["total_effect", "average"], values["total_effect", "until 2016"]
        found.append((*(told[key] for key in keys), *known))
    drawn = np.array(found)
    means, errors = drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    names = ("estimate", "early", "plain", "own", "total")
    made_of = {f"mean_{name}": float(value) for name, value in zip(names, means[:5], strict=True)}
    made_of |= {f"error_{name}": float(value) for name, value in zip(names, errors, strict=False)}
    return made_of | {"mean_truth": float(means[5]), "truth_early": float(means[6])}


def _ends_of_lag(demo: Demo) -> dict[str, float]:
    """Ends of the Anderson-Rubin set where last year's treatment is the instrument."""
    checks = demo.estimates.checks
    own = checks[(checks["design"] == "lag as instrument") & (checks["check"] == "anderson_rubin")]
    values = own.set_index("statistic")["value"]
    ends = {"low": "lower", "high": "upper"}
    return {name: float(values[f"{end} end of the 95 % set"]) for name, end in ends.items()}


def _beside_truth(demo: Demo, truth: pd.DataFrame) -> str:
    """Every expected row: truth, estimate, and the interval that it prints."""
    values = truth.set_index(["quantity", "subject"])["value"]
    estimates = demo.estimates.estimates
    lines = ["| | truth | estimate | 95 % interval | |", "|---|---|---|---|---|"]
    for one in EXPECTED:
        rows = estimates[
            (estimates["design"] == one.design)
            & (estimates["variant"] == one.variant)
            & (estimates["part"] == one.part)
            & (estimates["term"] == one.term)
            & estimates["scaling"].isin(["", "centred"])
        ]
        (row,) = rows.to_dict("records")
        true = float(values[one.quantity, one.subject])
        low, high = row["ci_low"], row["ci_high"]
        said = "" if low <= true <= high else "missed"
        lines.append(
            f"| {one.label} | {true:.3f} | {row['estimate']:.3f} | {low:.3f} to {high:.3f} "
            f"| {said} |"
        )
    return "\n".join(lines)


def _real(real: StudyRun) -> str:
    if real.panel is None:
        raise ValueError("the study has a panel")
    panel = real.panel.panel
    sectors = ["va_primary", "va_secondary", "va_tertiary"]
    whole = panel.dropna(subset=sectors)
    both = whole.dropna(subset=["tertiary_share"])
    own = 100 * both["va_tertiary"] / both[sectors].sum(axis=1)
    shown = "\n".join(_block(text) for text in real.table_texts)
    return REAL_TEXT.format(
        rows=len(whole),
        provinces=whole["city_id"].nunique(),
        correlation=own.corr(both["tertiary_share"]),
        difference=(own - both["tertiary_share"]).median(),
        tables=f"<!-- real -->\n{shown}<!-- /real -->",
    )


def _block(text: str) -> str:
    return f"```\n{text}```\n"


def _markdown(table: pd.DataFrame) -> str:
    cells = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    head = [str(name).replace("_", " ") for name in table.columns]
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
