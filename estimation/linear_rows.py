"""The row of linear two-way fixed effects."""

from estimation.designs import Design
from estimation.fixed_effects import LinearFit
from estimation.intervals import interval
from estimation.parts.rows import EFFECTS, NOTES
from estimation.results import Estimate
from estimation.vocabulary import LINEAR

NAN = float("nan")


def linear_row(design: Design, fit: LinearFit) -> Estimate:
    """Linear two-way fixed effects as a row of the table of estimates.

    Parameters
    ----------
    design : Design
    fit : LinearFit

    Returns
    -------
    Estimate
        Clustered by city.
    """
    df = float(fit.n_clusters - 1)
    statistic, p_value, ci_low, ci_high = interval(fit.theta, fit.se_city, df=df)
    return Estimate(
        design=design.name,
        variation_of=design.variation_of or design.name,
        variant=LINEAR,
        part="effect",
        term=design.treatment,
        scaling="",
        estimate=fit.theta,
        std_error=fit.se_city,
        statistic=statistic,
        p_value=p_value,
        ci_low=ci_low,
        ci_high=ci_high,
        n=fit.n,
        n_clusters=fit.n_clusters,
        se_type="city",
        df=df,
        std_error_robust=fit.se_robust,
        std_error_cluster=fit.se_city,
        std_error_jackknife=NAN,
        p_value_wild=NAN,
        ci_low_wild=NAN,
        ci_high_wild=NAN,
        p_value_holm=NAN,
        family=1,
        lowest=fit.theta,
        highest=fit.theta,
        learner="linear",
        folds=0,
        repetitions=0,
        seed=design.seed,
        rmse_outcome=NAN,
        rmse_treatment=NAN,
        treatment_residual_variance=fit.treatment_residual_variance,
        outcome=design.outcome,
        treatment=design.treatment,
        controls=";".join(design.controls),
        effects=EFFECTS[LINEAR],
        recommended="",
        note=_note(fit),
    )


def _note(fit: LinearFit) -> str:
    notes = [NOTES[LINEAR]]
    if fit.collinear:
        notes.append(f"collinear and left out: {', '.join(fit.collinear)}")
    if fit.lost_rows:
        notes.append(f"{fit.lost_rows} rows alone in their city or year left out")
    return "; ".join(notes)
