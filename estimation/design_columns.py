"""Which columns a design reads, and what of them a panel lacks; nothing heavy is imported here."""

from collections.abc import Iterable

from estimation.design_checks import missing_column
from estimation.designs import Design, design_label
from estimation.heterogeneity.keys import REGION
from estimation.instruments.keys import built_columns, instruments_of
from estimation.linear.keys import atoms_of
from estimation.staggered.keys import adoption_columns, formed_policy
from estimation.vocabulary import CLUSTERS
from geo.errors import DesignError


def numbers_of(design: Design) -> tuple[str, ...]:
    """Columns of numbers that a design reads, each once: outcome, treatments, controls, others."""
    cut = None if design.split is None else design.split.column
    balance = () if design.shift_share is None else design.shift_share.balance
    named = [
        design.outcome,
        *design.treatments,
        *design.controls,
        *instruments_of(design),
        *(column for column in (design.moderator, cut) if column is not None),
        *_told_along(design),
        *balance,
        *(design.mediators.columns if design.mediators is not None else ()),
        *adoption_columns(design.adoption),
        *(() if design.composite_of is None else design.composite_of.parts),
    ]
    return tuple(dict.fromkeys(named))


def label_of(design: Design) -> str | None:
    """Column whose values, text or numbers, are the design's groups; None if there is none.

    Regions are read from provinces, and stand for such a column.
    """
    groups = design.groups
    if groups is not None and groups.regions:
        return REGION
    return groups.column if groups is not None and groups.column and not groups.quantiles else None


def columns_of(design: Design) -> tuple[str, ...]:
    """Columns that every panel of the design must have: city, year, numbers, groups, clusters.

    Those that are made for the design (its exposure, its treatment's past, a policy formed from
    years of adoption) are not among them. Nor are provinces: without such a column they are read
    from the cities' codes, and where these do not tell them that is found when the design is
    planned.
    """
    label = label_of(design)
    regions = design.groups is not None and bool(design.groups.regions)
    groups = () if label is None or regions else (label,)
    by_slopes = (name for name in design.slopes if name not in CLUSTERS)
    labels = (*groups, *_cluster_columns(design), *effect_columns(design), *by_slopes)
    key = () if design.cross_section else (design.city, design.year)
    named = (*key, *numbers_of(design), *labels)
    made = (*built_columns(design), formed_policy(design.adoption, design.treatment))
    return tuple(name for name in dict.fromkeys(named) if name not in made)


def effect_columns(design: Design) -> tuple[str, ...]:
    """Columns of effects that no other column of a panel can give."""
    return tuple(name for name in atoms_of(design.absorbed) if name not in CLUSTERS)


def _cluster_columns(design: Design) -> tuple[str, ...]:
    """Columns of clusters that no other column of a panel can give."""
    return tuple(name for name in design.cluster if name not in CLUSTERS)


def column_problems(design: Design, columns: Iterable[str]) -> tuple[DesignError, ...]:
    """One error for every column that a design reads and a panel lacks.

    Parameters
    ----------
    design : Design
    columns : iterable of str
        The panel's columns.

    Returns
    -------
    tuple of DesignError
        Not raised; empty if nothing is missing. Each names the design, the column and close
        matches.
    """
    there, label = [str(column) for column in columns], design_label(design)
    ways = [*dict.fromkeys((*CLUSTERS, *there))]
    named = dict.fromkeys(columns_of(design), (label, there))
    named |= dict.fromkeys(effect_columns(design), (f"{label}, effects", ways))
    named |= dict.fromkeys(_cluster_columns(design), (f"{label}, cluster", ways))
    return tuple(
        missing_column(where, column, known)
        for column, (where, known) in named.items()
        if column not in there
    )


def check_columns(design: Design, columns: Iterable[str]) -> None:
    """Refuse a panel that lacks a column of the design.

    Raises
    ------
    DesignError
        The first of :func:`column_problems`.
    """
    for problem in column_problems(design, columns):
        raise problem


def _told_along(design: Design) -> tuple[str, ...]:
    """Columns of numbers that say where the effect differs."""
    columns: list[str] = []
    if design.groups is not None and design.groups.quantiles:
        columns.append(design.groups.column)
    if design.along is not None:
        columns.append(design.along.column)
    if design.project_on is not None:
        columns.extend(design.project_on.columns)
    return tuple(columns)
