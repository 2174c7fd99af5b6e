"""Rows of the table of estimates, from the effects of a variant that learns."""

from dataclasses import replace

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.designs import Design
from estimation.dml import CrossFit, aggregate
from estimation.inference.few_clusters import WildFigures, few_one_way
from estimation.inference.intervals import NORMAL
from estimation.parts.estimate_row import blank_row, in_scaling
from estimation.parts.part import Setting
from estimation.parts.wild import wild_tests
from estimation.results import Estimate
from estimation.vocabulary import EFFECT

NOTES = {
    "faithful": "as in the paper: one random split; dummies do not make a tree control city "
    "effects",
    "first_difference": "",
    "within": "demeaning is exact only for linear controls",
    "correlated_random_effects": "city effects are taken to depend on city means",
    "difference_dictionary": "linear in a dictionary of the controls",
    "within_dictionary": "linear in a dictionary of the controls",
    "two_way_fixed_effects": "linear in the controls",
}
RESCALED = "scalings are one fit, by algebra: rescaling the moderator cannot change the product's t"


def term_rows(
    setting: Setting, answer: Answer, *, part: str = EFFECT, main_scaling_only: bool = False
) -> list[Estimate]:
    """One row for every term and scaling.

    Parameters
    ----------
    setting : Setting
    answer : Answer
    part : str
        What the rows tell; slopes by labels are told apart from the effects.
    main_scaling_only : bool
        Whether further scalings are left out.

    Returns
    -------
    list of Estimate
    """
    fit, terms = aggregate(answer.fits), answer.inquiry.problem.terms
    wild = wild_tests(answer, seed=setting.design.seed)
    fitted = [
        replace(
            _row(setting, answer, fit, wild[j], position=j),
            part=terms.part(name) if part == EFFECT else part,
        )
        for j, name in enumerate(terms.names)
    ]
    scalings = list(terms.scalings.items())[: 1 if main_scaling_only else None]
    return [
        in_scaling(row, name, float(factors[j]))
        for name, factors in scalings
        for j, row in enumerate(fitted)
    ]


def error_type(design: Design, variant: str) -> str:
    """How the standard error of a row is called: the paper's own is robust."""
    return "robust" if variant == "faithful" else "+".join(design.cluster)


def clusters_of(answer: Answer) -> int:
    """Clusters of the standard error; the fewer of two ways."""
    return min(np.unique(column).size for column in answer.inquiry.problem.groupings.T)


def learner_text(inquiry: Inquiry) -> str:
    """The learners as tables name them: settings where there are any, both if they differ."""
    each = dict.fromkeys((inquiry.outcome_learner or inquiry.learner, inquiry.learner))
    return "; ".join(one.text if one.settings else one.name for one in each)


def _row(
    setting: Setting, answer: Answer, fit: CrossFit, wild: WildFigures, *, position: int
) -> Estimate:
    """The fitted coefficient of a term and all that is said of it."""
    design, variant, problem = setting.design, setting.variant, answer.inquiry.problem
    robust = error_type(design, variant) == "robust"
    n_clusters = clusters_of(answer)
    lacks = few_one_way(problem.groupings) and np.isnan(fit.se_jackknife[position])
    no_third = "no CRV3: one cluster carries a term alone" if lacks else ""
    each = [float(one.theta[position]) for one in answer.fits]
    return replace(
        blank_row(design, variant, part=EFFECT, term=problem.terms.names[position]),
        estimate=float(fit.theta[position]),
        std_error=float((fit.se_robust if robust else fit.se_cluster)[position]),
        n=problem.y.size,
        n_clusters=int(np.unique(problem.clusters).size) if robust else n_clusters,
        se_type=error_type(design, variant),
        df=NORMAL if robust else float(n_clusters - 1),
        std_error_robust=float(fit.se_robust[position]),
        std_error_cluster=float(fit.se_cluster[position]),
        std_error_jackknife=float(fit.se_jackknife[position]),
        p_value_wild=wild.p_value,
        ci_low_wild=wild.ci_low,
        ci_high_wild=wild.ci_high,
        lowest=min(each),
        highest=max(each),
        learner=learner_text(answer.inquiry),
        folds=answer.inquiry.folds,
        repetitions=answer.inquiry.repetitions,
        rmse_outcome=float(fit.rmse_outcome),
        rmse_treatment=float(fit.rmse_terms[position]),
        treatment_residual_variance=float(fit.residual_variance[position]),
        note="; ".join(text for text in (_note(setting), no_third, wild.why_not) if text),
    )


def _note(setting: Setting) -> str:
    notes = [NOTES[setting.variant]]
    if setting.transformed.gaps:
        notes.append(f"{setting.transformed.gaps} gaps not bridged")
    if setting.design.moderator is not None:
        notes.append(RESCALED)
    return "; ".join(note for note in notes if note)
