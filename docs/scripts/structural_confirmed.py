"""Which parameters the published figures themselves ask for: a fit of eight numbers to 32."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from estimation.structural.published import (
    ALPHA_M,
    ALPHA_M_PRINTED,
    ALPHA_S,
    OMEGA,
    SIGMA_M,
    SIGMA_S,
    published,
)
from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from nightpanel.structural_tables import path_table

Floats = NDArray[np.float64]
START = {
    "sigma_M": SIGMA_M,
    "sigma_S": SIGMA_S,
    "alpha_M": ALPHA_M,
    "alpha_S": ALPHA_S,
    "omega": OMEGA,
    "factor on xi_m": 1.0,
    "factor on xi_s": 1.0,
    "common ln B": 0.0,
}
"""Table 2 (alpha_M corrected), the data's wage gaps, B = 1."""
FITTED = ("sigma_M", "sigma_S", "alpha_M", "alpha_S", "omega")
"""Those that Table 2 prints."""
HALF_A_DIGIT = 5e-4
"""What a figure of three digits may miss and still be it."""
HAIR = 1e-5
"""Added to that: the fit is not of the figures before they were rounded."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The fit."""

    table: pd.DataFrame
    """``number``, ``table 2`` as printed, ``fitted``, ``its error``."""
    within: int
    """Figures that come within half a unit of their last digit."""
    largest: float
    """The most that a figure misses."""


def confirmed(figures: pd.DataFrame, xi: tuple[Floats, Floats]) -> Confirmed:
    """Fit eight numbers to the published figures.

    Parameters
    ----------
    figures : pandas.DataFrame
        ``scenario``, ``row``, ``variable``, ``published``.
    xi : (float array, float array)
        Wage gaps of m and s in the data.
    """
    target = figures["published"].to_numpy(np.float64)

    def off(values: Floats) -> Floats:
        return np.asarray(told(values, figures, xi) - target, dtype=np.float64)

    found = least_squares(off, np.array(list(START.values())), x_scale=0.01, xtol=1e-12)
    free = len(target) - len(START)
    variance = 2.0 * found.cost / free * np.linalg.inv(found.jac.T @ found.jac)
    printed = {**START, "alpha_M": ALPHA_M_PRINTED}
    rows = pd.DataFrame(
        {
            "number": list(START),
            "Table 2": [f"{printed[name]:.3f}" if name in FITTED else "" for name in START],
            "fitted": found.x,
            "its error": np.sqrt(np.diag(variance)),
        }
    )
    size = np.abs(found.fun)
    return Confirmed(rows, int((size <= HALF_A_DIGIT + HAIR).sum()), float(size.max()))


def told(values: Floats, figures: pd.DataFrame, xi: tuple[Floats, Floats]) -> Floats:
    """The figures that eight numbers give, shape (n,)."""
    given = dict(zip(START, values, strict=True))
    named = {name: given[name] for name in FITTED}
    parameters = published().with_values(**named, B=float(np.exp(given["common ln B"])))
    scaled = xi[0] * given["factor on xi_m"], xi[1] * given["factor on xi_s"]
    wanted = set(figures["scenario"])
    ends = {}
    for one in paper(scaled, parameters=parameters):
        if one.name in wanted:
            table = path_table(simulate(one.parameters, one.paths), first_year=1990)
            first, last = table.iloc[0], table.iloc[-1]
            ends[one.name] = {"period 1": first, "period 60": last, "change": last - first}
    rows = figures[["scenario", "row", "variable"]].itertuples(index=False, name=None)
    return np.array([ends[scenario][row][variable] for scenario, row, variable in rows])
