"""From the city-year table and yearbooks to the panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import JoinError
from nightpanel.study_indices import UilSection
from nightpanel.study_panel import PanelSection
from nightpanel.study_tables import TableSection
from panels.derive import derive
from panels.indices import uil
from panels.join import join_panel
from panels.read import TableSpec, read_table


@dataclass(frozen=True, slots=True)
class Panel:
    """The joined panel and what did not join."""

    panel: pd.DataFrame
    """City-year table joined with the yearbooks; key (``city_id``, ``year``)."""
    unmatched: pd.DataFrame
    """Keys without a partner: ``side``, ``table``, ``city_id``, ``year``."""
    audit: tuple[AuditRow, ...]
    """What was dropped, guessed or flagged."""
    files: tuple[Path, ...]
    """The tables that were read."""


def panel(city_years: pd.DataFrame, section: PanelSection) -> Panel:
    """Join the city-year table with the yearbook tables of a study.

    Parameters
    ----------
    city_years : pandas.DataFrame
        Columns of ``cities.parquet``.
    section : PanelSection
        The study's ``[panel]``.

    Returns
    -------
    Panel

    Raises
    ------
    NightpanelError
        A table cannot be read, a key is not unique, shares do not add up, nothing joins.
    """
    chosen = _one_product(city_years, section.product)
    years = frozenset(chosen["year"])
    prepared = [_prepared(table, years) for table in section.tables]
    joined = join_panel(chosen, [(one.label, one.table) for one in prepared])
    result = derive(
        joined.panel,
        sums=section.sums,
        ratios=section.ratios,
        logs=section.logs,
    )
    return Panel(
        panel=result,
        unmatched=joined.unmatched,
        audit=(*(row for one in prepared for row in one.audit), *joined.audit),
        files=tuple(dict.fromkeys(table.file for table in section.tables)),
    )


def _one_product(city_years: pd.DataFrame, product: str | None) -> pd.DataFrame:
    if product is None:
        return city_years
    chosen = city_years[city_years["product"] == product].reset_index(drop=True)
    if chosen.empty:
        raise JoinError(
            "panel.product",
            expected=f"one of {', '.join(sorted(city_years['product'].unique()))}",
            found=repr(product),
            hint="name a product that the light has",
        )
    return chosen


@dataclass(frozen=True, slots=True)
class _Prepared:
    label: str
    table: pd.DataFrame
    audit: tuple[AuditRow, ...]


def _prepared(section: TableSection, years: frozenset[int]) -> _Prepared:
    """One table within the years of the light, with UIL when its section asks for it."""
    read = read_table(_spec(section))
    table = read.table[read.table["year"].isin(years)].reset_index(drop=True)
    label = section.file.name if section.sheet is None else f"{section.file.name}[{section.sheet}]"
    outside = len(read.table) - len(table)
    rows = (AuditRow("panel", "outside_years", label, "years without light", outside),)
    audit = read.audit + (rows if outside else ())
    if section.uil is None:
        return _Prepared(label, table, audit)
    table, indexed = _with_uil(table, section.uil, where=f"{section.file}: uil")
    return _Prepared(label, table, (*audit, *indexed))


def _spec(section: TableSection) -> TableSpec:
    given = {name: getattr(section, name) for name in type(section).model_fields if name != "uil"}
    return TableSpec(**given)


def _with_uil(
    table: pd.DataFrame, section: UilSection, *, where: str
) -> tuple[pd.DataFrame, Sequence[AuditRow]]:
    index = uil(
        table,
        value_added=section.value_added,
        shares=section.shares,
        unit=section.unit or "fraction",
        on_bad_shares=section.on_bad_shares,
        where=where,
    )
    kept = table.assign(**{section.name: index.values})[index.keep]
    return kept.reset_index(drop=True), index.audit
