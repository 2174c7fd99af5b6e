"""Tables of simulated scenarios: every variable by period, and changes in the manner of Table 3."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from estimation.samples.sample import Floats
from estimation.structural.calibration import CalibratedB
from estimation.structural.decomposition import MARGINS, decompose
from estimation.structural.parameters import SECTORS
from estimation.structural.simulate import Simulated

VARIABLES = {
    "labour": "employment, share of all",
    "output": "nominal output, share of income",
    "capital": "capital, share of the stock",
    "ln_p": "log of the price of output, wage in producer services = 1",
    "split_M": "producer services in industrial goods, share of income",
    "split_S": "producer services in service goods, share of income",
    "theta_M": "manufacturing over producer services in industrial goods: equation (12)",
    "theta_S": "consumer over producer services in service goods: equation (13)",
    "integration_M": "1/theta_M, degree of integration of manufacturing",
    "integration_S": "1/theta_S, degree of integration of consumer services",
    "eta": "spending on industrial over spending on service goods: equation (17)",
    "ln_P_M": "log of the price of industrial goods",
    "ln_P_S": "log of the price of service goods",
    "ln_K": "log of capital",
    "ln_M": "log of the AI stock",
    "ln_I": "log of capital formed",
    "ln_H": "log of new infrastructure",
    "ln_rental": "log of the rental rate of capital over the wage in producer services",
    "ln_income": "log of nominal income",
    "xi_m": "wage gap of manufacturing",
    "xi_s": "wage gap of consumer services",
    "ramp": "share of AI's powers at work",
    "s": "rate of investment",
    "s_H": "rate of new infrastructure",
    "slope": "F', the aggregate elasticity of substitution where wages are equal",
    "iterations": "evaluations that the solution took",
}
"""Variables of `simulation.parquet`; the first four have ``_m``, ``_x``, ``_s`` at their end."""
BY_SECTOR = ("labour", "output", "capital", "ln_p")
TINY = 1e-6
"""Size below which Markdown tables show powers of ten."""
TABLE_3 = (
    *(f"{kind}_{sector}" for kind in ("labour", "output") for sector in SECTORS),
    *("integration_M", "integration_S", "eta"),
)
"""Variables of the table of changes."""


def path_table(simulated: Simulated, *, first_year: int) -> pd.DataFrame:
    """Every variable of a scenario, side by side.

    Parameters
    ----------
    simulated : Simulated
    first_year : int
        Year of period 1.

    Returns
    -------
    pandas.DataFrame
        Index ``period`` from 1; ``year``, then float columns as `VARIABLES`.
    """
    columns: dict[str, Floats] = {
        f"{kind}_{sector}": getattr(simulated, kind)[:, at]
        for kind in BY_SECTOR
        for at, sector in enumerate(SECTORS)
    }
    for at, good in enumerate(("M", "S")):
        columns[f"split_{good}"] = simulated.split[:, at]
        columns[f"theta_{good}"] = simulated.theta[:, at]
        columns[f"integration_{good}"] = simulated.integration[:, at]
        columns[f"ln_P_{good}"] = simulated.ln_P[:, at]
    for name in ("eta", "ln_K", "ln_M", "ln_I", "ln_H", "ln_income", "slope", "iterations"):
        columns[name] = getattr(simulated, name).astype(np.float64)
    columns["ln_rental"] = simulated.l
    for name in ("xi_m", "xi_s", "ramp", "s", "s_H"):
        columns[name] = getattr(simulated.paths, name)
    period = pd.RangeIndex(1, simulated.periods + 1, name="period")
    ordered = {name: columns[name] for name in _names()}
    return pd.DataFrame({"year": period + first_year - 1, **ordered}, index=period)


def tidy(paths: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every variable of every scenario, one below the other.

    Parameters
    ----------
    paths : mapping of str to pandas.DataFrame
        By scenario, as `path_table`.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``period``, ``year``, ``variable``, ``value``.
    """
    parts = [
        table.reset_index()
        .melt(id_vars=["period", "year"], var_name="variable", value_name="value")
        .assign(scenario=name)
        for name, table in paths.items()
    ]
    columns = ["scenario", "period", "year", "variable", "value"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def changes(paths: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """First and last period and the change between, in the manner of Table 3.

    Parameters
    ----------
    paths : mapping of str to pandas.DataFrame
        By scenario, as `path_table`.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``row`` (``period 1``, ``period T``, ``change``), then `TABLE_3`.
    """
    rows = []
    for name, table in paths.items():
        first, last = table.iloc[0], table.iloc[-1]
        for row, values in (
            (f"period {table.index[0]}", first),
            (f"period {table.index[-1]}", last),
            ("change", last - first),
        ):
            rows.append({"scenario": name, "row": row, **{v: values[v] for v in TABLE_3}})
    return pd.DataFrame(rows, columns=["scenario", "row", *TABLE_3])


def margins(simulated: Mapping[str, Simulated]) -> pd.DataFrame:
    """Where the change of producer services' shares comes from, first to last period.

    Parameters
    ----------
    simulated : mapping of str to Simulated
        Those of one period have no change and no row.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``share`` (``output``, ``employment``), ``change``, and the parts that sum to
        it: `estimation.structural.decomposition.MARGINS`.
    """
    rows = []
    for name, one in simulated.items():
        if one.periods == 1:
            continue
        found = decompose(one)
        for share in ("output", "employment"):
            parts = dict(zip(MARGINS, getattr(found, share)[0], strict=True))
            change = getattr(found, f"change_{share}")[0]
            rows.append({"scenario": name, "share": share, "change": change, **parts})
    return pd.DataFrame(rows, columns=["scenario", "share", "change", *MARGINS])


def calibration_table(calibrated: Mapping[str, CalibratedB]) -> pd.DataFrame:
    """Productivities that were calibrated, with every other root.

    Parameters
    ----------
    calibrated : mapping of str to CalibratedB
        By scenario.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``taken`` (the root nearest to equal productivities), ``level``, ``B_m``,
        ``B_x``, ``B_s`` at that level.
    """
    rows = []
    for name, found in calibrated.items():
        for root in (found.root, *found.others):
            m, s = root.ln_ratios
            ratios = np.exp(np.array([m, 0.0, s]) - (m + s) / 3.0)
            productivities = dict(zip(("B_m", "B_x", "B_s"), found.level * ratios, strict=True))
            taken = root is found.root
            rows.append({"scenario": name, "taken": taken, "level": found.level, **productivities})
    return pd.DataFrame(rows, columns=["scenario", "taken", "level", "B_m", "B_x", "B_s"])


def markdown(table: pd.DataFrame, *, digits: int = 3) -> str:
    """A table in Markdown, numbers with so many digits, missing ones empty."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    lines += [[_cell(value, digits) for value in row] for row in table.itertuples(index=False)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object, digits: int) -> str:
    if not isinstance(value, float):
        return str(value).replace("|", "\\|")
    if np.isnan(value):
        return ""
    # Residuals would all be nothing.
    return f"{value:.1e}" if 0.0 < abs(value) < TINY else f"{value:.{digits}f}"


def _names() -> Sequence[str]:
    return [
        name
        for variable in VARIABLES
        for name in (
            [f"{variable}_{sector}" for sector in SECTORS] if variable in BY_SECTOR else [variable]
        )
    ]
