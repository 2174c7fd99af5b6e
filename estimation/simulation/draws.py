"""One draw: a process's panel, estimated one way, and beside it what that way aims at."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from time import perf_counter
from typing import Any, get_type_hints

import pandas as pd

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.processes.draw import draw_panel
from estimation.processes.spec import CONTROLS, ProcessSpec
from estimation.processes.target import target_average
from estimation.simulation.methods import METHODS, Estimator, estimators
from geo.errors import NightpanelError

FIRST_SEED = 20110
"""Seed of folds and learners in draw 0; that of draw s is s more."""

KEPT = (
    "estimate",
    "std_error",
    "std_error_cluster",
    "ci_low",
    "ci_high",
    "n",
    "n_clusters",
    "rmse_outcome",
    "rmse_treatment",
    "treatment_residual_variance",
)
"""What is kept of a row of estimates."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What is drawn and how it is estimated."""

    spec: ProcessSpec
    """The process."""
    estimator: Estimator
    """The variant and learner."""
    seed: int
    """Seed of the panel; folds and learners have :data:`FIRST_SEED` more."""
    repetitions: int = 1
    """Repetitions of cross-fitting."""

    @property
    def key(self) -> "DrawKey":
        """What tells draws apart wherever they are kept."""
        return DrawKey(
            self.spec.name,
            self.estimator.variant,
            self.estimator.learner,
            self.repetitions,
            self.seed,
        )


@dataclass(frozen=True, slots=True, order=True)
class DrawKey:
    """Names of a draw."""

    process: str
    """The process's name."""
    variant: str
    """The variant."""
    learner: str
    """The learner; ``linear`` where there is none."""
    repetitions: int
    """Repetitions of cross-fitting asked for."""
    seed: int
    """Seed of the panel."""


@dataclass(frozen=True, slots=True)
class DrawResult:
    """One row of a simulation: a draw's names and what came of it."""

    process: str
    """The process's name."""
    variant: str
    """The variant."""
    learner: str
    """The learner; ``linear`` where there is none."""
    repetitions: int
    """Repetitions of cross-fitting asked for."""
    seed: int
    """Seed of the panel."""
    theta: float
    """The average effect over the panel's city-years."""
    target: float
    """The weighted average of the panel's effects that the variant aims at."""
    estimate: float
    """The estimate; NaN where ``problem`` says why there is none."""
    std_error: float
    """The variant's own standard error."""
    std_error_cluster: float
    """Standard error clustered by city."""
    ci_low: float
    """Lower end of the variant's own 95 % interval."""
    ci_high: float
    """Upper end."""
    n: int
    """Rows used; 0 where there is no estimate."""
    n_clusters: int
    """Cities used; 0 where there is no estimate."""
    rmse_outcome: float
    """Root mean squared out-of-fold residual of the outcome."""
    rmse_treatment: float
    """The same of the treatment."""
    treatment_residual_variance: float
    """Variance of the treatment's residual."""
    seconds: float
    """Wall time of the estimate, on one thread."""
    problem: str
    """The error that ended the estimate; empty where there was none."""


def run_draw(draw: Draw) -> DrawResult:
    """Draw the panel and estimate it.

    An estimator that refuses a panel with a named error has failed in this draw, and the row says
    so: leaving it out would judge the estimator on the panels that it likes.

    Parameters
    ----------
    draw : Draw

    Returns
    -------
    DrawResult
        The same for the same draw, but for ``seconds``.
    """
    panel = draw_panel(draw.spec, draw.seed)
    names: dict[str, Any] = asdict(draw.key)
    truth: dict[str, Any] = {
        "theta": float(panel["true_effect"].mean()),
        "target": target_average(panel, draw.spec, METHODS[draw.estimator.variant].contrast),
    }
    start = perf_counter()
    try:
        kept, problem = _estimated(panel, _design(draw)), ""
    except NightpanelError as error:
        kept, problem = _nothing(), str(error)
    seconds = perf_counter() - start
    return DrawResult(**names, **truth, **kept, seconds=seconds, problem=problem)


def _design(draw: Draw) -> Design:
    variant, learner = draw.estimator.variant, draw.estimator.learner
    return Design(
        draw.spec.name,
        "gini",
        "uil",
        controls=CONTROLS,
        variants=(variant,),
        repetitions=draw.repetitions,
        seed=FIRST_SEED + draw.seed,
        learner="lasso" if METHODS[variant].alone else learner,  # alone, it is not used
        checks=(),
    )


def _estimated(panel: pd.DataFrame, design: Design) -> dict[str, Any]:
    """The one row of the design's variant, without what it is shown beside."""
    table = estimate(panel, [design], workers=1, beside=False).estimates
    rows = table.loc[table["variant"] == design.variants[0], list(KEPT)]
    return {name: rows[name].item() for name in KEPT}


def _nothing() -> dict[str, Any]:
    kinds = get_type_hints(DrawResult)
    return {name: 0 if kinds[name] is int else float("nan") for name in KEPT}


def results_table(results: Sequence[DrawResult]) -> pd.DataFrame:
    """Results as a table, one row each, in the order given.

    Parameters
    ----------
    results : sequence of DrawResult

    Returns
    -------
    pandas.DataFrame
        The fields of :class:`DrawResult` as columns: text, int64 and float64; the columns are there
        even when no row is.
    """
    dtypes = {str: "str", int: "int64", float: "float64"}
    kinds = get_type_hints(DrawResult)
    table = pd.DataFrame([asdict(one) for one in results], columns=list(kinds))
    return table.astype({column: dtypes[kind] for column, kind in kinds.items()})


def keys_of(table: pd.DataFrame) -> set[DrawKey]:
    """The draws that a table of results has."""
    columns = [field.name for field in fields(DrawKey)]
    return {
        DrawKey(str(process), str(variant), str(learner), int(repetitions), int(seed))
        for process, variant, learner, repetitions, seed in table[columns].itertuples(index=False)
    }


def balanced_draws(
    specs: Sequence[ProcessSpec],
    *,
    variants: Sequence[str],
    learners: Sequence[str],
    draws: int,
    fewer: Mapping[str, int] | None = None,
    repetitions: int = 1,
) -> list[Draw]:
    """Every draw of a simulation, so ordered that a part of them is balanced.

    Draw 0 of all processes and estimators comes first, then draw 1, and so on.

    Parameters
    ----------
    specs : sequence of ProcessSpec
    variants, learners : sequence of str
        As for :func:`estimation.simulation.methods.estimators`.
    draws : int
        Draws of each process and estimator, seeds from 0.
    fewer : mapping of learner to int, optional
        Draws with learners that are too slow for as many.
    repetitions : int
        Repetitions of cross-fitting.

    Returns
    -------
    list of Draw
    """
    counts = dict(fewer or {})
    judged = estimators(variants, learners)
    return [
        Draw(spec, estimator, seed, repetitions)
        for seed in range(draws)
        for spec in specs
        for estimator in judged
        if seed < counts.get(estimator.learner, draws)
    ]
