"""Rows of a staggered adoption: effects, event studies, checks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from estimation.designs import Design
from estimation.inference.bands import Band
from estimation.inference.intervals import interval
from estimation.parts.estimate_row import blank_row
from estimation.results import Check, CurvePoint, Estimate
from estimation.samples.sample import Floats
from estimation.staggered.effects import Effects, uniform_band

NAN = float("nan")
ONE_CITY = "rests on one treated cluster: no standard error"
SINCE = "years since adoption"


@dataclass(frozen=True, slots=True)
class About:
    """What all rows of one estimator on one design share."""

    design: Design
    """The design."""
    variant: str
    """The estimator."""
    n: int
    """City-years used."""
    se_type: str
    """How errors are clustered."""
    note: str = ""
    """What a reader of each row must know."""
    covariates: tuple[str, ...] = ()
    """Covariates that play a part."""


def estimate_rows(
    about: About, effects: Effects, *, part: str, terms: Sequence[str]
) -> list[Estimate]:
    """Effects as rows of the table of estimates.

    Parameters
    ----------
    about : About
    effects : Effects
        m effects.
    part : str
    terms : sequence of str
        m names.

    Returns
    -------
    list of Estimate
    """
    design = about.design
    rows = []
    columns = (terms, effects.estimate, effects.std_error, effects.df_of_each)
    for term, value, error, df in zip(*columns, strict=True):
        statistic, p_value, low, high = interval(float(value), float(error), df=float(df))
        rows.append(
            replace(
                blank_row(design, about.variant, part=part, term=term),
                estimate=float(value),
                std_error=float(error),
                statistic=statistic,
                p_value=p_value,
                ci_low=low,
                ci_high=high,
                n=about.n,
                n_clusters=int(effects.df) + 1,
                se_type=about.se_type,
                df=float(df),
                std_error_cluster=float(error),
                lowest=float(value),
                highest=float(value),
                learner="linear",
                controls=";".join(about.covariates),
                note="; ".join(filter(None, (about.note, "" if error >= 0 else ONE_CITY))),
            )
        )
    return rows


def curve_rows(about: About, effects: Effects, at: Floats, *, curve: str) -> tuple[CurvePoint, ...]:
    """Effects by years since adoption as points of a curve, with intervals and a uniform band.

    Parameters
    ----------
    about : About
    effects : Effects
    at : float array, shape (m,)
    curve : str

    Returns
    -------
    tuple of CurvePoint
    """
    band: Band = uniform_band(effects, seed=about.design.seed)
    columns = (
        at, band.estimate, band.std_error,
        band.low, band.high, band.uniform_low, band.uniform_high,
    )  # fmt: skip
    design = about.design
    return tuple(
        CurvePoint(design.name, about.variant, curve, design.treatment, SINCE, *map(float, point))
        for point in zip(*columns, strict=True)
    )


def check_row(
    about: About,
    check: str,
    subject: str,
    statistic: str,
    value: float,
    *,
    reference: float = NAN,
    p_value: float = NAN,
    verdict: str = "",
    note: str = "",
) -> Check:
    """One check of an estimator."""
    return Check(
        about.design.name,
        about.variant,
        check,
        subject,
        statistic,
        float(value),
        float(reference),
        float(p_value),
        verdict,
        note,
    )
