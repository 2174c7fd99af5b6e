"""Linear two-way fixed effects of a design, and their rows in the table of estimates."""

from dataclasses import dataclass, replace

import numpy as np

from estimation.designs import Design, design_label
from estimation.dml import outcome_determined
from estimation.inference.few_clusters import are_few
from estimation.instruments.keys import instruments_of, lag_of
from estimation.linear.driscoll_kraay import default_lag, year_gaps
from estimation.linear.fixed_effects import CITY, LinearModel, PanelFit, fit_panel
from estimation.linear.keys import JOINED, own_effects
from estimation.linear.printed import Printed, fitted_row, printed_errors, told_in
from estimation.linear.regression import DRISCOLL_KRAAY, clustered_name, fit_regression
from estimation.linear.residualised import Regression
from estimation.linear.within import combined
from estimation.parts.families import with_holm
from estimation.parts.rows import NOTES
from estimation.problems.moving import CARRIED, check_moving, few_moving, moving_clusters
from estimation.problems.problem import pose
from estimation.problems.terms import Terms, treatment_terms
from estimation.problems.transforms import within
from estimation.results import Estimate
from estimation.samples.sample import Floats, Integers, Sample
from estimation.vocabulary import LINEAR

LAGGED = (
    "lagged treatment as instrument: weak as evidence, and invalid where errors are serially "
    "correlated, for they reach last year's treatment; see the Anderson-Rubin set"
)
WARNING = "WARNING:"
LEAST_YEARS = 20
"""Fewer years give Driscoll and Kraay's errors little to rest on."""


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

    @property
    def printed(self) -> Printed:
        """The errors that its rows print."""
        return printed_errors(self.design, self.fit, lag=error_lags(self.sample, self.design))


def linear_estimate(sample: Sample, design: Design) -> LinearEstimate:
    """Regress the outcome on the design's terms and controls with its effects.

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
    fit = fitted(sample, design, terms)
    if fit.final.determined:
        raise outcome_determined(where)
    moving = tuple(fit.n_cities for _ in terms.names)
    if "city" in design.absorbed:
        problem = pose(sample, within(sample), terms, design, where=where)
        moving = moving_clusters(problem, sample.year[problem.rows], in_levels=False)
        names = [f"column '{name}'" for name in terms.names]
        check_moving(moving, names, where=where, hint=CARRIED)
    return LinearEstimate(design, terms, fit, moving, sample)


def fitted(sample: Sample, design: Design, terms: Terms) -> PanelFit:
    """The fit of some terms with the design's controls, effects, clusters and errors.

    Effects of cities and years without instruments go through pyfixest; what it is not asked for
    there is added.

    Raises
    ------
    SampleError
        As :func:`linear_estimate`.
    """
    if own_effects(design.absorbed) or instruments_of(design):
        return fit_regression(regression_of(sample, design, terms))
    fit = _two_way(sample, terms)
    asked = clustered_name(design.cluster)
    if asked in fit.covariances and design.errors != DRISCOLL_KRAAY:
        return fit
    more = fit_regression(regression_of(sample, design, terms))
    return replace(
        fit,
        covariances={**more.covariances, **fit.covariances},
        clusters={**more.clusters, **fit.clusters},
        final=fit.final if asked in fit.final.clusters else more.final,
        notes=more.notes,
    )


def regression_of(sample: Sample, design: Design, terms: Terms) -> Regression:
    """A design's linear model with its own effects, clusters and errors, as arrays."""
    return Regression(
        outcome=sample.outcome,
        terms=terms.levels,
        term_names=terms.names,
        controls=sample.controls,
        control_names=sample.control_names,
        effects={effect: effect_levels(sample, effect) for effect in design.absorbed},
        clusters=dict(zip(sample.grouping_names, sample.groupings.T, strict=True)),
        city=sample.city,
        year=sample.year,
        lag=error_lags(sample, design) if design.errors == DRISCOLL_KRAAY else None,
        third=design.errors in {"crv3", "wild"},
        instruments=_instruments(sample, design),
        instrument_names=instruments_of(design),
        label=sample.label,
    )


def effect_levels(sample: Sample, effect: str) -> Integers:
    """Level of each row in an effect by its name, combinations included, shape (n,)."""
    known = {"city": sample.city, "year": sample.year}
    known |= dict(zip(sample.level_names, sample.levels.T, strict=True))
    return combined([known[atom] for atom in effect.split(JOINED)])


def error_lags(sample: Sample, design: Design) -> int:
    """Lags of Driscoll and Kraay's errors: the design's, or Newey and West's rule."""
    if design.lag is not None:
        return design.lag
    return default_lag(int(np.unique(sample.year).size))


