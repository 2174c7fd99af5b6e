"""Fake timing: the treatment's path moved along the years within each city, in levels."""

from dataclasses import dataclass

import numpy as np

from estimation.samples.sample import Floats, Integers
from geo.errors import DesignError, SampleError


@dataclass(frozen=True, slots=True)
class Shifted:
    """A treatment under fake timing; m rows survive."""

    values: Floats
    """The treatment that each surviving row is given, shape (m,) or (m, k)."""
    rows: Integers
    """Position of each surviving row, ascending, shape (m,)."""
    lost: int
    """Rows without a row of the same city in the year that their treatment comes from."""


def shift_paths(
    values: Floats, city: Integers, year: Integers, *, years: int, where: str = "fake timing"
) -> Shifted:
    """Move each city's path of the treatment by some years.

    Row (city, t) is given the treatment of (city, t - years): with ``years = -2`` the treatment is
    pretended to come two years before it did, and an effect of it then is no effect. The design is
    to be fitted anew on the rows that survive: levels move, residuals do not.

    Parameters
    ----------
    values : float array, shape (n,) or (n, k)
        The treatment in levels.
    city, year : int64 array, shape (n,)
        City and year of each row; each pair once, in any order.
    years : int
        Not 0; negative for earlier.
    where : str
        What an error names.

    Returns
    -------
    Shifted

    Raises
    ------
    DesignError
        ``years`` is 0.
    SampleError
        No row has the year that its treatment would come from.
    """
    if years == 0:
        raise DesignError(
            f"{where}, years", expected="not 0", found="0", hint="name how far timing is moved"
        )
    place = {key: row for row, key in enumerate(zip(city.tolist(), year.tolist(), strict=True))}
    wanted = zip(city.tolist(), (year - years).tolist(), strict=True)
    source = np.array([place.get(key, -1) for key in wanted], dtype=np.int64)
    rows = np.flatnonzero(source >= 0).astype(np.int64)
    if not rows.size:
        raise SampleError(
            where,
            expected=f"cities with rows {abs(years)} years apart",
            found="none",
            hint="move timing by fewer years",
        )
    return Shifted(values[source[rows]], rows, int(city.size - rows.size))
