"""The columns of a table of effects: which variants of which designs, and their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from estimation.designs import Design
from estimation.tables.numbers import decimals
from estimation.vocabulary import DETAILS, EFFECT, LINEAR, RECOMMENDED

FAITHFUL = "faithful"
BESIDE = {
    "indirect_percentile": "percentile",
    "indirect_bca": "BCa",
    "indirect_sobel": "Sobel",
}
"""Parts that tell another interval of a row: it stands below that row's own."""
STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
PRODUCT = " x "
"""What stands between the columns of a product in the name of its term."""
STARS_NOTE = "*, ** and ***: p below 0.10, 0.05 and 0.01, not corrected"

Uncertainty = Literal["both", "standard_error", "interval"]
"""What stands below an estimate."""
Truth = Mapping[tuple[str, str, str], float]
"""True values by design, variant and term."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table of effects shows."""

    title: str
    """``Table 3``."""
    designs: tuple[Design, ...]
    """In the order of the table."""
    caption: str = ""
    """What it is about."""
    variants: tuple[str, ...] = ()
    """Variants of each design; those of the layout where none is named."""
    stars: bool = False
    """Whether estimates carry stars."""
    uncertainty: Uncertainty = "both"
    """What stands below an estimate: its standard error, its 95 % interval, or both."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What columns of the panel are called in the table."""


@dataclass(frozen=True, slots=True, eq=False)
class TableColumn:
    """One column of the table."""

    place: int
    """Position of its design."""
    variant: str
    """Its variant."""
    scaling: str
    """How the terms of a product are scaled; empty if there is none."""
    rows: pd.DataFrame
    """Its rows of the table of estimates, indexed by part and term."""

    def row(self, key: tuple[str, str]) -> pd.Series:
        """The row of a part and term."""
        return self.rows.iloc[list(self.rows.index).index(key)]


def table_columns(
    designs: Sequence[Design], variants: Mapping[str, Sequence[str]], estimates: pd.DataFrame
) -> list[TableColumn]:
    """The columns of a table: one for each design, variant and scaling.

    Parameters
    ----------
    designs : sequence of Design
        In the order of the table.
    variants : mapping of str to sequence of str
        Variants to show, by name of the design.
    estimates : pandas.DataFrame
        Of the whole study.

    Returns
    -------
    list of TableColumn
    """
    columns = []
    for place, design in enumerate(designs):
        own = estimates[estimates["design"] == design.name]
        for variant in variants[design.name]:
            rows = own[own["variant"] == variant]
            effects = rows[rows["part"] == EFFECT]
            rest = rows[rows["part"] != EFFECT]
            for number, scaling in enumerate(dict.fromkeys(effects["scaling"]) or [""]):
                chosen = [effects[effects["scaling"] == scaling], *([] if number else [rest])]
                table = pd.concat(chosen).drop_duplicates(["part", "term"])
                indexed = table.set_index(["part", "term"])
                columns.append(TableColumn(place, variant, scaling, indexed))
    return columns


def shown_variants(estimates: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """The variants of one design that a table shows.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Rows of the design.
    wanted : sequence of str
        Variants by name; may be empty.

    Returns
    -------
    list of str
        Those wanted that were run; else the faithful one and the recommended one, with whatever
        learner, or linear two-way fixed effects where the latter was not run.
    """
    run = list(dict.fromkeys(estimates["variant"]))
    if wanted:
        return [variant for variant in wanted if variant in run]
    best = [variant for variant in run if variant == RECOMMENDED]
    rest = [variant for variant in run if variant != FAITHFUL]
    second = best or [variant for variant in rest if variant == LINEAR] or rest[:1]
    return [variant for variant in run if variant == FAITHFUL or variant in second]


def term_keys(columns: Sequence[TableColumn]) -> list[tuple[str, str]]:
    """Part and term of every row that is shown, effects first."""
    every = (key for column in columns for key in column.rows.index)
    keys = dict.fromkeys(key for key in every if key[0] not in {*BESIDE, *DETAILS})
    return sorted(keys, key=lambda key: key[0] != EFFECT)


def places_of(row: pd.Series) -> int:
    """Decimals of an estimate, its errors and its intervals."""
    return decimals(float(row["std_error"]))


def stars_of(row: pd.Series, *, stars: bool) -> str:
    """The stars of an estimate; none where the table has none."""
    return next((mark for most, mark in STARS if stars and row["p_value"] < most), "")


def with_label(term: str, labels: Mapping[str, str]) -> str:
    """A term of the table of estimates with its columns as they are called in the table.

    Parameters
    ----------
    term : str
        A column, a product (``uil x difi``), or either with a group (``uil, 2011-2015``).
    labels : mapping of str to str
        What columns are called.
    """
    if term in labels:
        return labels[term]
    head, comma, group = term.partition(", ")
    return PRODUCT.join(labels.get(one, one) for one in head.split(PRODUCT)) + comma + group
