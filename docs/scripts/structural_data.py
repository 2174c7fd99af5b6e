"""The section on sector data of ``docs/structural-estimation.md``."""

from textwrap import fill

import numpy as np
import pandas as pd

from benchmarks.report import table as table_of
from estimation.structural.published import BETA
from panels.producer_services import FIGURE_1, figure_1, table_1
from panels.sector_groups import PAPER_GROUPS, SECTORS
from panels.sectors import SectorData
from panels.wage_gaps import wage_gaps

WIDTH = 100
"""Of a line of text."""


def wrapped(text: str) -> str:
    """Paragraphs broken at the width; headings, tables and code as they are."""
    blocks = [
        block
        if block.startswith(("#", "|", "`" * 3))
        else fill(block, WIDTH, break_long_words=False, break_on_hyphens=False)
        for block in text.strip().split("\n\n")
    ]
    return "\n\n".join(blocks) + "\n"


def data_section(table: pd.DataFrame, china: SectorData) -> str:
    """The mapping, Table 1, what there is of Figure 1, prices and wage gaps."""
    groups = {g: [s for s in SECTORS if PAPER_GROUPS[s] == g] for g in ("m", "x", "s", "")}
    words = {
        "m": "manufacturing",
        "x": "producer services",
        "s": "consumer services",
        "": "left out",
    }
    mapping = table_of(
        ("group", "sectors"),
        [(f"{words[g]} `{g}`" if g else words[g], ", ".join(groups[g])) for g in groups],
    ).replace("---:", "---")
    shares = ("employment_share", "output_share")
    rows = [
        (
            f"{row['economy']} ({row['year']})",
            *(
                f"{row[name]:.3f}" if np.isfinite(row[name]) else "not in the data"
                for pair in shares
                for name in (pair, f"published_{pair}")
            ),
        )
        for _, row in table_1(table).iterrows()
    ]
    head = ("economy", "employment, %", "published", "value added, %", "published")
    return f"""\
## Data

`panels.sectors.load_etd` reads any country and span of years; twelve sectors become three by
`panels/sector_groups.csv` (section 4.1 of the paper), or by a table of one's own:

{mapping}

Table 1, from the data and as published. The denominator is the whole economy, agriculture
included: without it China would have {_without_agriculture(table)} of employment and value added.
The United States and the United Kingdom come from the GGDC 10-Sector Database, another file.

{table_of(head, rows)}

{_figure_1(table)}

{_series(china)}
"""


def _without_agriculture(table: pd.DataFrame) -> str:
    rows = table[(table["code"] == "CHN") & (table["year"] == 2018)].set_index("variable")
    services = rows[[s for s in SECTORS if PAPER_GROUPS[s] == "x"]].sum(axis=1)
    inside = 100 * services / rows[[s for s in SECTORS if PAPER_GROUPS[s]]].sum(axis=1)
    return f"{inside['EMP']:.3f} and {inside['VA']:.3f} %"


def _figure_1(table: pd.DataFrame) -> str:
    data = figure_1(table)
    last = data[data["year"] == 2018].sort_values("employment_share")
    place = [*last["code"]].index("CHN") + 1
    first = data[data["year"] == 1990].set_index("code")["employment_share"]
    now = last.set_index("code")["employment_share"]
    risen = int((now - first > 0.0).sum())
    return (
        f"Figure 1: the data hold {data['code'].nunique()} of its {len(FIGURE_1)} economies (those "
        "of Europe and the United\n"
        "States are in the other file; GDP per capita is the Penn World Table's and is joined by\n"
        f"`panels.producer_services.figure_1`). From 1990 to 2018 the employment share rose in "
        f"{risen} of them;\n"
        f"in 2018 its median is {last['employment_share'].median():.1f} % and China's "
        f"{now.loc['CHN']:.1f} % is number {place} from "
        "below."
    )


def _series(china: SectorData) -> str:
    gaps = wage_gaps(china, BETA)
    ratio = china.prices / china.prices[:, [1]]
    rows = [
        (
            f"{china.years[at]}",
            *(f"{share:.3f}" for share in (*china.labour[at], *china.output[at])),
            *(f"{price:.3f}" for price in ratio[at, [0, 2]]),
            *(f"{gap:.3f}" for gap in gaps.loc[at, ["xi_m", "xi_s"]]),
        )
        for at in (0, 10, 20, 25, 28)
    ]
    head = (
        "year", "L_m", "L_x", "L_s", "y_m", "y_x", "y_s", "p_m/p_x", "p_s/p_x", "xi_m", "xi_s",
    )  # fmt: skip
    ends = [f"{ratio[:, j].min():.3f} to {ratio[:, j].max():.3f}" for j in (0, 2)]
    return (
        "China without agriculture: shares of employment and value added, prices (nominal over\n"
        "real value added, 2015 = 1) and wage gaps `xi_j = W_x / W_j` by (39):\n\n"
        f"{table_of(head, rows)}\n\n"
        f"Over all 29 years `p_m/p_x` lies within {ends[0]} and `p_s/p_x` within {ends[1]}."
    )
