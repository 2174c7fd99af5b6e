"""How far two programs' tables are apart."""

import numpy as np
import pandas as pd


def mean_difference(means: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """Largest difference of means.

    Parameters
    ----------
    means, reference : DataFrame (units, tiles)
        Indexed by ``unit_id``; ``means`` may hold some of the units only.

    Returns
    -------
    dict
        ``absolute``, in units of light, and ``relative``, as a share of the reference's mean where
        it is not 0. A unit without a mean in ``means`` alone counts as a mean of 0: rough methods
        give none to units between cell centres.
    """
    expected = reference.loc[means.index, means.columns].to_numpy(dtype=np.float64)
    found = np.nan_to_num(means.to_numpy(dtype=np.float64))
    away = np.abs(found - expected)
    relative = away[expected != 0] / np.abs(expected[expected != 0])
    return {"absolute": float(away.max()), "relative": float(relative.max(initial=0.0))}


def share_difference(shares: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """Largest difference of shares.

    Parameters
    ----------
    shares, reference : DataFrame
        Columns ``unit``, ``cell`` and ``share``, one row for each cell that a unit touches.

    Returns
    -------
    dict
        ``absolute``: of the share of a cell, which is 0 where there is no row.
    """
    cells = 1 + max(int(shares["cell"].max()), int(reference["cell"].max()))
    sums = [_by_key(one, cells) for one in (shares, reference)]
    (ours, our_shares), (theirs, their_shares) = sums
    _, here, there = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    apart = [np.abs(our_shares[here] - their_shares[there])]
    apart += [np.delete(our_shares, here), np.delete(their_shares, there)]
    return {"absolute": max(float(one.max(initial=0.0)) for one in apart)}


def _by_key(table: pd.DataFrame, cells: int) -> tuple[np.ndarray, np.ndarray]:
    keys = table["unit"].to_numpy(dtype=np.int64) * cells + table["cell"].to_numpy(dtype=np.int64)
    return keys, table["share"].to_numpy(dtype=np.float64)
