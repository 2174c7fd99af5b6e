"""The page on the structural model: what replicates of Pan, Li and Gu, and what does not.

Run ``python docs/scripts/structural_model.py``: it prints the page, writes docs/structural-model.md
and needs ``NIGHTPANEL_DATA``.
"""

import argparse
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from structural_confirmed import confirmed

from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths, paths
from estimation.structural.propositions import AGAINST_2, frequencies
from estimation.structural.published import ALPHA_M, ALPHA_M_PRINTED, BETA, published
from estimation.structural.residuals import check_residuals
from estimation.structural.scenarios import paper
from estimation.structural.simulate import Simulated, simulate
from estimation.structural.state import State
from nightpanel.sector_frictions import SectorFrictions, read_frictions
from nightpanel.structural_tables import BY_SECTOR, VARIABLES, margins, path_table

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "structural-model.md"
TEMPLATE = Path(__file__).with_name("structural_model_template.md")
SPEED = Path(__file__).with_name("structural_speed.md")
"""Written by ``python -m benchmarks.structural --page docs/scripts/structural_speed.md``."""
PUBLISHED = Path(__file__).with_name("structural_published.csv")
DATA = Path("sectors") / "ETD_230918.xlsx"
SHARES = tuple(f"{kind}_{sector}" for kind in ("labour", "output") for sector in "mxs")
TINY = 1e-6
"""Size below which tables show powers of ten."""
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Runs:
    """The paper's scenarios with one weight of manufacturing."""

    simulated: Mapping[str, Simulated]
    """By name."""
    tables: Mapping[str, pd.DataFrame]
    """As `nightpanel.structural_tables.path_table`."""

    def value(self, scenario: str, row: str, variable: str) -> float:
        """A figure as the paper tells it: ``period 1``, ``period 60`` or ``change``."""
        column = self.tables[scenario][variable]
        first, last = float(column.iloc[0]), float(column.iloc[-1])
        return {"period 1": first, "period 60": last, "change": last - first}[row]


def runs_of(xi: tuple[np.ndarray, np.ndarray], parameters: Parameters) -> Runs:
    """Run the paper's scenarios, each with small residuals."""
    made = paper(xi, parameters=parameters)
    simulated = {one.name: simulate(one.parameters, one.paths, one.state) for one in made}
    for name, one in simulated.items():
        check_residuals(one, name=name)
    tables = {name: path_table(one, first_year=1990) for name, one in simulated.items()}
    return Runs(simulated, tables)


def replication(figures: pd.DataFrame, columns: Mapping[str, Runs]) -> pd.DataFrame:
    """Published figures beside those of some runs, with what these miss.

    Parameters
    ----------
    figures : pandas.DataFrame
        ``scenario``, ``row``, ``variable``, ``published``.
    columns : mapping of str to Runs
        By heading.
    """
    keys = list(figures[["scenario", "row", "variable"]].itertuples(index=False, name=None))
    table = figures[["scenario", "row", "variable", "published"]].copy()
    for heading, runs in columns.items():
        table[heading] = [runs.value(*key) for key in keys]
        table[f"{heading}, off by"] = table[heading] - table["published"]
    return table


def largest(table: pd.DataFrame, heading: str) -> tuple[float, float]:
    """The most that shares, and degrees of integration, miss."""
    off, shares = table[f"{heading}, off by"].abs(), table["variable"].isin(SHARES)
    return float(off[shares].max()), float(off[~shares].max())


def sensitivity(runs: Runs) -> pd.DataFrame:
    """Every scenario against the benchmark: the last period, and the most that a share differs."""
    base = runs.tables["benchmark"]
    rows = [
        {
            "scenario": name,
            **{variable: table[variable].iloc[-1] for variable in ("labour_x", "output_x")},
            "1/theta_M": table["integration_M"].iloc[-1],
            "1/theta_S": table["integration_S"].iloc[-1],
            "eta": table["eta"].iloc[-1],
            "largest difference of a share": (table - base)[[*SHARES]].abs().to_numpy().max(),
        }
        for name, table in runs.tables.items()
    ]
    return pd.DataFrame(rows)


def fit(runs: Runs, observed: pd.DataFrame) -> pd.DataFrame:
    """Root mean squared differences from the data, and both in their last year."""
    model = runs.tables["benchmark"].loc[observed.index]
    off = model[[*SHARES]] - observed[[*SHARES]]
    rmse = np.sqrt((off**2).mean())
    rows = [(name, rmse[name], model[name].iloc[-1], observed[name].iloc[-1]) for name in SHARES]
    return pd.DataFrame(rows, columns=["share", "rmse 1990-2018", "model 2018", "data 2018"])


def checks(runs: Runs) -> pd.DataFrame:
    """The largest residual and the least slope of every scenario."""
    rows = [
        (name, check_residuals(one).largest, float(one.slope.min()), int(one.iterations.max()))
        for name, one in runs.simulated.items()
    ]
    columns = ["scenario", "largest residual, share of income", "least F'", "most evaluations"]
    return pd.DataFrame(rows, columns=columns)


