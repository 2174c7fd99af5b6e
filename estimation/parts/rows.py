"""Rows of the table of estimates, from the effects of a variant that learns."""

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.designs import Design
from estimation.dml import CrossFit, aggregate
from estimation.inference.few_clusters import WildFigures, few_one_way
from estimation.inference.intervals import NORMAL, interval
from estimation.parts.part import Setting
from estimation.parts.wild import wild_tests
from estimation.recommended import recommendation
from estimation.results import Estimate
from estimation.samples.sample import Floats

EFFECTS = {
    "faithful": "city and year dummies among the features",
    "first_difference": "city effects differenced out; year dummies among the features",
    "within": "city effects demeaned out; year dummies among the features",
    "correlated_random_effects": "city means of the controls and year dummies among the features",
    "difference_dictionary": "city effects differenced out of a dictionary of the controls; year "
    "dummies among the features",
    "within_dictionary": "city effects demeaned out of a dictionary of the controls; year dummies "
    "among the features",
    "two_way_fixed_effects": "city and year effects absorbed",
}
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
    setting: Setting, answer: Answer, *, part: str = "effect", main_scaling_only: bool = False
) -> list[Estimate]:
    """One row for every term and scaling.

    Parameters
    ----------
    setting : Setting
    answer : Answer
    part : str
        What the rows tell.
    main_scaling_only : bool
        Whether further scalings are left out.

    Returns
    -------
    list of Estimate
    """
    fit, terms = aggregate(answer.fits), answer.inquiry.problem.terms
    wild = wild_tests(answer, seed=setting.design.seed)
    scalings = list(terms.scalings.items())[: 1 if main_scaling_only else None]
    return [
        _row(
            setting,
            answer,
            fit,
            wild[j],
            part=part,
            position=j,
            scaling=name,
            factor=float(factors[j]),
        )
        for name, factors in scalings
        for j in range(len(terms.names))
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
    setting: Setting,
    answer: Answer,
    fit: CrossFit,
    wild: WildFigures,
    *,
    part: str,
    position: int,
    scaling: str,
    factor: float,
) -> Estimate:
    design, variant, problem = setting.design, setting.variant, answer.inquiry.problem
    robust = error_type(design, variant) == "robust"
    n_clusters = clusters_of(answer)
    df = NORMAL if robust else float(n_clusters - 1)

    def scaled(values: Floats) -> float:
        return factor * float(values[position])

    theta = scaled(fit.theta)
    error = scaled(fit.se_robust if robust else fit.se_cluster)
    statistic, p_value, ci_low, ci_high = interval(theta, error, df=df)
    each = [scaled(one.theta) for one in answer.fits]
    lacks = few_one_way(problem.groupings) and np.isnan(fit.se_jackknife[position])
    no_third = "no CRV3: one cluster carries a term alone" if lacks else ""
    return Estimate(
        design=design.name,
        variation_of=design.variation_of or design.name,
        variant=variant,
        part=part,
        term=problem.terms.names[position],
        scaling=scaling,
        estimate=theta,
        std_error=error,
        statistic=statistic,
        p_value=p_value,
        ci_low=ci_low,
        ci_high=ci_high,
        n=problem.y.size,
        n_clusters=int(np.unique(problem.clusters).size) if robust else n_clusters,
        se_type=error_type(design, variant),
        df=df,
        std_error_robust=scaled(fit.se_robust),
        std_error_cluster=scaled(fit.se_cluster),
        std_error_jackknife=scaled(fit.se_jackknife),
        p_value_wild=wild.p_value,
        ci_low_wild=factor * wild.ci_low,
        ci_high_wild=factor * wild.ci_high,
        p_value_holm=float("nan"),
        family=1,
        lowest=min(each),
        highest=max(each),
        learner=learner_text(answer.inquiry),
        folds=answer.inquiry.folds,
        repetitions=answer.inquiry.repetitions,
        seed=design.seed,
        rmse_outcome=float(fit.rmse_outcome),
        rmse_treatment=float(fit.rmse_terms[position]) / factor,
        treatment_residual_variance=float(fit.residual_variance[position]) / factor**2,
        outcome=design.outcome,
        treatment=design.treatment,
        controls=";".join(design.controls),
        effects=EFFECTS[variant],
        recommended=recommendation(variant),
        note="; ".join(text for text in (_note(setting), no_third, wild.why_not) if text),
    )


def _note(setting: Setting) -> str:
    notes = [NOTES[setting.variant]]
    if setting.transformed.gaps:
        notes.append(f"{setting.transformed.gaps} gaps not bridged")
    if setting.design.moderator is not None:
        notes.append(RESCALED)
    return "; ".join(note for note in notes if note)
