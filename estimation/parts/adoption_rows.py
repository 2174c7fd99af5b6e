"""Rows of a staggered adoption: effects, event studies, checks and bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from estimation.designs import Design, design_label
from estimation.inference.bands import Band
from estimation.inference.intervals import interval
from estimation.parts.estimate_row import blank_row
from estimation.results import Check, CurvePoint, Estimate
from estimation.samples.sample import Floats
from estimation.staggered.effects import Effects, joint_test, uniform_band
from estimation.staggered.honest import (
    honest_path,
    relative_bounds,
    relative_breakdown,
    smoothness_bounds,
    smoothness_breakdown,
)
from estimation.staggered.pretrends import DetectableTrend, detectable_trend
from geo.errors import SampleError

NAN = float("nan")
POWERS = (0.5, 0.8)
"""Probabilities with which a detectable trend is found."""
ONE_CITY = "rests on one treated cluster: no standard error"
SINCE = "years since adoption"


@dataclass(frozen=True, slots=True)
class Told:
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


def estimate_rows(
    about: Told, effects: Effects, *, part: str, terms: Sequence[str]
) -> list[Estimate]:
    """Effects as rows of the table of estimates.

    Parameters
    ----------
    about : Told
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
    adoption = design.adoption
    covariates = () if adoption is None else adoption.covariates
    rows = []
    for term, value, error in zip(terms, effects.estimate, effects.std_error, strict=True):
        statistic, p_value, low, high = interval(float(value), float(error), df=effects.df)
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
                df=effects.df,
                std_error_cluster=float(error),
                lowest=float(value),
                highest=float(value),
                learner="linear",
                controls=";".join(covariates),
                note="; ".join(filter(None, (about.note, "" if error >= 0 else ONE_CITY))),
            )
        )
    return rows


