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
from nightpanel.study_vintage import VintageSection
from panels.confirmed import read_confirmed
from panels.crosswalks import read_crosswalk
from panels.derive import derive
from panels.indices import uil
from panels.join import join_panel
from panels.match import MATCH_COLUMNS, no_matches
from panels.places import City, read_cities
from panels.read import TableSpec, read_table
from panels.vintage import VintageSpec, to_vintage


@dataclass(frozen=True, slots=True)
class Panel:
    """The joined panel and what did not join."""

    panel: pd.DataFrame
    """City-year table joined with the yearbooks; key (``city_id``, ``year``)."""
    unmatched: pd.DataFrame
    """Keys without a partner: ``side``, ``table``, ``city_id``, ``year``."""
    audit: tuple[AuditRow, ...]
    """What was dropped, guessed or flagged."""
    matches: pd.DataFrame
    """What each code and name was taken for: ``table`` and `panels.match.MATCH_COLUMNS`; empty
    where tables have codes alone."""
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
    cities = None if section.cities is None else read_cities(section.cities)
    prepared = [_prepared(table, years, cities) for table in section.tables]
    joined = join_panel(
        chosen,
        [(one.label, one.table) for one in prepared],
        optional=[one.label for one in prepared if one.optional],
    )
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
        matches=_matches(prepared),
        files=section.files,
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
    matches: pd.DataFrame
    optional: bool


def _prepared(
    section: TableSection, years: frozenset[int], cities: Sequence[City] | None
) -> _Prepared:
    """One table within the years of the light, in one vintage, with UIL when it is asked for."""
    read = read_table(_spec(section, years, cities))
    table = read.table[read.table["year"].isin(years)].reset_index(drop=True)
    label = section.file.name if section.sheet is None else f"{section.file.name}[{section.sheet}]"
    outside = len(read.table) - len(table)
    audit = list(read.audit)
    if outside:
        audit.append(AuditRow("panel", "outside_years", label, "years without light", outside))
    if section.vintage is not None:
        moved = to_vintage(table, _vintage(section.vintage), where=str(section.file))
        table = moved.table
        audit += moved.audit
    if section.uil is not None:
        table, indexed = _with_uil(table, section.uil, where=f"{section.file}: uil")
        audit += indexed
    return _Prepared(label, table, tuple(audit), read.matches, section.optional)


def _vintage(section: VintageSection) -> VintageSpec:
    return VintageSpec(
        crosswalk=read_crosswalk(section.crosswalk),
        counts=tuple(section.counts),
        rates=section.rates,
        absent_parts=section.absent_parts,
    )


def _spec(section: TableSection, years: frozenset[int], cities: Sequence[City] | None) -> TableSpec:
    elsewhere = {"uil", "vintage", "confirm", "optional"}
    named = [name for name in type(section).model_fields if name not in elsewhere]
    return TableSpec(
        **{name: getattr(section, name) for name in named},
        cities=cities,
        confirmed={} if section.confirm is None else read_confirmed(section.confirm),
        years=tuple(sorted(years)),
    )


def _matches(prepared: Sequence[_Prepared]) -> pd.DataFrame:
    """The tables' matches under their labels."""
    tables = [one.matches.assign(table=one.label) for one in prepared if len(one.matches)]
    whole = pd.concat(tables, ignore_index=True) if tables else no_matches().assign(table="")
    return whole.astype({"table": "str"})[["table", *MATCH_COLUMNS]]


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
