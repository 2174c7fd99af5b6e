"""Parts and copies of a sample: one side of a median split, outliers drawn in.

Both depend on the variant: ``faithful`` does what Yu and Zhang do (city-years cut by their own
value, every variable winsorised), the others what leaves the panel's cities whole and the controls
as they are.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from estimation.designs import Design, Split
from estimation.samples.rules import STAGE
from estimation.samples.sample import Floats, Sample, take
from geo.audit import AuditRow
from geo.errors import SampleError


def sample_of_variant(sample: Sample, design: Design, *, faithful: bool) -> Sample:
    """The sample as a variant uses it.

    Parameters
    ----------
    sample : Sample
        As from :func:`estimation.samples.sample.build_sample`.
    design : Design
    faithful : bool
        Whether it is the paper's own way.

    Returns
    -------
    Sample
        The same one where the design neither splits nor winsorises.

    Raises
    ------
    SampleError
        Nothing is left on the side asked for.
    """
    if design.split is not None:
        sample = split_sample(sample, design.split, of=design, by_city=not faithful)
    if design.winsorise is not None:
        sample = winsorised(sample, design.winsorise, of=design, every=faithful)
    return sample


def split_sample(sample: Sample, split: Split, *, of: Design, by_city: bool) -> Sample:
    """One side of the median of a column.

    Parameters
    ----------
    sample : Sample
    split : Split
    of : Design
        Whose columns the names are.
    by_city : bool
        Cut cities by their value in their first year (the median is over cities), or city-years by
        their own.

    Returns
    -------
    Sample

    Raises
    ------
    SampleError
        Nothing is left on the side asked for.
    """
    values = split_values(sample, split.column, of)
    if by_city:
        first = np.searchsorted(sample.city, np.arange(len(sample.cities)))
        base = values[first]
        above = (base > np.median(base))[sample.city]
        cut = "city's value in its first year"
    else:
        above = values > np.median(values)
        cut = "city-year's own value"
    kept: NDArray[np.bool_] = above if split.side == "high" else ~above
    if not above.any():
        raise SampleError(
            f"{sample.label}, split by '{split.column}'",
            expected="values above the median",
            found="none: half of them or more are the largest",
            hint="split by another column",
        )
    detail = f"{int((~kept).sum())} city-years on the other side of the median of the {cut}"
    row = AuditRow(STAGE, "other_side_of_split", sample.label, detail, int((~kept).sum()))
    return take(sample, kept, [row])


def split_values(sample: Sample, column: str, of: Design) -> Floats:
    """A column of the design by its name, whatever its part, shape (n,)."""
    if column == of.treatment:
        return sample.treatment
    if column == of.outcome:
        return sample.outcome
    return sample.column(column)


def winsorised(sample: Sample, shares: tuple[float, float], *, of: Design, every: bool) -> Sample:
    """Values beyond two quantiles of the whole sample become these quantiles.

    Parameters
    ----------
    sample : Sample
    shares : (float, float)
        Lower and upper quantile.
    of : Design
        Whose columns they are.
    every : bool
        All variables, or outcome and treatments only.

    Returns
    -------
    Sample
        Quantiles are between neighbouring values, as numpy's default. One audit row for each
        column of which a value is moved.
    """
    rows: list[AuditRow] = []

    def drawn_in(values: Floats, name: str) -> Floats:
        if not (every or name in {of.outcome, *of.treatments}):
            return values
        low, high = np.quantile(values, shares)
        moved = np.asarray(np.clip(values, low, high), dtype=np.float64)
        count = int((moved != values).sum())
        if count:
            detail = f"{count} values drawn in to quantiles {shares[0]:g} and {shares[1]:g}: "
            detail += f"{low:g} and {high:g}"
            subject = f"{sample.label}, column '{name}'"
            rows.append(AuditRow(STAGE, "winsorised", subject, detail, count))
        return moved

    def all_drawn_in(values: Floats, names: tuple[str, ...]) -> Floats:
        if not names:
            return values
        columns = zip(values.T, names, strict=True)
        return np.column_stack([drawn_in(column, name) for column, name in columns])

    moved = replace(
        sample,
        outcome=drawn_in(sample.outcome, of.outcome),
        treatment=drawn_in(sample.treatment, of.treatment),
        controls=all_drawn_in(sample.controls, sample.control_names),
        others=all_drawn_in(sample.others, sample.other_names),
    )
    return replace(moved, audit=(*sample.audit, *rows))
