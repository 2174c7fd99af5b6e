"""Years of adoption of a sample: read, checked, and the policy formed from them."""

import numpy as np

from estimation.designs import Design, design_label
from estimation.samples.sample import Floats, Sample
from estimation.staggered.cohorts import NEVER
from estimation.staggered.keys import SLOPE_POLICY
from geo.errors import SampleError


def adopted_in(sample: Sample, design: Design) -> Floats:
    """The first year under the policy of each row's city; ``inf`` for never.

    Parameters
    ----------
    sample : Sample
    design : Design
        With ``adoption``.

    Returns
    -------
    float array, shape (n,)
        Where the policy itself is a column, the first year in which it is 1 in the panel's years,
        whether or not the sample has that row.

    Raises
    ------
    SampleError
        A year is no year or not the same in all rows of a city, or policy and year contradict each
        other. A policy is checked as the sample is built (:mod:`estimation.samples.policy`).
    """
    adoption = design.adoption
    if adoption is None:
        raise ValueError("the design adopts nothing")
    if adoption.year:
        return _from_years(sample, design, adoption.year)
    return sample.adopted


def policy_name(design: Design) -> str:
    """What the policy is called in rows: its column, or the name of what is formed."""
    adoption = design.adoption
    if adoption is None or not adoption.amplifies:
        return design.treatment
    return adoption.policy or SLOPE_POLICY


def _from_years(sample: Sample, design: Design, column: str) -> Floats:
    values = sample.column(column)
    where = f"{design_label(design)}, column '{column}'"
    odd = (values != 0) & ((values % 1 != 0) | (values < 1000) | (values > 9999))
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise SampleError(
            f"{where}, city {sample.cities[sample.city[row]]}",
            expected="a year of four digits, or nothing or 0 for a city that never adopts",
            found=f"{values[row]:g}",
            hint="correct the column",
        )
    first = np.empty(len(sample.cities))
    first[sample.city[::-1]] = values[::-1]
    other = first[sample.city] != values
    if other.any():
        row = int(np.flatnonzero(other)[0])
        raise SampleError(
            f"{where}, city {sample.cities[sample.city[row]]}, year {sample.year[row]}",
            expected="one year of adoption in all rows of a city",
            found=f"{first[sample.city[row]]:g} and {values[row]:g}",
            hint="correct the column",
        )
    adopted = np.where(values == 0, NEVER, values)
    if design.adoption is not None and not design.adoption.amplifies:
        _check_agrees(sample, design, adopted)
    return adopted


def _check_agrees(sample: Sample, design: Design, adopted: Floats) -> None:
    """Refuse a column of the treatment's name that is not the policy of the years."""
    other = sample.treatment != (sample.year >= adopted)
    if other.any():
        row = int(np.flatnonzero(other)[0])
        raise SampleError(
            f"{design_label(design)}, column '{design.treatment}', city "
            f"{sample.cities[sample.city[row]]}, year {sample.year[row]}",
            expected=f"1 from the year of adoption on ({adopted[row]:g}), 0 before",
            found=f"{sample.treatment[row]:g} ({int(other.sum())} such rows)",
            hint="correct one of the columns, or give the treatment another name",
        )
