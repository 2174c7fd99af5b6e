"""What share each indicator has in a composite: of its weight, its variance and its change."""

import numpy as np
import pandas as pd

from panels.composite import Recipe
from panels.composite_scale import Composite
from panels.steps.stepped import Floats

COLUMNS = (
    "index", "group", "indicator", "weight", "share_of_variance", "share_of_within_variance",
    "share_of_change",
)  # fmt: skip


def indicator_shares(table: pd.DataFrame, recipe: Recipe, made: Composite) -> pd.DataFrame:
    r"""Shares of the indicators in a composite.

    A composite is the sum of its parts :math:`c_j = W_g w_j x_j`. The share of part j in its
    variance is :math:`\mathrm{cov}(c_j, c) / \mathrm{var}(c)` (Shorrocks 1982, Econometrica 50(1)),
    which may be negative; ``within`` takes means of cities and of years off both first, as fixed
    effects do; the share in its change is that of the parts' means between the first and the last
    year. Each sums to 1, as the weights do. A large weight need not go with a large share: entropy
    weighs what is unequal between city-years, and effects take off most of that.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id`` and ``year``.
    recipe : Recipe
    made : Composite
        Of this table.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, a row for each indicator; ``weight`` is the mean over years of weights by year.
        NaN where there is nothing to share: one year, or no variation within cities and years.
    """
    complete = made.values[recipe.name].notna().to_numpy()
    parts, keys = made.parts[complete], table.loc[complete, ["city_id", "year"]]
    total = (made.scale["weight"] * made.scale["group_weight"]).groupby(made.scale["indicator"])
    names = [one.column for one in recipe.indicators]
    return pd.DataFrame(
        {
            "index": recipe.name,
            "group": [one.group for one in recipe.indicators],
            "indicator": names,
            "weight": total.mean().loc[names].to_numpy(dtype=np.float64),
            "share_of_variance": _of_variance(parts - parts.mean(axis=0)),
            "share_of_within_variance": _of_variance(_within(parts, keys)),
            "share_of_change": _of_change(parts, keys["year"]),
        }
    )[list(COLUMNS)]


def _of_variance(parts: Floats) -> Floats:
    """Covariance of each column, of mean zero, with the sum over that sum's variance (k,)."""
    whole = parts.sum(axis=1)
    products: Floats = parts.T @ whole
    return _over(products, float(whole @ whole), scale=float((parts**2).sum()))


def _within(parts: Floats, keys: pd.DataFrame) -> Floats:
    """Columns without city and year effects (n, k), also of panels with gaps."""
    years = pd.get_dummies(keys["year"], dtype="float64").to_numpy()
    both = pd.DataFrame(np.hstack([parts, years]))
    city = keys["city_id"].to_numpy()
    own = (both - both.groupby(city).transform("mean")).to_numpy(dtype=np.float64)
    values, effects = own[:, : parts.shape[1]], own[:, parts.shape[1] :]
    left: Floats = values - effects @ np.linalg.lstsq(effects, values, rcond=None)[0]
    return left


def _of_change(parts: Floats, years: pd.Series) -> Floats:
    first, last = (years == one for one in (years.min(), years.max()))
    change: Floats = parts[last.to_numpy()].mean(axis=0) - parts[first.to_numpy()].mean(axis=0)
    return _over(change, float(change.sum()), scale=float(np.abs(parts).max()))


def _over(values: Floats, total: float, *, scale: float) -> Floats:
    """Values over their total; NaN where that is rounding."""
    if abs(total) <= 1e-12 * scale:
        return np.full(len(values), np.nan)
    shares: Floats = values / total
    return shares
