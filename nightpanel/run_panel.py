"""From the city-year table and yearbooks to the panel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import JoinError, TableColumnError
from nightpanel.panel_tables import panel_tables
from nightpanel.run_steps import shape
from nightpanel.study_indices import UilSection
from nightpanel.study_panel import PanelSection
from nightpanel.study_tables import TableSection
from nightpanel.yearbook_files import yearbook_files
from nightpanel.yearbooks import read_yearbooks
from panels.cities.match import no_matches
from panels.indices import SHARES_REASON, uil
from panels.join import LIGHT, join_panel
from panels.losses import Source, join_losses
from panels.origins import Origins
from panels.read import ReadTable
from panels.reconcile import no_reconciliation, unfilled
from panels.schema import KEY, require_columns
from panels.steps.derived_units import derived_units, refuse_contradictions
from panels.steps.stepped import dropped_keys, key_at

TABLES = "tables"
"""The side of a join over tables alone: the city-years that any of them has."""


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
    dropped: pd.DataFrame = field(default_factory=pd.DataFrame)
    """City-years of some source that are not in the panel: ``city_id``, ``year``, ``place``,
    ``reason``."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """What there is to see of it, by name: see `nightpanel.panel_tables`."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units of columns, as far as the study declares them or the files say them."""
    matches: pd.DataFrame = field(default_factory=no_matches)
    """What each code and name was taken for: ``table`` and `panels.cities.match.MATCH_COLUMNS`;
    empty where tables have codes alone."""
    reconciliation: pd.DataFrame = field(default_factory=no_reconciliation)
    """Variables of two tables, compared: columns of `panels.reconcile.RECONCILIATION`."""


def panel(
    city_years: pd.DataFrame | None,
    section: PanelSection,
    *,
    years: Collection[int] | None = None,
    blank: Collection[str] = (),
) -> Panel:
    """Join the city-year table with the yearbook tables of a study.

    Parameters
    ----------
    city_years : pandas.DataFrame or None
        Columns of ``cities.parquet``. None joins the tables alone.
    section : PanelSection
        The study's ``[panel]``.
    years : collection of int, optional
        Years of the study: those of the panel, where there is no light, and those that a balanced
        step asks for. All that the tables have when left out.
    blank : collection of str
        Columns of ``city_years`` whose values have not been computed yet.

    Returns
    -------
    Panel

    Raises
    ------
    NightpanelError
        A table cannot be read, a key is not unique, shares do not add up, nothing joins, a step
        cannot be done, or a value is out of its range.
    """
    chosen = None if city_years is None else _one_product(city_years, section.product)
    wanted = years if chosen is None else frozenset(chosen["year"])
    books = read_yearbooks(section, years=wanted)
    units = _units(books.units, section)
    sections = {table.label(): table for table in section.tables}
    prepared = [
        _prepared(sections[label], book, wanted, books.origins, light=chosen is not None)
        for label, book in books.tables.items()
    ]
    base = _all_keys([one.table for one in prepared]) if chosen is None else chosen
    side = TABLES if chosen is None else LIGHT
    joined = join_panel(
        base,
        [(one.label, one.table) for one in prepared],
        base=side,
        optional=[label for label in books.tables if sections[label].optional],
    )
    shaped = shape(
        joined.panel, section, origins=books.origins, years=years, blank=frozenset(blank)
    )
    for name in section.units:
        require_columns(shaped.table, [name], where="panel.units")
    sources = [
        Source(one.label, one.table, _lost_before(one, books.reconciliation, wanted))
        for one in prepared
        if not sections[one.label].optional
    ]
    lights = [] if chosen is None else [Source(LIGHT, chosen)]
    lost = join_losses([*lights, *sources], joined.panel)
    dropped = pd.concat([lost, shaped.losses], ignore_index=True)
    tables = panel_tables(
        shaped.table,
        joined.panel,
        dropped,
        section.descriptives,
        origins=books.origins,
        years=None if wanted is None else sorted(wanted),
        blank=blank,
    )
    return Panel(
        panel=shaped.table,
        unmatched=joined.unmatched,
        audit=(
            *books.audit,
            *(row for one in prepared for row in one.audit),
            *joined.audit,
            *_empty_years(wanted or (), joined.panel, sources),
            *shaped.audit,
        ),
        files=tuple(yearbook_files(section)),
        dropped=dropped,
        tables={**tables, **shaped.index_tables},
        units=units,
        reconciliation=books.reconciliation,
        matches=books.matches,
    )


