"""Residuals of every scenario: none may be large, the largest is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.structural.residuals import Residuals, check_residuals
from estimation.structural.simulate import Simulated


@dataclass(frozen=True, slots=True)
class Checked:
    """How well scenarios meet the model's equations."""

    every: pd.DataFrame
    """``scenario``, ``period``, ``equation``, ``residual`` (relative to income)."""
    largest: pd.DataFrame
    """One row a scenario: ``scenario``, ``largest``, its ``equation`` and ``period``, the least
    ``slope`` of F, ``uncertain`` (periods whose slope is not positive), the most ``iterations``."""


def checked(simulated: Mapping[str, Simulated], *, where: str) -> Checked:
    """Evaluate every equation of every scenario from quantities.

    Parameters
    ----------
    simulated : mapping of str to Simulated
        By scenario.
    where : str
        What scenarios are from, for errors.

    Returns
    -------
    Checked

    Raises
    ------
    EquilibriumError
        A residual is above 1e-10.
    """
    found = {
        name: check_residuals(one, name=f"{where}: scenario {name!r}")
        for name, one in simulated.items()
    }
    columns = ["scenario", "period", "equation", "residual"]
    parts = [_tidy(name, one)[columns] for name, one in found.items()]
    rows = [_largest(name, one, simulated[name]) for name, one in found.items()]
    return Checked(
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns),
        pd.DataFrame(rows, columns=LARGEST),
    )


LARGEST = ["scenario", "largest", "equation", "period", "slope", "uncertain", "iterations"]


def _tidy(name: str, found: Residuals) -> pd.DataFrame:
    table = found.table().reset_index()
    long = table.melt(id_vars="period", var_name="equation", value_name="residual")
    return long.assign(scenario=name)


def _largest(name: str, found: Residuals, one: Simulated) -> dict[str, object]:
    size = np.abs(found.values)
    period, equation = np.unravel_index(int(np.argmax(size)), size.shape)
    return {
        "scenario": name,
        "largest": float(size[period, equation]),
        "equation": found.names[equation],
        "period": int(period) + 1,
        "slope": float(one.slope.min()),
        "uncertain": int(one.uncertain.sum()),
        "iterations": int(one.iterations.max()),
    }
