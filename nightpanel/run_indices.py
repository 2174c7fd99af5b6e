"""The indices of a study: from its sections to columns of the panel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import InputFileError
from nightpanel.exports.formulas import as_before
from nightpanel.study_indices import (
    AdvancedStructureSection,
    CompositeSection,
    DigitalFinanceSection,
    IndexSection,
    LabourMisallocationSection,
    RationalisationSection,
    UilIndexSection,
    WeightedStructureSection,
)
from panels.city_sectors import IndexResult
from panels.composite import Indicator, Recipe
from panels.composite_scale import composite
from panels.digital_finance import digital_finance
from panels.indicator_shares import indicator_shares
from panels.indices import SHARES_REASON, uil
from panels.misallocation import labour_misallocation
from panels.origins import Origins
from panels.stability import rank_stability
from panels.steps.stepped import Stepped, dropped_keys, key_at, put
from panels.structure import advanced_structure, rationalisation
from panels.weighted_structure import weighted_structure

INDEX_TABLES = ("index_weights", "index_contributions", "index_shares", "index_stability")
"""Tables that composites leave: scale, contributions by year, shares of weight, variance and
change, rank stability."""


@dataclass(frozen=True, slots=True)
class MadeIndex:
    """A panel with an index more."""

    stepped: Stepped
    """The panel and what was done."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """`INDEX_TABLES`, if it is a composite."""


def make_index(
    table: pd.DataFrame, name: str, section: IndexSection, *, origins: Origins
) -> MadeIndex:
    """Add an index to a panel.

    Parameters
    ----------
    table : pandas.DataFrame
    name : str
        The index's name and that of its column.
    section : IndexSection
        What it is made of.
    origins : Origins
        Where the panel's values stand.

    Returns
    -------
    MadeIndex

    Raises
    ------
    NightpanelError
        A column is missing, a value is outside the index's domain, its name is taken.
    """
    where = f"panel.indices.{name}"
    if isinstance(section, CompositeSection):
        return _composite(table, name, section, where)
    result = _simple(table, section, origins, where)
    made = table.copy()
    put(made, name, np.asarray(result.values), source="", where=where)
    gone = np.flatnonzero(~result.keep)
    reasons = dropped_keys((*key_at(table, row), SHARES_REASON) for row in gone)
    rows = made[result.keep.to_numpy()].reset_index(drop=True)
    return MadeIndex(Stepped(rows, result.audit, reasons))


def _simple(
    table: pd.DataFrame, section: IndexSection, origins: Origins, where: str
) -> IndexResult:
    match section:
        case UilIndexSection():
            return uil(
                table,
                value_added=section.value_added,
                shares=section.shares,
                unit=section.unit or "fraction",
                on_bad_shares=section.on_bad_shares,
                where=where,
                origins=origins,
            )
        case AdvancedStructureSection():
            return advanced_structure(table, value_added=section.value_added, where=where)
        case RationalisationSection():
            return rationalisation(
                table,
                value_added=section.value_added,
                employment=section.employment,
                where=where,
            )
        case WeightedStructureSection():
            return weighted_structure(table, **section.model_dump(exclude={"kind"}), where=where)
        case LabourMisallocationSection():
            return labour_misallocation(
                table,
                **section.model_dump(exclude={"kind"}),
                measure="loss" if section.kind == "labour_misallocation_loss" else "dispersion",
                where=where,
            )
        case DigitalFinanceSection():
            return digital_finance(
                table, **section.model_dump(exclude={"kind"}), origins=origins, where=where
            )
        case _:
            raise TypeError(f"no index of kind {section.kind!r}")


def recipe_of(name: str, section: CompositeSection) -> Recipe:
    """The composite that a section asks for."""
    method, _, scaling = section.kind.partition("_")
    return Recipe(
        name=name,
        indicators=tuple(
            Indicator(column, group, column in section.reverse)
            for group, columns in section.groups().items()
            for column in columns
        ),
        method="entropy" if method == "entropy" else "equal",
        scaling="standardised" if scaling == "standardised" else "min_max",
        weights=section.weights,
        zeros=section.zeros,
        shift=section.shift,
    )


def _composite(table: pd.DataFrame, name: str, section: CompositeSection, where: str) -> MadeIndex:
    recipe = recipe_of(name, section)
    saved = None if section.scale is None else read_scale(section.scale, where=where)
    result = composite(table, recipe, scale=saved, where=where)
    made = table.copy()
    for column in result.values.columns:
        put(made, column, result.values[column].to_numpy(), source="", where=where)
    stability = rank_stability(
        table,
        recipe,
        result.scale,
        width=section.stability_width,
        draws=section.stability_draws,
        where=where,
    )
    shares = indicator_shares(table, recipe, result)
    tables = (result.scale, result.contributions, shares, stability)
    return MadeIndex(Stepped(made, result.audit), dict(zip(INDEX_TABLES, tables, strict=True)))


def read_scale(path: Path, *, where: str) -> pd.DataFrame:
    """A scale that an earlier run has left.

    Raises
    ------
    InputFileError
        The file is missing or no table.
    """
    try:
        texts = dict.fromkeys(("group", "index", "indicator"), "str")
        return as_before(pd.read_csv(path, dtype=texts))
    except (OSError, ValueError) as error:
        raise InputFileError(
            f"{where}.scale",
            expected="tables/index_weights.csv of an earlier run",
            found=f"{path}: {error}",
            hint="correct the path",
        ) from error
