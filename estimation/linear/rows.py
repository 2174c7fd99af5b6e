"""Linear two-way fixed effects of a design, and their rows in the table of estimates."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from estimation.designs import Design, design_label
from estimation.dml import outcome_determined
from estimation.inference.few_clusters import WildFigures, are_few, wild_figures
from estimation.linear.cross_section import EFFECTS, fit_cross_section
from estimation.linear.fixed_effects import (
    CITY,
    CITY_AND_YEAR,
    CRV3_OF,
    PROVINCE,
    ROBUST,
    LinearModel,
    PanelFit,
    fit_panel,
)
from estimation.linear.instruments import fit_instrumented
from estimation.parts.estimate_row import blank_row, in_scaling
from estimation.parts.families import with_holm
from estimation.parts.rows import NOTES
from estimation.problems.moving import CARRIED, check_moving, few_moving, moving_clusters
from estimation.problems.problem import pose
from estimation.problems.terms import Terms, treatment_terms
from estimation.problems.transforms import within
from estimation.results import Estimate
from estimation.samples.sample import Sample
from estimation.vocabulary import LINEAR

NAN = float("nan")
_ERRORS = {
    frozenset({"city"}): CITY,
    frozenset({"province"}): PROVINCE,
    frozenset({"city", "year"}): CITY_AND_YEAR,
}


@dataclass(frozen=True, slots=True)
class LinearEstimate:
    """Linear two-way fixed effects of a design."""

    design: Design
    """The design."""
    terms: Terms
    """Its terms."""
    fit: PanelFit
    """Coefficients of the terms."""
    moving: tuple[int, ...]
    """Clusters in which each term moves."""
    sample: Sample
    """The sample, in levels."""


def linear_estimate(sample: Sample, design: Design) -> LinearEstimate:
    """Regress the outcome on the design's terms and controls with city and year effects.

    Parameters
    ----------
    sample : Sample
    design : Design
        With an instrument, two-stage least squares.

    Returns
    -------
    LinearEstimate

    Raises
    ------
    SampleError
        Effects and controls determine a term, with the terms they determine the outcome, a term
        moves in one cluster only, or no row is left.
    """
    terms = treatment_terms(sample, design)
    where = f"{sample.label}, linear two-way fixed effects"
    province = None
    if "province" in sample.grouping_names:
        province = sample.groupings[:, sample.grouping_names.index("province")]
    model = LinearModel(
        outcome=sample.outcome,
        terms=terms.levels,
        term_names=terms.names,
        controls=sample.controls,
        control_names=sample.control_names,
        city=sample.city,
        year=sample.year,
        province=province,
        label=sample.label,
    )
    if design.cross_section:
        fit = fit_cross_section(model, sample.groupings[:, 0])
        if fit.final.determined:
            raise outcome_determined(where)
        return LinearEstimate(design, terms, fit, (fit.n,) * len(terms.names), sample)
    if design.instrument is None:
        fit = fit_panel(model)
    else:
        instruments = sample.column(design.instrument)[:, None]
        fit = fit_instrumented(replace(model, instruments=instruments))
    if fit.final.determined:
        raise outcome_determined(where)
    problem = pose(sample, within(sample), terms, design, where=where)
    moving = moving_clusters(problem, sample.year[problem.rows], in_levels=False)
    check_moving(moving, [f"column '{name}'" for name in terms.names], where=where, hint=CARRIED)
    return LinearEstimate(design, terms, fit, moving, sample)


def linear_rows(estimate: LinearEstimate) -> list[Estimate]:
    """Linear two-way fixed effects as rows of the table of estimates.

    Parameters
    ----------
    estimate : LinearEstimate

    Returns
    -------
    list of Estimate
        One for every term and scaling, clustered as the design says where linear fixed effects can
        be (city, province, city and year), else by city.
    """
    terms = estimate.terms
    fitted = [_row(estimate, position) for position in range(len(terms.names))]
    rows = [
        in_scaling(row, scaling, float(factors[position]))
        for scaling, factors in terms.scalings.items()
        for position, row in enumerate(fitted)
    ]
    return with_holm(rows, estimate.design)


def _row(estimate: LinearEstimate, position: int) -> Estimate:
    """The fitted coefficient of a term and all that is said of it."""
    design, fit = estimate.design, estimate.fit
    errors = _errors(design)
    clusters = fit.clusters[errors]
    theta, std_error = float(fit.theta[position]), float(fit.std_errors(errors)[position])
    few = errors in CRV3_OF and are_few(clusters)
    wild = _wild(estimate, position, errors) if few else WildFigures()
    blank = blank_row(design, LINEAR, part="effect", term=estimate.terms.names[position])
    return replace(
        blank,
        effects=EFFECTS if design.cross_section else blank.effects,
        estimate=theta,
        std_error=std_error,
        n=fit.n,
        n_clusters=clusters,
        se_type=_name_of_errors(design, errors),
        df=float(clusters - 1),
        std_error_robust=float(fit.std_errors(ROBUST)[position]),
        std_error_cluster=std_error,
        std_error_jackknife=float(fit.std_errors(CRV3_OF[errors])[position]) if few else NAN,
        p_value_wild=wild.p_value,
        ci_low_wild=wild.ci_low,
        ci_high_wild=wild.ci_high,
        lowest=theta,
        highest=theta,
        learner="linear",
        treatment_residual_variance=float(fit.left_variance[position]),
        note="; ".join((*_notes(estimate, position), *_of_errors(std_error, clusters, wild))),
    )


def _errors(design: Design) -> str:
    """Which covariance a row has; rows of a cross-section that stand for themselves are robust."""
    if design.cross_section and design.cluster == ("city",):
        return ROBUST
    return _ERRORS.get(frozenset(design.cluster), CITY)


def _name_of_errors(design: Design, errors: str) -> str:
    if design.cross_section and errors == CITY:
        return design.cluster[0]
    return "city+year" if errors == CITY_AND_YEAR else errors


def _wild(estimate: LinearEstimate, position: int, errors: str) -> WildFigures:
    """The wild bootstrap of a term, in units of the term.

    Years and controls are among the regressors, so that each draw estimates them anew; with an
    instrument they are taken out beforehand.
    """
    fit = estimate.fit
    if fit.final.W is not None and len(fit.names) > 1:
        return WildFigures()
    if not np.isfinite(fit.std_errors(errors)[position]):
        return WildFigures(why_not="no wild bootstrap without it")
    found = wild_figures(
        fit.final.u,
        fit.final.V,
        fit.final.W,
        fit.final.clusters[errors],
        seed=estimate.design.seed,
        term=position,
        where=f"{design_label(estimate.design)}, linear two-way fixed effects, wild bootstrap",
    )
    unit = float(fit.final.units[position])
    return replace(found, ci_low=unit * found.ci_low, ci_high=unit * found.ci_high)


def _of_errors(std_error: float, clusters: int, wild: WildFigures) -> Iterator[str]:
    if not np.isfinite(std_error):
        yield f"no clustered error: of {clusters} clusters nothing but rounding is left in it"
    if wild.why_not:
        yield wild.why_not


def _notes(estimate: LinearEstimate, position: int) -> list[str]:
    fit, notes = estimate.fit, [NOTES[LINEAR]]
    carried = few_moving(estimate.moving[position])
    if carried and estimate.moving[position] < fit.clusters[CITY]:
        notes.append(carried)
    if fit.collinear:
        notes.append(f"collinear and left out: {', '.join(fit.collinear)}")
    if fit.lost_rows:
        notes.append(f"{fit.lost_rows} rows alone in their city or year left out")
    if fit.first_stage is not None:
        notes.append(f"first-stage F {float(np.asarray(fit.first_stage)[position]):.4g}")
    if frozenset(estimate.design.cluster) not in _ERRORS and not estimate.design.cross_section:
        notes.append("clustered by city: other clusters are for the variants that learn")
    return notes
