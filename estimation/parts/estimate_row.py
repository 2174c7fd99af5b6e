"""How a row of the table of estimates comes about: what a design says of itself, then a scaling."""

from dataclasses import replace

from estimation.designs import Design
from estimation.inference.intervals import interval
from estimation.linear.keys import effects_text, own_effects
from estimation.recommended import recommendation
from estimation.results import Estimate
from estimation.vocabulary import LINEAR

NAN = float("nan")
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
    "callaway_santanna": "each cohort's changes since before adoption, less those of cities not "
    "under the policy",
    "sun_abraham": "city and year effects absorbed; an effect for each cohort and year since "
    "adoption",
    "imputation": "city and year effects of untreated city-years alone",
}
MULTIPLIED = (
    "estimate", "std_error", "std_error_robust", "std_error_cluster", "std_error_jackknife",
    "ci_low_wild", "ci_high_wild", "lowest", "highest",
)  # fmt: skip
"""Fields in units of the outcome over those of the term."""


def blank_row(design: Design, variant: str, *, part: str, term: str) -> Estimate:
    """A row with what the design says of itself; every figure is missing.

    Parameters
    ----------
    design : Design
    variant, part, term : str
        As in :class:`estimation.results.Estimate`.
    """
    figures = dict.fromkeys(
        (*MULTIPLIED, "statistic", "p_value", "ci_low", "ci_high", "df", "p_value_wild",
         "p_value_holm", "rmse_outcome", "rmse_treatment", "treatment_residual_variance"),
        NAN,
    )  # fmt: skip
    return Estimate(
        design=design.name,
        variation_of=design.variation_of or design.name,
        variant=variant,
        part=part,
        term=term,
        scaling="",
        n=0,
        n_clusters=0,
        se_type="",
        family=1,
        learner="",
        folds=0,
        repetitions=0,
        seed=design.seed,
        outcome=design.outcome,
        treatment=design.treatment,
        controls=";".join(design.controls),
        effects=_effects(design, variant),
        recommended=recommendation(variant, design.learner),
        note="",
        **figures,
    )


def _effects(design: Design, variant: str) -> str:
    if variant == LINEAR and own_effects(design.absorbed):
        return effects_text(design.absorbed)
    return EFFECTS[variant]


def in_scaling(row: Estimate, scaling: str, factor: float) -> Estimate:
    """A row of fitted coefficients as effects per unit of the term in a scaling.

    Parameters
    ----------
    row : Estimate
        With the effect as fitted and its errors; statistic, p value and interval are made here.
    scaling : str
        Its name.
    factor : float
        Effect per unit over fitted coefficient, positive.

    Returns
    -------
    Estimate
    """
    scaled = {name: factor * getattr(row, name) for name in MULTIPLIED}
    statistic, p_value, ci_low, ci_high = interval(
        scaled["estimate"], scaled["std_error"], df=row.df
    )
    return replace(
        row,
        scaling=scaling,
        statistic=statistic,
        p_value=p_value,
        ci_low=ci_low,
        ci_high=ci_high,
        rmse_treatment=row.rmse_treatment / factor,
        treatment_residual_variance=row.treatment_residual_variance / factor**2,
        **scaled,
    )
