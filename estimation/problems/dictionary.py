"""A dictionary: many fixed functions of the controls, in which a nonlinear g is linear.

The functions depend on the controls alone. They are made in levels, so that demeaning or
differencing them keeps ``g`` exact (Belloni, Chernozhukov, Hansen and Kozbur, 2016, "Inference in
high-dimensional panel models").
"""

from itertools import combinations

import numpy as np

from estimation.samples.sample import Floats

CUTS = tuple(np.round(np.arange(0.1, 0.95, 0.1), 1).tolist())
"""Quantiles of a control above which a step column is 1."""


def dictionary(controls: Floats, names: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Powers, steps and products of controls.

    For every control: its standardised value, the square, and for each decile whether it lies
    above. For every pair: the product of the standardised values, and whether both lie above their
    medians. Columns that are constant, or equal to one before, are left out.

    Parameters
    ----------
    controls : float array, shape (n, p)
    names : tuple of str
        p names.

    Returns
    -------
    float array, shape (n, q)
        At most ``p (2 + 9) + p (p - 1)`` columns.
    tuple of str
        Their names.
    """
    spread = controls.std(axis=0)
    z = (controls - controls.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    above_median = controls > np.median(controls, axis=0)
    columns: list[Floats] = []
    labels: list[str] = []
    for j, name in enumerate(names):
        cuts = np.quantile(controls[:, j], CUTS)
        columns += [z[:, j], z[:, j] ** 2, *(controls[:, [j]] > cuts).T.astype(np.float64)]
        labels += [name, f"{name}^2", *(f"{name} > {cut:.6g}" for cut in cuts)]
    for j, k in combinations(range(len(names)), 2):
        both = above_median[:, j] & above_median[:, k]
        columns += [z[:, j] * z[:, k], both.astype(np.float64)]
        labels += [f"{names[j]} x {names[k]}", f"{names[j]}, {names[k]} above medians"]
    kept = _distinct(columns)
    made = np.column_stack([columns[j] for j in kept]) if kept else np.empty((len(controls), 0))
    return made, tuple(labels[j] for j in kept)


def _distinct(columns: list[Floats]) -> list[int]:
    """Positions of columns that vary and repeat none before them."""
    seen: set[bytes] = set()
    kept = []
    for j, column in enumerate(columns):
        content = np.ascontiguousarray(column).tobytes()
        if np.ptp(column) > 0 and content not in seen:
            seen.add(content)
            kept.append(j)
    return kept
