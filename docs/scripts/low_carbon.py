"""The low-carbon pilots as a staggered study on the real city panel.

Run ``python docs/scripts/low_carbon.py OUT``: it writes docs/low-carbon.md and needs
``NIGHTPANEL_DATA``. With everything done in OUT, only the page is written.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from nightpanel.run_study import StudyRun, run

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "examples" / "low_carbon_pilots.toml"
PAGE = ROOT / "docs" / "low-carbon.md"

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

All other cities count as never adopting, whether or not a province around them was a pilot: the
list names cities. The second wave was announced late in 2012; the file says 2013, the first whole
year. The main columns take the file's coding, the columns named "second wave 2012" count from 2012.

Pilot cities were chosen, not drawn: in 2009, before the first of them, their value added was
{larger:.1f} times that of the others (geometric means). What follows tells how their structure
moved beside that of other cities. That it moved because of the pilots takes parallel trends, and of
those the checks below say what can be said.
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
    tables = [f"## {text.split(':')[0]}\n\n```\n{text}```\n" for text in result.table_texts]
    return "\n".join(
        [
            INTRO.format(
                **_data(result.panel.panel, pd.read_parquet(result.out / "matches.parquet"))
            ),
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
        tested = own[own["check"] == "pre_trend"].set_index("variant")
        p = tested.loc["callaway_santanna", "p_value"]
        power = own[(own["check"] == "pre_trend_power") & (own["statistic"] == "slope a year")]
        slope = power[power["subject"] == "80 % power, joint test"].iloc[0]
        breakdown = own[own["statistic"] == "breakdown Mbar"]["value"].item()
        lines.append(
            f"- **{what}**: two-way fixed effects {two_way['estimate']:.4f} "
            f"({two_way['std_error']:.4f}), of which {100 * bad:.1f} % are forbidden comparisons; "
            f"{figures}. {_before(float(p))} A linear trend of {slope['value']:.4f} a year would "
            f"be found with 80 %, and would add {slope['reference']:.4f} to the average of the "
            f"first years after. {_bounds(breakdown)}"
        )
    slopes = estimates[(estimates["design"] == "slope of size")]
    turn = slopes[slopes["part"] == "amplification"].set_index("variant")
    told = "; ".join(
        f"{name.replace('_', ' ')} {row['estimate']:.4f} ({row['std_error']:.4f})"
        for name, row in turn.iterrows()
    )
    lines.append(
        f"- **Slope**: what pilots change in the slope of UIL on the log of value added: {told}."
    )
    return "\n".join(lines)


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