def _units(known: Mapping[str, str], section: PanelSection) -> dict[str, str]:
    """Units of the panel's columns: of the tables, as declared, and of what is made of them."""
    declared = section.units
    units = derived_units(
        {**declared, **known}, sums=section.sums, ratios=section.ratios, logs=section.log_columns()
    )
    refuse_contradictions(units, declared, where="panel.units")
    return {**units, **declared}


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


def _empty_years(
    wanted: Collection[int], joined: pd.DataFrame, sources: Sequence[Source]
) -> list[AuditRow]:
    """A row for each year that is asked for and not in the panel."""
    rows = []
    for year in sorted(set(wanted) - set(joined["year"])):
        lacking = [one.label for one in sources if not (one.keys["year"] == year).any()]
        why = f"no row of it in {', '.join(lacking)}" if lacking else "no city in every table"
        rows.append(AuditRow("panel", "year_without_rows", f"year {year}", why))
    return rows


def _all_keys(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """City-years that any of the tables has."""
    if all(table.empty for table in tables):
        raise JoinError(
            "study.years",
            expected="years of which a table has rows",
            found="none",
            hint="correct the years, or leave them out for all that the tables have",
        )
    keys = pd.concat([table[list(KEY)] for table in tables]).drop_duplicates()
    return keys.sort_values(list(KEY)).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Prepared:
    label: str
    table: pd.DataFrame
    dropped: pd.DataFrame
    audit: tuple[AuditRow, ...]


def _lost_before(
    one: _Prepared, reconciliation: pd.DataFrame, years: Collection[int] | None
) -> pd.DataFrame:
    """City-years that a table lost before the join, or that only its second source has."""
    left = unfilled(reconciliation)
    inside = left["year"].isin(left["year"] if years is None else list(years))
    own = left[inside & (left["table"] == one.label)][["city_id", "year", "reason"]]
    return pd.concat([one.dropped, own], ignore_index=True) if len(own) else one.dropped


def _prepared(
    section: TableSection,
    read: ReadTable,
    years: Collection[int] | None,
    origins: Origins,
    *,
    light: bool,
) -> _Prepared:
    """One table within the years of the panel, with UIL when its section asks for it."""
    inside = read.table["year"].isin(read.table["year"] if years is None else list(years))
    table = read.table[inside].reset_index(drop=True)
    label = read.label
    outside = len(read.table) - len(table)
    why = "years without light" if light else "years outside the study"
    audit: list[AuditRow] = []
    if outside:
        audit.append(AuditRow("panel", "outside_years", label, why, outside))
    dropped = dropped_keys()
    if section.uil is not None:
        table, dropped, made = _with_uil(table, section.uil, section.file, origins)
        audit += made
    return _Prepared(label, table, dropped, tuple(audit))


def _with_uil(
    table: pd.DataFrame, section: UilSection, file: Path, origins: Origins
) -> tuple[pd.DataFrame, pd.DataFrame, Sequence[AuditRow]]:
    """The table with UIL, the rows that it dropped, and what was done."""
    where = f"{file}: uil"
    if section.name in table.columns:
        raise TableColumnError(
            f"{where}: column {section.name!r}",
            expected="a new name",
            found="a column of this name",
            hint="choose another name for the index",
        )
    index = uil(
        table,
        value_added=section.value_added,
        shares=section.shares,
        unit=section.unit or "fraction",
        on_bad_shares=section.on_bad_shares,
        where=where,
        origins=origins,
    )
    gone = (index.keep.index[~index.keep]).tolist()
    dropped = dropped_keys((*key_at(table, row), SHARES_REASON) for row in gone)
    kept = table.assign(**{section.name: index.values})[index.keep]
    return kept.reset_index(drop=True), dropped, index.audit
