"""What an event study's years before adoption can tell: tests, their power, honest bounds."""

import numpy as np

from estimation.designs import design_label
from estimation.parts.adoption_rows import NAN, About, check_row
from estimation.results import Check
from estimation.samples.sample import Floats
from estimation.staggered.effects import Effects, joint_df, joint_test
from estimation.staggered.honest import (
    Path,
    honest_path,
    relative_bounds,
    relative_breakdown,
    smoothness_bounds,
    smoothness_breakdown,
)
from estimation.staggered.pretrends import DetectableTrend, detectable_trend
from geo.errors import SampleError

POWERS = (0.5, 0.8)
"""Probabilities with which a detectable trend is found."""


def with_errors(
    effects: Effects, at: Floats, *, reference: float
) -> tuple[Effects, Floats, tuple[float, ...]]:
    """The years around the reference up to the first on either side without a standard error.

    Parameters
    ----------
    effects : Effects
        By years since adoption, the reference not among them.
    at : float array, shape (m,)
    reference : float

    Returns
    -------
    (Effects, float array, tuple of float)
        Effects and years kept, and the years left out.
    """
    without = at[~(effects.std_error > 0)]
    low = without[without < reference].max(initial=-np.inf)
    high = without[without > reference].min(initial=np.inf)
    kept = (at > low) & (at < high)
    return effects.taken(np.flatnonzero(kept)), at[kept], tuple(map(float, at[~kept]))


def pre_trend_rows(
    about: About,
    effects: Effects,
    at: Floats,
    *,
    reference: float,
    check: str = "pre_trend",
) -> tuple[list[Check], list[str]]:
    """The joint test of effects before adoption, and notes where there is none.

    Parameters
    ----------
    about : About
    effects : Effects
        By years since adoption, the reference not among them.
    at : float array, shape (m,)
    reference : float
    check : str
        Name of the check.

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
    return rows, []


def power_rows(
    about: About, effects: Effects, at: Floats, *, reference: float, check: str = "pre_trend"
) -> list[Check]:
    """The linear trends that tests of pre-trends find with 50 and 80 %, and what they would do.

    Parameters
    ----------
    about : About
    effects : Effects
        By years since adoption, all with errors (:func:`with_errors`), without the reference.
    at : float array, shape (m,)
    reference : float
    check : str
        Name of the check that is meant.

    Returns
    -------
    list of Check
        None where there is no year before the reference: the test says so.
    """
    if not (at < reference).any():
        return []
    after, before = at >= 0, np.flatnonzero(at < reference)
    weights = after / max(int(after.sum()), 1)
    df = joint_df(effects.taken(before), before.size)
    rows = []
    # Where the joint test is not made, its row says so, and it has no power to tell.
    for joint in (False, True) if df > 0 else (False,):
        for power in POWERS:
            subject = f"{100 * power:.0f} % power, {'joint test' if joint else 'single t tests'}"
            try:
                found = detectable_trend(
                    at,
                    effects.covariance,
                    weights,
                    reference=reference,
                    power=power,
                    joint=joint,
                    df=df,
                    seed=about.design.seed,
                )
            except SampleError as error:
                note = f"not told: {error}"
                rows.append(check_row(about, f"{check}_power", subject, "", NAN, note=note))
                continue
            rows += _trend(about, f"{check}_power", subject, found, _years(at[after]))
    return rows


def _trend(
    about: About, check: str, subject: str, found: DetectableTrend, years: str
) -> list[Check]:
    """A trend that is found, and what it does where it is not."""
    slope = (
        "a linear trend that is found with this probability (Roth 2022); reference is what it "
        f"would add to the average {years}"
    )
    bias = (
        f"what such a trend adds to the average {years} in samples that pass; reference is what "
        "it adds in all samples"
    )
    name = "bias where nothing was found"
    return [
        check_row(about, check, subject, "slope a year", found.slope, reference=found.bias,
                  note=slope),
        check_row(about, check, subject, name, found.bias_if_passed, reference=found.bias,
                  note=bias),
    ]  # fmt: skip


def _years(at: Floats) -> str:
    """Years after adoption that an average is over."""
    if at.size == 0:
        return "after adoption"
    return f"of years {at.min():g} to {at.max():g} since adoption"


def honest_rows(
    about: About, effects: Effects, at: Floats, *, reference: float
) -> tuple[list[Check], list[str]]:
    """Bounds of the average effect after adoption where trends are not parallel.

    Parameters
    ----------
    about : About
    effects : Effects
        By years since adoption, all with one base year and with errors (:func:`with_errors`), the
        reference not among them.
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
    after = at[at > reference] >= 0
    try:
        path = honest_path(
            at,
            effects.estimate,
            effects.covariance,
            reference=reference,
            target=after / max(int(after.sum()), 1),
            seed=about.design.seed,
        )
    except SampleError as error:
        return [], [f"{label}: {error}"]
    note = (
        f"95 % set of the average effect {_years(at[at >= 0])} (Rambachan and Roth 2023) where "
        "trends differ"
    )
    relative = _relative_rows(about, path, adoption.relative, note)
    return [*relative, *_smooth_rows(about, path, adoption.smooth, note)], []


def _relative_rows(about: About, path: Path, sizes: tuple[float, ...], note: str) -> list[Check]:
    """Sets where changes after adoption are bounded by the largest before it."""
    rows = []
    for size in sizes:
        subject = f"changes up to {size:g} x the largest before"
        ends = relative_bounds(path, size)
        rows += _ends(about, subject, ends, f"{note} by such changes from year to year")
    if sizes:
        subject = "changes relative to the largest before"
        least = "the least multiple at which no effect cannot be ruled out"
        found = relative_breakdown(path)
        rows.append(check_row(about, "honest_bounds", subject, "breakdown Mbar", found, note=least))
    return rows


def _smooth_rows(about: About, path: Path, sizes: tuple[float, ...], note: str) -> list[Check]:
    """Intervals where the trend bends by so much a year."""
    rows = []
    for size in sizes:
        subject = f"slope of the trend changes up to {size:g} a year"
        rows += _ends(
            about, subject, smoothness_bounds(path, size), f"{note} by trends that bend so much"
        )
    if sizes:
        least = "the least change of slope a year at which no effect cannot be ruled out"
        found = smoothness_breakdown(path)
        subject = "slope of the trend"
        rows.append(check_row(about, "honest_bounds", subject, "breakdown M", found, note=least))
    return rows


def _ends(about: About, subject: str, ends: tuple[float, float], note: str) -> list[Check]:
    low, high = ends
    return [
        check_row(about, "honest_bounds", subject, "lower end", low, reference=high, note=note),
        check_row(about, "honest_bounds", subject, "upper end", high, reference=low, note=note),
    ]
