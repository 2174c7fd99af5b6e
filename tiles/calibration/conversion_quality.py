"""How good a conversion is: errors on held-out blocks, bias by decile, and what the seam does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import CalibrationError
from geo.inequality import gini
from tiles.calibration.conversion_fit import Fitted

DECILES = 10


@dataclass(frozen=True, slots=True)
class Errors:
    """Found against observed DN."""

    cells: int
    """Cells that both sensors saw."""
    rmse: float
    """Root mean square, in DN."""
    mae: float
    """Mean absolute, in DN."""
    bias: float
    """Mean of found minus observed, in DN."""
    r2: float
    """1 - sum of squares / sum of squares about the mean."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything that is said of a fit."""

    in_sample: Errors
    """Over the cells that it was fitted to."""
    held_out: Errors
    """Over blocks of cells that neither it nor the choice of its kernel had seen."""
    deciles: pd.DataFrame
    """By decile of observed DN of lit cells: ``low``, ``high``, ``cells``, ``observed``, ``found``,
    ``bias``; held out."""
    seam: pd.DataFrame
    """By year: ``mean_dmsp``, ``mean_converted``, ``gini_dmsp``, ``gini_converted`` over cells; and
    ``lit_dmsp``, ``lit_converted``, the shares of lit cells; held out."""
    tried_km: dict[float, float]
    """Root mean square error, in DN, by the width of the kernel: what the width was chosen by."""


def quality(fitted: Fitted) -> Quality:
    """Judge a fit.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    Quality
    """
    seen = [one.seen for one in fitted.overlaps]
    observed = np.concatenate([one.dn[s] for one, s in zip(fitted.overlaps, seen, strict=True)])
    held = np.concatenate([dn[s] for dn, s in zip(fitted.held_out, seen, strict=True)])
    inside = np.concatenate([dn[s] for dn, s in zip(fitted.in_sample, seen, strict=True)])
    seam = [
        _seam(one.year, one.dn[s], dn[s])
        for one, s, dn in zip(fitted.overlaps, seen, fitted.held_out, strict=True)
    ]
    return Quality(
        in_sample=errors_of(inside, observed),
        held_out=errors_of(held, observed),
        deciles=_deciles(held, observed),
        seam=pd.DataFrame(seam),
        tried_km=fitted.tried_km,
    )


def require_useful(judged: Quality) -> None:
    """Refuse a fit that tells no more of cells that it did not see than their mean does.

    Raises
    ------
    CalibrationError
    """
    if not judged.held_out.r2 > 0.0:
        raise CalibrationError(
            "overlap",
            expected="a curve that is better on held-out blocks than the mean DN, R2 above 0",
            found=f"R2 {judged.held_out.r2:.3f}, rmse {judged.held_out.rmse:.2f} DN",
            hint="look at the overlap: the two products may show different places or years",
        )


def errors_of(found: NDArray[np.float64], observed: NDArray[np.float64]) -> Errors:
    """Compare found with observed DN.

    Parameters
    ----------
    found, observed : float64 array (cells,)
        Of cells that both sensors saw.

    Returns
    -------
    Errors
        ``r2`` is NaN if all observed values are equal.
    """
    off = found - observed
    spread = float(np.sum((observed - observed.mean()) ** 2))
    return Errors(
        cells=observed.size,
        rmse=float(np.sqrt(np.mean(off**2))),
        mae=float(np.mean(np.abs(off))),
        bias=float(np.mean(off)),
        r2=1.0 - float(np.sum(off**2)) / spread if spread > 0.0 else float("nan"),
    )


def _deciles(found: NDArray[np.float64], observed: NDArray[np.float64]) -> pd.DataFrame:
    """Dark cells are a row of their own, the first; ties at an edge go to the lower decile."""
    lit = observed > 0.0
    edges = np.unique(np.quantile(observed[lit], np.linspace(0.0, 1.0, DECILES + 1)))
    which = np.searchsorted(edges[1:-1], observed, side="left")
    rows = [_decile(0.0, 0.0, found[~lit], observed[~lit])] if (~lit).any() else []
    for k in range(len(edges) - 1):
        chosen = lit & (which == k)
        if chosen.any():
            rows.append(_decile(edges[k], edges[k + 1], found[chosen], observed[chosen]))
    return pd.DataFrame(rows)


def _decile(
    low: float, high: float, found: NDArray[np.float64], observed: NDArray[np.float64]
) -> dict[str, float]:
    means = float(observed.mean()), float(found.mean())
    return {
        "low": float(low),
        "high": float(high),
        "cells": observed.size,
        "observed": means[0],
        "found": means[1],
        "bias": means[1] - means[0],
    }


def _seam(year: int, observed: NDArray[np.float64], found: NDArray[np.float64]) -> dict[str, float]:
    return {
        "year": year,
        "mean_dmsp": float(observed.mean()),
        "mean_converted": float(found.mean()),
        "gini_dmsp": gini(observed),
        "gini_converted": gini(found),
        "lit_dmsp": float((observed > 0.0).mean()),
        "lit_converted": float((found > 0.0).mean()),
    }
