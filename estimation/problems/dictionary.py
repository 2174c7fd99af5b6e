"""A dictionary: many fixed functions of the controls, in which a nonlinear g is linear.

The functions depend on the controls alone. They are made in levels, so that demeaning or
differencing them keeps ``g`` exact (Belloni, Chernozhukov, Hansen and Kozbur, 2016, "Inference in
high-dimensional panel models").
"""

from itertools import combinations, product

import numpy as np

from estimation.samples.sample import Floats

CUTS = tuple(np.round(np.arange(0.05, 0.975, 0.05), 2).tolist())
"""Quantiles of a control above which a step column is 1."""

COARSE_CUTS = (0.25, 0.5, 0.75)
"""Those whose steps are multiplied with other controls."""


def dictionary(controls: Floats, names: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Powers, steps and products of controls.

    For every control: its standardised value, the square, and for each twentieth of the values
    whether it lies above. For every pair: all products of one's standardised value and steps at
    quartiles with the other's. Columns that are constant, or equal to one before, are left out.

    Parameters
    ----------
    controls : float array, shape (n, p)
    names : tuple of str
        p names.

    Returns
    -------
    float array, shape (n, q)
        At most ``21 p + 16 p (p - 1) / 2`` columns.
    tuple of str
        Their names.
    """
    columns: list[Floats] = []
    labels: list[str] = []
    coarse = []
    for values, name in zip(controls.T, names, strict=True):
        z = _standardised(values)
        steps, step_names = _steps(values, CUTS, name)
        columns += [z, z**2, *steps]
        labels += [name, f"{name}^2", *step_names]
        few, few_names = _steps(values, COARSE_CUTS, name)
        coarse.append(list(zip([z, *few], [name, *few_names], strict=True)))
    for one, other in combinations(coarse, 2):
        for (left, left_name), (right, right_name) in product(one, other):
            columns.append(left * right)
            labels.append(f"{left_name} x {right_name}")
    kept = _distinct(columns)
    made = np.column_stack([columns[j] for j in kept]) if kept else np.empty((len(controls), 0))
    return made, tuple(labels[j] for j in kept)


def _standardised(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def _steps(values: Floats, shares: tuple[float, ...], name: str) -> tuple[list[Floats], list[str]]:
    """Whether values lie above each quantile, and the names of these columns."""
    cuts = np.quantile(values, shares)
    return [(values > cut).astype(np.float64) for cut in cuts], [f"{name} > {c:.6g}" for c in cuts]


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
