"""Product terms of the parts: what a composite that is more than their sum would show."""

from itertools import combinations

import numpy as np

from estimation.samples.sample import Floats
from geo.errors import SampleError


def standardised(parts: Floats, names: tuple[str, ...], *, where: str) -> Floats:
    """Parts with mean 0 and standard deviation 1 over the sample, shape (n, p).

    Parameters
    ----------
    parts : float array, shape (n, p)
    names : tuple of str
        Names of the parts, p of them.
    where : str
        What an error names.

    Raises
    ------
    SampleError
        A part does not vary.
    """
    spread = parts.std(axis=0)
    for name, sd, values in zip(names, spread, parts.T, strict=True):
        if not sd > 1e-12 * np.abs(values).max():
            raise SampleError(
                f"{where}, part '{name}'",
                expected="a part that varies",
                found=f"{values[0]:g} in every row",
                hint="leave the part out",
            )
    return np.asarray((parts - parts.mean(axis=0)) / spread, dtype=np.float64)


def pair_products(standard: Floats, names: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """The product of every pair of standardised parts, formed in levels.

    Parameters
    ----------
    standard : float array, shape (n, p)
    names : tuple of str

    Returns
    -------
    products : float array, shape (n, p (p - 1) / 2)
    names : tuple of str
        ``a x b``.
    """
    pairs = list(combinations(range(len(names)), 2))
    columns = [standard[:, one] * standard[:, other] for one, other in pairs]
    return np.column_stack(columns), tuple(f"{names[one]} x {names[two]}" for one, two in pairs)