def curve_rows(about: Told, effects: Effects, at: Floats, *, curve: str) -> tuple[CurvePoint, ...]:
    """Effects by years since adoption as points of a curve, with intervals and a uniform band.

    Parameters
    ----------
    about : Told
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
    about: Told,
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


def pre_trend_rows(
    about: Told,
    effects: Effects,
    at: Floats,
    *,
    reference: float,
    check: str = "pre_trend",
    power: bool = True,
) -> tuple[list[Check], list[str]]:
    """The joint test of effects before adoption, its power, and notes where there is none.

    Parameters
    ----------
    about : Told
    effects : Effects
        By years since adoption, the reference not among them.
    at : float array, shape (m,)
    reference : float
    check : str
        Name of the check.
    power : bool
        Whether to tell what the test can see.

    Returns
    -------
    (list of Check, list of str)
    """
    where = f"{design_label(about.design)}: {about.variant}: {check.replace('_', ' ')}"
    before = np.flatnonzero((at < reference) & (effects.std_error > 0))
    subject = about.design.treatment
    if before.size == 0:
        why = "no year before adoption with an error beside the year of reference"
        return [check_row(about, check, subject, "", NAN, note=f"not tested: {why}")], [
            f"{where} not tested: {why}"
        ]
    try:
        test = joint_test(effects.taken(before), where=where)
    except SampleError as error:
        return [check_row(about, check, subject, "", NAN, note=f"not tested: {error}")], [
            f"{where} not tested: {error}"
        ]
    first, last = at[before].min(), at[before].max()
    rows = [
        check_row(
            about,
            check,
            subject,
            f"F({test.q}, {test.df:g})",
            test.statistic,
            p_value=test.p_value,
            verdict="failed" if test.p_value < 0.05 else "passed",
            note=f"years {first:g} to {last:g} since adoption jointly nought; passing proves "
            "nothing where the test has little power: see the trends that it would miss",
        )
    ]
    if power:
        rows += _power_rows(about, effects, at, reference, check)
    return rows, []


def _power_rows(
    about: Told, effects: Effects, at: Floats, reference: float, check: str
) -> list[Check]:
    """The linear trends that the tests find with 50 and 80 %, and what they would do."""
    known = np.flatnonzero(effects.std_error > 0)
    told, years = effects.taken(known), at[known]
    after = years >= 0
    weights = after / max(int(after.sum()), 1)
    rows = []
    for joint in (False, True):
        for power in POWERS:
            name = "joint test" if joint else "single t tests"
            subject = f"{100 * power:.0f} % power, {name}"
            try:
                found: DetectableTrend = detectable_trend(
                    years,
                    told.covariance,
                    weights,
                    reference=reference,
                    power=power,
                    joint=joint,
                    df=told.df,
                    seed=about.design.seed,
                )
            except SampleError as error:
                rows.append(
                    check_row(about, f"{check}_power", subject, "", NAN, note=f"not told: {error}")
                )
                continue
            rows.append(
                check_row(
                    about,
                    f"{check}_power",
                    subject,
                    "slope a year",
                    found.slope,
                    reference=found.bias,
                    note="a linear trend that is found with this probability (Roth 2022); "
                    "reference is what it would add to the average of the years told after "
                    "adoption",
                )
            )
            rows.append(
                check_row(
                    about,
                    f"{check}_power",
                    subject,
                    "bias where nothing was found",
                    found.bias_if_passed,
                    reference=found.bias,
                    note="what such a trend adds to the average after adoption in samples that "
                    "pass; reference is what it adds in all samples",
                )
            )
    return rows


def honest_rows(
    about: Told, effects: Effects, at: Floats, *, reference: float
) -> tuple[list[Check], list[str]]:
    """Bounds of the average effect after adoption where trends are not parallel.

    Parameters
    ----------
    about : Told
    effects : Effects
        By years since adoption, all with one base year, the reference not among them.
    at : float array, shape (m,)
    reference : float

    Returns
    -------
    (list of Check, list of str)
        Rows, and a note where there are none.
    """
    adoption = about.design.adoption
    label = f"{design_label(about.design)}: {about.variant}: honest bounds not told"
    if adoption is None or not (adoption.relative or adoption.smooth):
        return [], []
    after = at > reference
    target = (at[after] >= 0) / max(int((at >= 0).sum()), 1)
    try:
        path = honest_path(
            at,
            effects.estimate,
            effects.covariance,
            reference=reference,
            target=target,
            seed=about.design.seed,
        )
    except SampleError as error:
        return [], [f"{label}: {error}"]
    note = (
        "95 % set of the average effect in the years told after adoption (Rambachan and Roth "
        "2023) where trends differ"
    )
    rows = []
    for size in adoption.relative:
        ends = relative_bounds(path, size)
        subject = f"changes up to {size:g} x the largest before"
        rows += _ends(about, subject, ends, f"{note} by such changes from year to year")
    if adoption.relative:
        rows.append(
            check_row(
                about,
                "honest_bounds",
                "changes relative to the largest before",
                "breakdown Mbar",
                relative_breakdown(path),
                note="the least multiple at which no effect cannot be ruled out",
            )
        )
    for size in adoption.smooth:
        ends = smoothness_bounds(path, size)
        subject = f"slope of the trend changes up to {size:g} a year"
        rows += _ends(about, subject, ends, f"{note} by trends that bend so much")
    if adoption.smooth:
        rows.append(
            check_row(
                about,
                "honest_bounds",
                "slope of the trend",
                "breakdown M",
                smoothness_breakdown(path),
                note="the least change of slope a year at which no effect cannot be ruled out",
            )
        )
    return rows, []


def _ends(about: Told, subject: str, ends: tuple[float, float], note: str) -> list[Check]:
    low, high = ends
    return [
        check_row(about, "honest_bounds", subject, "lower end", low, reference=high, note=note),
        check_row(about, "honest_bounds", subject, "upper end", high, reference=low, note=note),
    ]
