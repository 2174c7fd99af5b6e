"""The effects of designs as figures show them: each design's own, faithful beside recommended."""

from dataclasses import dataclass

import pandas as pd

from estimation.tables.table_columns import FAITHFUL
from estimation.vocabulary import EFFECT, LINEAR, RECOMMENDED

OWN_PARTS = (EFFECT, "att")
"""Parts of estimates that are a design's own effect."""
AS_FITTED = ("", "centred")
"""Scalings in which an effect is one per unit of the treatment."""
SAME = ["variant", "outcome", "treatment", "n", "estimate", "ci_low", "ci_high"]
"""Columns by which an estimate is known again under another design's name."""


@dataclass(frozen=True, slots=True)
class Group:
    """Effects that can stand on one axis: of one treatment on one outcome."""

    outcome: str
    """Column of the outcome."""
    treatment: str
    """Column of the treatment."""
    rows: pd.DataFrame
    """Rows of the table of estimates, in its order."""


def own_effects(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows that tell a design's own effect.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns of ``estimates.parquet``.

    Returns
    -------
    pandas.DataFrame
        At most one row a design and variant, the first; those without an estimate are left out.
    """
    own = (
        estimates["part"].isin(OWN_PARTS)
        & (estimates["term"] == estimates["treatment"])
        & estimates["scaling"].fillna("").isin(AS_FITTED)
        & estimates["estimate"].notna()
    )
    return estimates[own].drop_duplicates(["design", "variant"])


def without_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """Effects without those that are another design's to the last figure, as the first one's."""
    return rows.drop_duplicates(SAME)


def groups_of(rows: pd.DataFrame) -> tuple[Group, ...]:
    """Effects by outcome and treatment, in the order in which they come."""
    return tuple(
        Group(str(outcome), str(treatment), table)
        for (outcome, treatment), table in rows.groupby(["outcome", "treatment"], sort=False)
    )


def shown_variants(rows: pd.DataFrame) -> tuple[str, ...]:
    """The variants of one design that stand side by side.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one design.

    Returns
    -------
    tuple of str
        The faithful and the recommended one, as far as they were run; if neither was, two-way
        fixed effects and the estimators of a staggered adoption, or whatever was run.
    """
    run = list(dict.fromkeys(rows["variant"].astype(str)))
    pair = [variant for variant in (FAITHFUL, RECOMMENDED) if variant in run]
    return tuple(pair or [v for v in run if v == LINEAR or _staggered(rows, v)] or run)


def at_mean(rows: pd.DataFrame) -> str:
    """What a caption says of designs with a moderator; empty where there are none."""
    names = list(dict.fromkeys(rows.loc[rows["scaling"] == "centred", "design"].astype(str)))
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"The effect of {quoted} is that at the moderator's mean. " if names else ""


def is_recommended(row: pd.Series) -> bool:
    """Whether a row is of what the simulation recommends, learner and all."""
    return bool(row["recommended"] == "recommended")


def words_of_variant(variant: str) -> str:
    """A variant for people."""
    return _NAMES.get(variant, variant.replace("_", " "))


def _staggered(rows: pd.DataFrame, variant: str) -> bool:
    return bool((rows.loc[rows["variant"] == variant, "part"] == "att").any())


_NAMES = {
    "two_way_fixed_effects": "two-way fixed effects",
    "callaway_santanna": "Callaway and Sant'Anna",
    "sun_abraham": "Sun and Abraham",
}