def linear_rows(estimate: LinearEstimate) -> list[Estimate]:
    """Linear two-way fixed effects as rows of the table of estimates.

    Parameters
    ----------
    estimate : LinearEstimate

    Returns
    -------
    list of Estimate
        One for every term and scaling, with the errors that the design asks for.
    """
    terms, printed = estimate.terms, estimate.printed
    made = [
        fitted_row(
            estimate.design,
            estimate.fit,
            printed,
            position=position,
            part=terms.part(name),
            notes=_notes(estimate, position),
        )
        for position, name in enumerate(terms.names)
    ]
    rows = [
        told_in(row, scaling, float(factors[position]))
        for scaling, factors in terms.scalings.items()
        for position, row in enumerate(made)
    ]
    return with_holm(rows, estimate.design)


def _two_way(sample: Sample, terms: Terms) -> PanelFit:
    """Effects of cities and years, through pyfixest."""
    province = None
    if "province" in sample.grouping_names:
        province = sample.groupings[:, sample.grouping_names.index("province")]
    return fit_panel(
        LinearModel(
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
    )


def _instruments(sample: Sample, design: Design) -> Floats | None:
    """The instruments' columns, shape (n, K); None without."""
    named = instruments_of(design)
    return np.column_stack([sample.column(name) for name in named]) if named else None


def fit_notes(fit: PanelFit, design: Design, sample: Sample) -> list[str]:
    """What every row of a fit says: what was left out, and what its errors rest on."""
    notes = []
    if fit.collinear:
        notes.append(f"collinear and left out: {', '.join(fit.collinear)}")
    if fit.redundant:
        notes.append(f"effects that others determine, left out: {', '.join(fit.redundant)}")
    if fit.lost_rows:
        levels = "level of an effect" if own_effects(design.absorbed) else "city or year"
        notes.append(f"{fit.lost_rows} rows alone in their {levels} left out")
    notes += _torn(design, sample)
    if design.errors == DRISCOLL_KRAAY:
        notes += _of_years(sample)
    elif design.errors == "clustered" and are_few(fit.clusters[clustered_name(design.cluster)]):
        notes.append("few clusters, Student's t all the same")
    return notes


def linear_warnings(estimate: LinearEstimate) -> tuple[str, ...]:
    """Warnings of a fit's rows, as a study's notes have them."""
    design = estimate.design
    said = fit_notes(estimate.fit, design, estimate.sample)
    label = f"{design_label(design)}, {LINEAR}"
    return tuple(f"{label}: {note}" for note in said if note.startswith(WARNING))


def _torn(design: Design, sample: Sample) -> list[str]:
    """A warning where one-way clusters part the years of a city."""
    if len(design.cluster) > 1 or design.errors in {"robust", DRISCOLL_KRAAY}:
        return []
    pairs = np.unique(np.column_stack([sample.city, sample.groupings[:, 0]]), axis=0)
    torn = int(np.sum(np.bincount(pairs[:, 0]) > 1))
    if not torn:
        return []
    text = f"{WARNING} {torn} cities are in several clusters ({design.cluster[0]}): "
    return [f"{text}what binds the years of a city is left out of these errors"]


def _of_years(sample: Sample) -> list[str]:
    years, gaps = int(np.unique(sample.year).size), year_gaps(sample.year)
    notes = []
    if years < LEAST_YEARS:
        notes.append(f"{WARNING} Driscoll and Kraay's errors are for many years, here {years}")
    if gaps:
        listed = ", ".join(map(str, gaps))
        notes.append(f"{WARNING} no year {listed}: a lag across such a gap counts as nothing")
    return notes


def _of_first_stage(statistic: float) -> str:
    if np.isfinite(statistic):
        return f"first-stage F {statistic:.4g}"
    return "no first-stage F: two-way clusters leave a negative variance"


def _notes(estimate: LinearEstimate, position: int) -> list[str]:
    fit, printed, notes = estimate.fit, estimate.printed, [NOTES[LINEAR]]
    carried = few_moving(estimate.moving[position])
    if carried and estimate.moving[position] < fit.clusters.get(CITY, fit.n_cities):
        notes.append(carried)
    notes += fit_notes(fit, estimate.design, estimate.sample)
    if fit.first_stage is not None:
        notes.append(_of_first_stage(float(np.asarray(fit.first_stage)[position])))
    if len(instruments_of(estimate.design)) > 1 and (printed.third or printed.wild):
        notes.append("CRV3 and wild bootstrap hold the first stage fixed")
    if lag_of(estimate.design):
        notes.append(LAGGED)
    return notes
