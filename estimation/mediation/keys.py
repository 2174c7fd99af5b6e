"""The key of a design that asks for mediation; nothing heavy is imported here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from estimation.design_checks import check_columns_differ, check_least, check_some
from geo.errors import DesignError

Method = Literal["percentile", "bca"]
"""How an interval comes from the bootstrap: quantiles of the draws, or bias-corrected and
accelerated (Efron 1987)."""

LEAST_DRAWS = 199
"""Fewer draws say nothing of the ends of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Mediators:
    """Variables through which the treatment may act on the outcome."""

    columns: tuple[str, ...]
    """Columns of the mediators, side by side: none acts on another."""
    draws: int = 5000
    """Draws of the bootstrap, 199 or more."""
    interval: Method = "percentile"
    """Which interval stands in the main rows; the other one is told for indirect effects, too."""


def check_mediators(
    label: str,
    mediators: Mediators,
    *,
    parts: Sequence[str],
    others: Sequence[str],
    cluster: Sequence[str],
) -> None:
    """Refuse mediators that are named twice or play another part, and what they do not go with.

    Parameters
    ----------
    label : str
    mediators : Mediators
    parts : sequence of str
        Columns that play a part already: city, year, outcome, treatment, controls.
    others : sequence of str
        Keys of the design that mediation does not go with and that are set.
    cluster : sequence of str
        Ways to cluster.

    Raises
    ------
    DesignError
    """
    where = f"{label}, mediators"
    check_some(where, "columns", mediators.columns)
    check_columns_differ(where, mediators.columns)
    check_least(where, draws=(mediators.draws, LEAST_DRAWS))
    for column in mediators.columns:
        if column in parts:
            raise DesignError(
                f"{where}, column '{column}'",
                expected="a column of its own",
                found="the design's city, year, outcome, treatment or a control",
                hint="name another mediator, or take it out of the controls",
            )
    if others:
        raise DesignError(
            where,
            expected="one treatment, as it is",
            found=f"{' and '.join(others)} beside it",
            hint=f"leave out {' and '.join(others)}, or write a second design",
        )
    if len(cluster) > 1 or "year" in cluster:
        raise DesignError(
            f"{where}, cluster",
            expected="one way to cluster that holds whole cities: whole clusters are drawn",
            found=" and ".join(cluster),
            hint='set cluster = "city" or "province"',
        )
