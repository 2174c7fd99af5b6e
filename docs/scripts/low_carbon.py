"""The low-carbon pilots as a staggered study on the real city panel.

Run ``python docs/scripts/low_carbon.py OUT``: it writes docs/low-carbon.md and needs
``NIGHTPANEL_DATA``. With everything done in OUT, only the page is written.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from nightpanel.run_study import StudyRun, run

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "examples" / "low_carbon_pilots.toml"
PAGE = ROOT / "docs" / "low-carbon.md"

PILOT_PROVINCES = {
    "44": "Guangdong",
    "21": "Liaoning",
    "42": "Hubei",
    "61": "Shaanxi",
    "53": "Yunnan",
    "46": "Hainan",
}
"""Provinces that the notices of 2010 and 2012 name."""
COLUMNS_OF_LIST = ("named ones out", "pilot provinces' others out", "by the notices")
"""Variations by who is a pilot and who may be compared with."""

INTRO = """\
# Low-carbon pilots and industrial structure

Written by `docs/scripts/low_carbon.py`; not edited by hand.

China named low-carbon pilot cities in three waves. `examples/low_carbon_pilots.toml` joins the list
of pilot cities with sector value added of prefecture-level cities and asks what the pilots did to
industrial upgrading (UIL: one to three, from primary to tertiary) and to the tertiary sector's
share of GDP (a fraction). `docs/staggered.md` says what each estimator does.

## The data

{rows} city-years of {cities} cities, {first} to {last}. Of {listed} cities on the list {matched}
are in the panel; not found, or no city of the panel: {unmatched}. Cities by the year in which the
file has them begin:

{waves}

All other cities count as never adopting in the main columns. The second wave was announced late in
2012; the file says 2013, the first whole year. The main columns take the file's coding, the columns
named "second wave 2012" count from 2012.

Pilot cities were chosen, not drawn: in 2009, before the first of them, their value added was
{larger:.1f} times that of the others (geometric means). What follows tells how their structure
moved beside that of other cities. That it moved because of the pilots takes parallel trends, and of
those the checks below say what can be said.
"""

LIST = """\
## What the list is

Three notices of the National Development and Reform Commission named pilots: in July 2010 five
provinces and eight cities, late in 2012 one more province and 28 cities, in January 2017 45 cities,
districts and counties. The list mixes cities that a notice names with cities whose province it
names, and is complete in neither. Of its {listed} cities {named_listed} are named by a notice and
{by_province} others belong to a pilot province, which leaves {neither}.

| pilot province | since | prefectures in the panel | on the list |
|---|---|---|---|
{provinces}

Named by a notice, in the panel and not on the list: {missing} ({n_missing} of {named}). In the
main columns these cities, and {n_rest} others of pilot provinces that the list lacks, are controls.
Table "2 list" leaves out first the former, then both; in its columns "by the notices" pilots are
the cities that a notice names, and other cities of pilot provinces, listed or not, are left out.

`examples/low_carbon_notices.csv` has the cities that notices name, at prefecture level or above
(Jiyuan, a county-level city, and ten districts, counties and county-level cities of 2017 are not
among them). What it rests on:

* 2010: [People's Daily Online, 19 August 2010](http://en.people.cn/90001/90778/90862/7110049.html).
* 2012: table 3.4 of [Low Carbon Development in China and
  India](https://teriin.org/projects/locci/pdf/Book-China-India/files/basic-html/page362.html)
  (TERI), which names the National Center for Climate Change Strategy and International Cooperation.
* 2017: that the notice (发改气候[2017]66号) has 45, Changzhou among them, says [the city's own
  commission](http://fgw.changzhou.gov.cn/html/fgw/2017/BBAOLMPL_0120/21935.html). The names are
  those of the public code of another study; {third_listed} of the {third} are on the list as well.
  The notice itself could not be read, so that these rows have no source but Changzhou's.
"""

READING = """\
## What it says

{reading}
"""

LAST = """\
## To repeat

```
python docs/scripts/low_carbon.py OUT
```

Estimates of all estimators, checks and event studies are in OUT (`estimates.parquet`,
`checks.parquet`, `curves.parquet`).
"""


def main() -> None:
    """Run the study, or read it back, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    result = run(STUDY, out=asked.out, quiet=True)
    PAGE.write_text(page(result), encoding="utf-8")


def page(result: StudyRun) -> str:
    """The page's text."""
    if result.estimates is None or result.panel is None:
        raise ValueError("the study has a panel and designs")
    panel, matches = result.panel.panel, pd.read_parquet(result.out / "matches.parquet")
    tables = [f"## {text.split(':')[0]}\n\n```\n{text}```\n" for text in result.table_texts]
    return "\n".join(
        [
            INTRO.format(**_data(panel, matches)),
            LIST.format(**_list(panel, matches)),
            READING.format(reading=_reading(result.estimates.estimates, result.estimates.checks)),
            *tables,
            LAST,
        ]
    )


def _data(panel: pd.DataFrame, matches: pd.DataFrame) -> dict[str, object]:
    by_city = panel.groupby("city_id")["pilot_year"].first()
    waves = by_city.dropna().astype(int).value_counts().sort_index()
    listed = matches[matches["table"] == "pilots"]
    there = listed["city_id"].isin(panel["city_id"])
    before = panel[panel["year"] == 2009]
    size = before.groupby(before["pilot_year"].notna())["log_va"].mean()
    lines = ["| year | cities |", "|---|---|", *(f"| {one} | {n} |" for one, n in waves.items())]
    return {
        "rows": len(panel),
        "cities": panel["city_id"].nunique(),
        "first": panel["year"].min(),
        "last": panel["year"].max(),
        "listed": len(listed),
        "matched": int(there.sum()),
        "unmatched": ", ".join(listed.loc[~there, "name"]) or "none",
        "waves": "\n".join(lines),
        "larger": float(np.exp(size[True] - size[False])),
    }


def _list(panel: pd.DataFrame, matches: pd.DataFrame) -> dict[str, object]:
    """What the list has of the cities and provinces that the notices name."""
    cities = panel.groupby("city_id")[["pilot_year", "first_year"]].first()
    province = cities.index.str[:2].map(PILOT_PROVINCES)
    of_province = pd.Series(province.notna(), index=cities.index)
    listed, named = cities["pilot_year"].notna(), cities["first_year"].notna()
    lines = []
    for code, name in PILOT_PROVINCES.items():
        inside = cities.index.str[:2] == code
        since = 2012 if code == "46" else 2010
        lines.append(f"| {name} | {since} | {inside.sum()} | {(listed & inside).sum()} |")
    missing = cities.index[named & ~listed]
    names = matches[matches["table"] == "notices"].set_index("city_id")["name"]
    return {
        "listed": int(listed.sum()),
        "named_listed": int((listed & named).sum()),
        "by_province": int((listed & ~named & of_province).sum()),
        "neither": int((listed & ~named & ~of_province).sum()) or "none",
        "provinces": "\n".join(lines),
        "missing": ", ".join(names.loc[missing]),
        "n_missing": len(missing),
        "third": int((cities["first_year"] == 2017).sum()),
        "third_listed": int((listed & (cities["first_year"] == 2017)).sum()),
        "named": int(named.sum()),
        "n_rest": int((of_province & ~named & ~listed).sum()),
    }


def _reading(estimates: pd.DataFrame, checks: pd.DataFrame) -> str:
    lines = []
    for design, what in (("uil", "UIL"), ("tertiary", "the tertiary share")):
        rows = estimates[estimates["design"] == design]
        two_way = rows[rows["part"] == "effect"].iloc[0]
        att = rows[rows["part"] == "att"].set_index("variant")
        figures = "; ".join(
            f"{name.replace('_', ' ')} {row['estimate']:.4f} ({row['std_error']:.4f})"
            for name, row in att.iterrows()
        )
        own = checks[checks["design"] == design]
        bad = own[own["subject"] == "forbidden comparisons"]["value"].item()
        whole = own[own["subject"] == "all comparisons"].iloc[0]
        (balanced,) = re.findall(r"on the (\d+) cities", whole["note"])
        tested = own[own["check"] == "pre_trend"].set_index("variant")
        p = tested.loc["callaway_santanna", "p_value"]
        power = own[(own["check"] == "pre_trend_power") & (own["statistic"] == "slope a year")]
        slope = power[power["subject"] == "80 % power, joint test"].iloc[0]
        breakdown = own[own["statistic"] == "breakdown Mbar"]["value"].item()
        lines.append(
            f"- **{what}**: two-way fixed effects {two_way['estimate']:.4f} "
            f"({two_way['std_error']:.4f}) on {two_way['n']} city-years; {figures}. Of the "
            f"{balanced} cities with every year, where two-way fixed effects are "
            f"{whole['reference']:.4f}, {100 * bad:.1f} % of the weight is forbidden comparisons. "
            f"{_before(float(p))} A linear trend of {slope['value']:.4f} a year would "
            f"be found with 80 %, and would add {slope['reference']:.4f} to the average of the "
            f"first years after. {_bounds(breakdown)}"
        )
    lines += [_who(estimates, checks), _where(estimates, checks), _slopes(estimates)]
    return "\n".join(lines)


def _who(estimates: pd.DataFrame, checks: pd.DataFrame) -> str:
    """The average effect by who is a pilot and who is a control."""
    att = estimates[
        (estimates["part"] == "att") & (estimates["variant"] == "callaway_santanna")
    ].set_index("design")
    said = []
    for design, what in (("uil", "UIL"), ("tertiary", "the tertiary share")):
        names = (design, *(f"{design}, {one}" for one in COLUMNS_OF_LIST))
        figures = " / ".join(_figure(att.loc[name]) for name in names)
        said.append(f"{what} {figures}")
    tested = checks[
        (checks["check"] == "pre_trend") & (checks["variant"] == "callaway_santanna")
    ].set_index("design")["p_value"]
    before = [tested[f"{one}, {COLUMNS_OF_LIST[-1]}"] for one in ("uil", "tertiary")]
    return (
        "- **Who counts**: Callaway and Sant'Anna as the list has it / without cities that notices "
        "name and the list lacks / without other unlisted cities of pilot provinces, too / by the "
        f"notices: {'; '.join(said)}. By the notices years before adoption may be jointly nought "
        f"with p = {before[0]:.3f} and {before[1]:.3f}."
    )


def _where(estimates: pd.DataFrame, checks: pd.DataFrame) -> str:
    """Regions, periods and channels of two-way fixed effects."""
    said = []
    for design in ("uil by region", "uil by period"):
        rows = estimates[(estimates["design"] == design) & (estimates["part"] == "group")]
        own = checks[(checks["design"] == design) & (checks["check"] == "group_difference")]
        p = own["p_value"].iloc[0]  # the joint test stands first
        figures = "; ".join(
            f"{term.removeprefix('pilot, ')} {_figure(row)}"
            for term, row in rows.set_index("term").iterrows()
        )
        said.append(f"{figures} (alike: p = {p:.3f})")
    rows = estimates[estimates["design"] == "uil through finance and size"]
    paths = rows[rows["part"].isin(["direct", "indirect"])].set_index("term")
    channels = "; ".join(f"{term} {_figure(row)}" for term, row in paths.iterrows())
    return (
        f"- **Where, when, how** (two-way fixed effects, UIL): {'; '.join(said)}. {channels}. "
        "Channels are causal only if nothing unobserved moves channel and structure alike, which "
        "for finance and size hardly holds. No instrument for being chosen as a pilot is at hand."
    )


def _slopes(estimates: pd.DataFrame) -> str:
    """What pilots change in the slope, beside one slope for all and beside slopes of their own."""
    turn = estimates[estimates["part"] == "amplification"].set_index(["design", "variant"])
    said = []
    for design, what in (
        ("slope of size", "one slope for all"),
        ("slope of size, own slopes", "beside slopes by region and year"),
    ):
        figures = "; ".join(
            f"{name.replace('_', ' ')} {_figure(row)}" for name, row in turn.loc[design].iterrows()
        )
        said.append(f"{what}: {figures}")
    return (
        "- **Slope**: what pilots change in the slope of UIL on the log of value added, "
        f"{'; '.join(said)}."
    )


def _figure(row: pd.Series) -> str:
    return f"{row['estimate']:.4f} ({row['std_error']:.4f})"


def _before(p: float) -> str:
    if p < 0.05:
        return (
            f"Years before adoption are not jointly nought (p = {p:.3f}): the cities' paths "
            "differed before the pilots, and none of these figures is an effect of theirs."
        )
    return f"Years before adoption may be jointly nought (p = {p:.3f})."


def _bounds(breakdown: float) -> str:
    if breakdown == 0:
        return (
            "The average of the years told after adoption is not told from nought even where no "
            "trend departs after adoption (breakdown Mbar 0)."
        )
    if not np.isfinite(breakdown):
        return "No departure up to five times those before adoption makes it nought."
    return (
        "It is told from nought as long as departures from parallel trends stay below "
        f"{breakdown:.2f} times the largest before adoption."
    )


if __name__ == "__main__":
    main()
