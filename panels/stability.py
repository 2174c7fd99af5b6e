"""How much the ranks of a composite hang on its weights and on each indicator."""

import numpy as np
import pandas as pd

from geo.errors import DomainError
from panels.composite import Recipe
from panels.composite_scale import composite
from panels.steps.stepped import Floats

COLUMNS = ("index", "perturbation", "spearman_mean", "spearman_min", "largest_change", "top_kept")


def rank_stability(
    table: pd.DataFrame,
    recipe: Recipe,
    scale: pd.DataFrame,
    *,
    width: float = 0.1,
    draws: int = 200,
    seed: int = 2011,
    where: str,
) -> pd.DataFrame:
    """Ranks of a composite when its weights are disturbed or an indicator is left out.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the indicators.
    recipe : Recipe
    scale : pandas.DataFrame
        The composite's scale.
    width : float
        Each weight is multiplied by an independent uniform draw from 1 - width to 1 + width, and
        all are divided by their sum; 0 < width < 1.
    draws : int
    seed : int
    where : str
        The index, for errors.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: one row for the disturbed weights (mean and smallest over draws) and one for each
        indicator left out. Ranks are over all city-years; ``largest_change`` is in places,
        ``top_kept`` the share of the top tenth that stays in it (both of the worst draw).

    Raises
    ------
    DomainError
        ``width`` or ``draws`` is out of range.
    """
    if not 0.0 < width < 1.0 or draws < 1:
        raise DomainError(
            f"{where}: stability",
            expected="0 < width < 1 and one draw or more",
            found=f"width = {width:g}, draws = {draws}",
            hint="correct it",
        )
    parts, weights = _weighted_parts(table, recipe, scale, where)
    base = parts.sum(axis=1)
    rng = np.random.default_rng(seed)
    factors = rng.uniform(1.0 - width, 1.0 + width, size=(draws, parts.shape[1]))
    disturbed = [parts @ factor / (weights @ factor) for factor in factors]
    rows = [_row(recipe, f"weights +-{width:.0%}", base, disturbed)]
    for at, one in enumerate(recipe.indicators):
        rest = np.arange(parts.shape[1]) != at
        left = parts[:, rest].sum(axis=1) / weights[rest].sum()
        rows.append(_row(recipe, f"without {one.column}", base, [left]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _weighted_parts(
    table: pd.DataFrame, recipe: Recipe, scale: pd.DataFrame, where: str
) -> tuple[Floats, Floats]:
    """What each indicator adds to each complete row (n, k), and mean total weights (k,)."""
    made = composite(table, recipe, scale=scale, where=where)
    complete = made.values[recipe.name].notna().to_numpy()
    parts = made.parts[complete]
    order = [one.column for one in recipe.indicators]
    total = (scale["weight"] * scale["group_weight"]).groupby(scale["indicator"]).mean()
    return parts, total.loc[order].to_numpy(dtype=np.float64)


def _row(
    recipe: Recipe, name: str, base: Floats, others: list[Floats]
) -> tuple[str, str, float, float, int, float]:
    ranks = _ranks(base)
    top = ranks <= max(1, len(ranks) // 10)
    moved = [_ranks(other) for other in others]
    spearman = [float(np.corrcoef(ranks, other)[0, 1]) for other in moved]
    largest = max(int(np.abs(other - ranks).max()) for other in moved)
    kept = min(float((other[top] <= top.sum()).mean()) for other in moved)
    return recipe.name, name, float(np.mean(spearman)), min(spearman), largest, kept


def _ranks(values: Floats) -> Floats:
    """Ranks from the highest, 1 (n,); ties share their mean rank."""
    return np.asarray(pd.Series(-values).rank(), dtype=np.float64)