def told(runs: Runs, observed: pd.DataFrame, held: pd.DataFrame) -> dict[str, float]:
    """Figures of the page's sentences, from its tables.

    Parameters
    ----------
    runs : Runs
    observed : pandas.DataFrame
        Data by period.
    held : pandas.DataFrame
        As `estimation.structural.propositions.frequencies`.
    """
    far = sensitivity(runs).set_index("scenario")["largest difference of a share"]
    groups = ("bias", "sigma_M", "omega", "investment", "epsilon")
    most = {f"{name}_most": float(far[far.index.str.startswith(name)].max()) for name in groups}
    rise = {
        name: runs.value(name, "change", "integration_M")
        for name in ("benchmark", "bias_0.6", "bias_0.7")
    }
    last = runs.tables["benchmark"].loc[observed.index[-1]]
    unequal = held[held["setting"].str.startswith("unequal")]
    fails = {
        f"{key}_{when}": float(100.0 * (1.0 - row["share"].iloc[0]))
        for key, name in (("first", "Proposition 1"), ("second", "Proposition 2"))
        for when, end in (("period", "derivative"), ("path", "periods"))
        if len(
            row := unequal[(unequal["statement"] == name) & unequal["setting"].str.endswith(end)]
        )
    }
    parts = margins({"benchmark": runs.simulated["benchmark"]}).iloc[0]
    return {
        **most,
        **fails,
        "rise_06": 100.0 * (1.0 - rise["bias_0.6"] / rise["benchmark"]),
        "rise_07": 100.0 * (1.0 - rise["bias_0.7"] / rise["benchmark"]),
        "labour_model": 100.0 * float(last["labour_x"]),
        "labour_data": 100.0 * float(observed["labour_x"].iloc[-1]),
        "output_gap": 100.0 * float(observed["output_x"].iloc[-1] - last["output_x"]),
        "extensive": 100.0 * float(parts["extensive"] / parts["change"]),
    }


def growth(given: Paths) -> dict[str, float]:
    """How fast stocks grow over long horizons."""
    base = published()
    long = simulate(base, paths(200, xi_m=given.xi_m, xi_s=given.xi_s))
    fast = simulate(replace(base, gamma=(1.0, 1.0, 1.0)), given)
    return {
        "ln_M_200": float(long.ln_M[-1]),
        "ln_K_200": float(long.ln_K[-1]),
        "ln_K_60_unbiased": float(fast.ln_K[-1]),
    }


def against_2() -> float:
    """By how much eta rises with AI, both in logs, in an economy in which Proposition 2 fails."""
    step = 1e-3
    ends = (simulate(AGAINST_2, paths(1, ramp=1.0), State(0.0, by)) for by in (-step, step))
    less, more = (float(np.log(one.eta[0])) for one in ends)
    return (more - less) / (2.0 * step)


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown: shares with three digits, small numbers with powers of ten."""
    head = f"| {' | '.join(table.columns)} |\n|{'---|' * len(table.columns)}"
    return "\n".join([head, *(f"| {' | '.join(map(_cell, row))} |" for row in _rows(table))])


def _rows(table: pd.DataFrame) -> Iterable[tuple[object, ...]]:
    return table.itertuples(index=False, name=None)


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if np.isnan(value):
        return ""
    return f"{value:.0e}" if 0.0 < abs(value) < TINY else f"{value:.4f}"


def variables() -> str:
    """The variables of `simulation.parquet` as a table."""
    names = [f"`{name}_m`, `_x`, `_s`" if name in BY_SECTOR else f"`{name}`" for name in VARIABLES]
    rows = zip(names, VARIABLES.values(), strict=True)
    return markdown(pd.DataFrame(list(rows), columns=["variable", "meaning"]))


def page(sectors: SectorFrictions, draws: int) -> str:
    """The page's text."""
    assert sectors.gaps is not None
    assert sectors.observed is not None
    xi = sectors.gaps(BETA)
    headings = {f"alpha_M = {a:.3f}": runs_of(xi, published(a)) for a in (ALPHA_M, ALPHA_M_PRINTED)}
    figures = pd.read_csv(PUBLISHED)
    table = replication(figures, headings)
    own, printed = headings
    runs = headings[own]
    fitted = confirmed(figures, xi)
    held = frequencies(draws)
    share_off, integration_off = largest(table, own)
    printed_share_off, printed_integration_off = largest(table, printed)
    return TEMPLATE.read_text(encoding="utf-8").format(
        share_off=share_off,
        integration_off=integration_off,
        printed_share_off=printed_share_off,
        printed_integration_off=printed_integration_off,
        figures=len(figures),
        replication=markdown(table),
        confirmed=markdown(fitted.table),
        within=fitted.within,
        largest_left=fitted.largest,
        checks=markdown(checks(runs)),
        sensitivity=markdown(sensitivity(runs)),
        fit=markdown(fit(runs, sectors.observed)),
        margins=markdown(margins(runs.simulated)),
        propositions=markdown(held),
        against_2=against_2(),
        draws=draws,
        variables=variables(),
        speed=SPEED.read_text(encoding="utf-8").strip(),
        **told(runs, sectors.observed, held),
        **growth(runs.simulated["benchmark"].paths),
    )


def main() -> None:
    """Print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    file = Path(os.environ["NIGHTPANEL_DATA"]) / DATA
    text = page(read_frictions(None, file=file, country="CHN"), given.draws)
    print(text)
    given.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
