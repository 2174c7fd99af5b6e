"""The frozen results of a design: estimates, checks, points of a curve."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """One term of one variant of a design; one row of ``estimates.parquet``."""

    design: str
    """The design's name."""
    variation_of: str
    """The design it is a variation of; its own name otherwise."""
    variant: str
    """How it was estimated: one of :data:`estimation.vocabulary.VARIANTS`, or of
    :data:`estimation.staggered.keys.ESTIMATORS`."""
    part: str
    """``effect``, or what else the row tells: ``group``, ``difference``, ``standardised``,
    ``projection``, ``reduced_form``, ``first_stage``, ``akm``, ``akm0``, ``shock_level``,
    ``indirect``, ``att`` ..."""
    term: str
    """The treatment, product, moderator or group whose coefficient is estimated."""
    scaling: str
    """``centred`` or ``min_max`` where a product is among the terms; of standardised effects the
    standard deviation and unit; else empty."""
    estimate: float
    """The effect: change of the outcome per unit of the term."""
    std_error: float
    """The standard error named by ``se_type``."""
    statistic: float
    """``estimate / std_error``."""
    p_value: float
    """Two-sided: normal for robust errors, Student's t with ``df`` for clustered ones; the wild
    bootstrap's where ``se_type`` says so."""
    ci_low: float
    """Lower end of the 95 % interval, from the same distribution or bootstrap."""
    ci_high: float
    """Upper end of the 95 % interval."""
    n: int
    """Rows used (of a first difference: pairs of years)."""
    n_clusters: int
    """Clusters of the standard error (two-way: the fewer); cities where it is robust, years where
    it is Driscoll and Kraay's."""
    se_type: str
    """``robust`` (heteroskedasticity), ``city``, or the ways of clustering joined by ``+``; then
    ``CRV3``, or ``wild bootstrap`` where p value and interval are its; or ``Driscoll-Kraay, lag``
    with the lag. Of an exposure ``AKM``, ``AKM0`` (whose set may have no end) or ``shocks``."""
    df: float
    """Degrees of freedom of the p value and interval; infinite for the normal distribution."""
    std_error_robust: float
    """Heteroskedasticity-robust standard error, doubleml's. For ``correlated_random_effects`` it
    holds the outcome's city effect, which the clustered error does not: it is too large."""
    std_error_cluster: float
    """Standard error clustered as the design says (CRV1)."""
    std_error_jackknife: float
    """CRV3, for few clusters; else NaN."""
    p_value_wild: float
    """Wild cluster bootstrap with the null imposed, for few clusters; else NaN."""
    ci_low_wild: float
    """Lower end of its 95 % set; NaN where there is none."""
    ci_high_wild: float
    """Upper end of its 95 % set; NaN where there is none."""
    p_value_holm: float
    """Holm's correction over the family; NaN where there is one term."""
    family: int
    """Tests in the family."""
    lowest: float
    """Smallest estimate over the repetitions."""
    highest: float
    """Largest estimate over the repetitions."""
    learner: str
    """The learner with its settings; ``linear`` for two-way fixed effects."""
    folds: int
    """Folds of cross-fitting; 0 where there is none."""
    repetitions: int
    """Repetitions of cross-fitting; 0 where there is none."""
    seed: int
    """Seed of folds and learners."""
    rmse_outcome: float
    """Root mean squared out-of-fold residual of the outcome; NaN where there are no folds. For
    ``correlated_random_effects`` without its city means."""
    rmse_treatment: float
    """Root mean squared out-of-fold residual of the term; NaN where there are no folds."""
    treatment_residual_variance: float
    """Variance of the term's residual: what is left to identify the effect."""
    outcome: str
    """Column of the outcome."""
    treatment: str
    """Column of the treatment."""
    controls: str
    """Columns of the controls, joined by ``;``."""
    effects: str
    """How city and year effects are treated."""
    recommended: str
    """``recommended`` or empty."""
    note: str
    """What a reader of this row must know."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one variant of a design; one row of ``checks.parquet``."""

    design: str
    """The design's name."""
    variant: str
    """The variant."""
    check: str
    """Which check: one of :data:`estimation.vocabulary.CHECKS`, or a test of a part."""
    subject: str
    """What the figure is of: a term, a city, a control, a shift in years."""
    statistic: str
    """What the figure is: ``estimate moved by``, ``F``, ``robustness value`` ..."""
    value: float
    """The figure."""
    reference: float
    """What it is compared with; NaN where with nothing."""
    p_value: float
    """NaN where there is none."""
    verdict: str
    """``passed``, ``failed``, ``not applicable`` where a variant cannot fail, or empty where there
    is nothing to pass."""
    note: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """An effect at one value of a variable; one row of ``curves.parquet``."""

    design: str
    """The design's name."""
    variant: str
    """The variant."""
    curve: str
    """``marginal_effect`` (linear in the moderator), ``cate`` (any shape), ``rolling_window``
    (windows of years), ``error_correlation`` (an indirect effect by what is unseen),
    ``event_study`` (the effect by years since adoption) or ``slope_event_study`` (the change of the
    treatment's slope by years since adoption)."""
    term: str
    """The treatment."""
    along: str
    """The variable."""
    at: float
    """Its value."""
    effect: float
    """The effect there."""
    std_error: float
    """Its standard error, clustered."""
    ci_low: float
    """Lower end of the 95 % interval at this value alone."""
    ci_high: float
    """Upper end."""
    band_low: float
    """Lower end of the band that holds the whole curve with 95 %."""
    band_high: float
    """Upper end."""


@dataclass(frozen=True, slots=True)
class TunedLearner:
    """The settings chosen for one nuisance function; one row of ``tuning.parquet``."""

    design: str
    """The design's name."""
    variant: str
    """The variant."""
    target: str
    """What is learned: the outcome or the treatment."""
    before: str
    """The learner given."""
    after: str
    """The learner chosen, with its settings; the one given if none was better."""
    rmse_before: float
    """Root mean squared error of the learner given: the mean over folds of cities."""
    rmse_after: float
    """That of the learner chosen."""
    trials: int
    """Settings tried."""
