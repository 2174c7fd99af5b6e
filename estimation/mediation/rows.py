"""Mediation as rows of the tables of estimates, checks and curves."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from estimation.designs import Design
from estimation.inference.few_clusters import are_few
from estimation.inference.intervals import interval
from estimation.mediation.estimate import Mediation, rho_curve
from estimation.mediation.figures import ALL, DIRECT, TOTAL
from estimation.mediation.words import METHODS
from estimation.results import Check, CurvePoint, Estimate
from estimation.samples.sample import Floats

CURVE = "error_correlation"
NAN = float("nan")
OTHER = {"percentile": "bca", "bca": "percentile"}


def rows_of(found: Mediation, blank: Estimate, design: Design) -> Iterator[Estimate]:
    """Total, direct and indirect effects, paths, other intervals, shares.

    Parameters
    ----------
    found : Mediation
    blank : Estimate
        What the design says of itself, with its learner and effects.
    design : Design

    Yields
    ------
    Estimate
        ``std_error`` is the standard deviation of the draws, ``std_error_cluster`` that of the
        delta method; interval and p value are the bootstrap's, but of rows ``indirect_sobel``.
    """
    every = _terms(found, design)
    for part, term, place in every:
        yield _bootstrapped(found, blank, design, (part, term, place), found.method)
    through = [one for one in every if one[0] == "indirect"]
    other = OTHER[found.method]
    for part, term, place in through:
        label = (f"{part}_{other}", f"{term}, {METHODS[other]}", place)
        yield _bootstrapped(found, blank, design, label, other)
        yield _sobel(found, blank, design, term, place)
    if not found.total_is_near_zero:
        yield from _shares(found, blank, design)


def checks_of(found: Mediation, blank: Estimate, design: Design) -> Iterator[Check]:
    """The correlation of errors at which each indirect effect is zero."""
    for name, zero_at in zip(found.names, found.zero_at, strict=True):
        yield Check(
            design=design.name,
            variant=blank.variant,
            check="mediation",
            subject=f"{design.treatment} through {name}",
            statistic="correlation of errors at which it is zero",
            value=float(zero_at),
            reference=NAN,
            p_value=NAN,
            verdict="",
            note="an unseen cause of mediator and outcome that correlates their errors by so much "
            "would explain the whole indirect effect; other mediators are taken to be right",
        )


def curves_of(found: Mediation, blank: Estimate, design: Design) -> Iterator[CurvePoint]:
    """Each indirect effect along the correlation of errors."""
    for position, name in enumerate(found.names):
        curve = rho_curve(found, position)
        for place, rho in enumerate(found.rho):
            yield CurvePoint(
                design=design.name,
                variant=blank.variant,
                curve=CURVE,
                term=f"{design.treatment} through {name}",
                along=f"correlation of the errors of {name} and {design.outcome}",
                at=float(rho),
                effect=float(curve.effect[place]),
                std_error=float(curve.std_error[place]),
                ci_low=float(curve.interval[place, 0]),
                ci_high=float(curve.interval[place, 1]),
                band_low=float(curve.band[place, 0]),
                band_high=float(curve.band[place, 1]),
            )


def _terms(found: Mediation, design: Design) -> list[tuple[str, str, int]]:
    """Part, term and place of every figure that has a row."""
    d, layout = design.treatment, found.layout
    rows = [
        ("total", f"total effect of {d}", TOTAL),
        ("direct", f"direct effect of {d}", DIRECT),
    ]
    for position, name in enumerate(found.names):
        rows.append(("indirect", f"{d} through {name}", layout.indirect.start + position))
    if len(found.names) > 1:
        rows.append(("indirect", f"{d} through all mediators", ALL))
    for position, name in enumerate(found.names):
        rows.append(("path", f"{d} to {name}", layout.to_mediator.start + position))
        rows.append(("path", f"{name} to {design.outcome}", layout.to_outcome.start + position))
    return rows


def _counted(found: Mediation, blank: Estimate) -> Estimate:
    return replace(blank, n=found.n, n_clusters=found.clusters)


def _name_of_clusters(design: Design) -> str:
    return "row" if design.rows_alone else design.cluster[0]


def _bootstrapped(
    found: Mediation,
    blank: Estimate,
    design: Design,
    label: tuple[str, str, int],
    method: str,
) -> Estimate:
    part, term, place = label
    low, high = getattr(found, method)[place]
    estimate, error = float(found.estimate[place]), float(found.std_error[place])
    third = float(found.std_error_jackknife[place]) if are_few(found.clusters) else NAN
    each = found.bootstrap.each[:, place]
    return replace(
        _counted(found, blank),
        part=part,
        term=term,
        estimate=estimate,
        std_error=error,
        statistic=estimate / error,
        p_value=float((found.p_bca if method == "bca" else found.p_percentile)[place]),
        ci_low=float(low),
        ci_high=float(high),
        se_type=f"{_name_of_clusters(design)} bootstrap",
        std_error_cluster=float(found.std_error_delta[place]),
        std_error_jackknife=third,
        lowest=float(each.min()),
        highest=float(each.max()),
        note=f"{METHODS[method]} interval" + ("" if np.isfinite(low) else ": there is none"),
    )


def _sobel(found: Mediation, blank: Estimate, design: Design, term: str, place: int) -> Estimate:
    """The product of coefficients with its delta-method error and Student's t."""
    estimate, error = float(found.estimate[place]), float(found.std_error_delta[place])
    df = float(found.clusters - 1)
    statistic, p_value, low, high = interval(estimate, error, df=df)
    each = found.bootstrap.each[:, place]
    return replace(
        _counted(found, blank),
        part="indirect_sobel",
        term=f"{term}, Sobel",
        estimate=estimate,
        std_error=error,
        statistic=statistic,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        se_type=f"{_name_of_clusters(design)}, delta method",
        df=df,
        std_error_cluster=error,
        lowest=float(each.min()),
        highest=float(each.max()),
        note="for comparison: a product of coefficients is not normal",
    )


def _shares(found: Mediation, blank: Estimate, design: Design) -> Iterator[Estimate]:
    names = [f"{design.treatment} through {name}" for name in found.names]
    rows: list[tuple[str, Floats]] = list(zip(names, found.shares[1:], strict=True))
    if len(names) > 1:
        rows.append((f"{design.treatment} through all mediators", found.shares[0]))
    for term, (estimate, low, high, lowest, highest) in rows:
        yield replace(
            _counted(found, blank),
            part="share",
            term=f"{term}: share of total",
            estimate=float(estimate),
            ci_low=float(low),
            ci_high=float(high),
            se_type=f"{_name_of_clusters(design)} bootstrap",
            lowest=float(lowest),
            highest=float(highest),
            note="percentile interval of the ratio",
        )
