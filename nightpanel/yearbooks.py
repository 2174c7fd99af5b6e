"""The yearbook tables of a study: read, reconciled where two tell the same, made real."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError
from nightpanel.study_panel import PanelSection
from nightpanel.study_sources import IndexTableSection, RealSection, ReconcileSection
from nightpanel.study_tables import CitiesSection, TableSection
from nightpanel.study_vintage import VintageSection
from nightpanel.yearbook_origins import column_places, origins_of, unmoved_places
from panels.cities.confirmed import read_confirmed
from panels.cities.crosswalks import read_crosswalk
from panels.cities.match import MATCH_COLUMNS, Reference, no_matches
from panels.cities.places import (
    CITY_DIGITS,
    PROVINCE_DIGITS,
    City,
    are_provinces,
    china_cities,
    china_provinces,
    read_cities,
)
from panels.cities.vintage import Moved, VintageSpec, to_vintage
from panels.deflate import deflated, with_index
from panels.origins import UNKNOWN, Origins, Places
from panels.read import ReadTable, TableSpec, read_table
from panels.reconcile import no_reconciliation, reconciled, with_chosen
from panels.schema import KEY


@dataclass(frozen=True, slots=True)
class Yearbooks:
    """The tables of a study, in all their years."""

    tables: Mapping[str, ReadTable]
    """City x year tables by their names."""
    reconciliation: pd.DataFrame
    """Columns of `panels.reconcile.RECONCILIATION`; empty where nothing is reconciled."""
    audit: tuple[AuditRow, ...]
    """What was dropped, guessed or made of it."""
    units: Mapping[str, str]
    """Units of columns, as far as the study or the files say them."""
    matches: pd.DataFrame
    """What each code and name was taken for: ``table`` and `panels.cities.match.MATCH_COLUMNS`;
    empty where tables have codes alone."""
    origins: Origins = UNKNOWN
    """Where values stand that are as some file has them: not those of a moved city, nor those made
    real."""


def read_yearbooks(section: PanelSection, *, years: Collection[int] | None = None) -> Yearbooks:
    """Read a study's tables, in one vintage each, reconciled, and with what is made real.

    Parameters
    ----------
    section : PanelSection
        The study's ``[panel]``.
    years : collection of int, optional
        Years that rows without a year hold for; those of the other tables when left out.

    Returns
    -------
    Yearbooks

    Raises
    ------
    NightpanelError
        A table cannot be read, a name is used twice, two sources share nothing, an index does not
        reach its base year.
    """
    _refuse_same_names(section)
    cities = _places(section)
    read = _read_all(section, years, cities)
    tables, audit = _in_one_vintage(section, read)
    by_table: dict[str, Mapping[str, str]] = {label: one.units for label, one in read.items()}
    places = {label: unmoved_places(one, tables[label]) for label, one in read.items()}
    compared = no_reconciliation()
    for at, pair in enumerate(section.reconcile):
        where = f"panel.reconcile.{at}"
        known = {one: column_places(one, places, compared) for one in pair.columns}
        tables, comparison, rows = _with_reconciled(tables, by_table, pair, known, where=where)
        by_table = _with_reconciled_units(by_table, pair)
        compared = comparison if compared.empty else pd.concat([compared, comparison])
        audit += rows
    compared = compared.reset_index(drop=True)
    named = {
        label: [str(one) for one in table if one not in KEY] for label, table in tables.items()
    }
    origins = origins_of(named, places, compared)
    for name, real in section.real.items():
        tables, rows = _with_real(tables, name, real, origins, cities, where=f"panel.real.{name}")
        audit += rows
    units = {name: unit for one in by_table.values() for name, unit in one.items()}
    units |= {
        name: units[one.nominal] for name, one in section.real.items() if one.nominal in units
    }
    made = {label: replace(read[label], table=table) for label, table in tables.items()}
    return Yearbooks(made, compared, tuple(audit), units, _matches(read), origins)


def _places(section: PanelSection) -> Sequence[City] | None:
    """What names and codes are looked up among; None for the shipped list of cities."""
    if section.unit == "province":
        return china_provinces()
    return None if section.cities is None else read_cities(section.cities)


def digits_of(section: CitiesSection, cities: Sequence[City] | None) -> int:
    """Leading digits of a code that name the place: those of the list unless the table says."""
    if section.city_digits is not None:
        return section.city_digits
    return PROVINCE_DIGITS if cities is not None and are_provinces(cities) else CITY_DIGITS


def _read_all(
    section: PanelSection, years: Collection[int] | None, cities: Sequence[City] | None
) -> dict[str, ReadTable]:
    """The tables by name; those without years after the others, whose years they may need."""
    read: dict[str, ReadTable] = {}
    for one in sorted(section.tables, key=lambda table: not table.has_years()):
        known = {year for other in read.values() for year in other.table["year"]}
        wanted = known if years is None else years
        read[one.label()] = read_table(table_spec(one, cities=cities, years=wanted))
    return {one.label(): read[one.label()] for one in section.tables}


def _in_one_vintage(
    section: PanelSection, read: Mapping[str, ReadTable]
) -> tuple[dict[str, pd.DataFrame], list[AuditRow]]:
    """The tables, moved where their section asks for it, and all audit rows so far."""
    tables = {label: one.table for label, one in read.items()}
    audit = [row for one in read.values() for row in one.audit]
    for one in section.tables:
        if one.vintage is not None:
            moved = _moved(read[one.label()], one.vintage, where=str(one.file))
            tables[one.label()] = moved.table
            audit += moved.audit
    return tables, audit


def _moved(read: ReadTable, section: VintageSection, *, where: str) -> Moved:
    spec = VintageSpec(
        crosswalk=read_crosswalk(section.crosswalk),
        counts=tuple(section.counts),
        rates=section.rates,
        absent_parts=section.absent_parts,
        late_parts=section.late_parts,
    )
    return to_vintage(read.table, spec, where=where, places=read.places)


def _matches(read: Mapping[str, ReadTable]) -> pd.DataFrame:
    """The tables' matches under their names."""
    tables = [one.matches.assign(table=name) for name, one in read.items() if len(one.matches)]
    whole = pd.concat(tables, ignore_index=True) if tables else no_matches().assign(table="")
    return whole.astype({"table": "str"})[["table", *MATCH_COLUMNS]]


def table_spec(
    section: TableSection, *, cities: Sequence[City] | None = None, years: Collection[int] = ()
) -> TableSpec:
    """A table's section as the panels room has it."""
    spec = _rows_spec(section, section.columns, cities)
    return replace(spec, units=section.units, years=tuple(sorted(years)), only=dict(section.only))


def _rows_spec(
    section: TableSection | IndexTableSection,
    columns: Mapping[str, str],
    cities: Sequence[City] | None,
) -> TableSpec:
    """Where a table is and how its rows are read, whatever it holds."""
    reference = Reference(cities or china_cities())
    digits = digits_of(section, cities)
    confirm = section.confirm
    return TableSpec(
        file=section.file,
        city=section.city,
        year=section.year,
        columns=columns,
        sheet=section.sheet,
        year_from=section.year_from,
        header=section.header_rows(),
        city_digits=digits,
        encoding=section.encoding,
        separator=section.separator,
        decimal=section.decimal,
        crosswalk=section.crosswalk,
        label=section.label(),
        city_name=section.city_name,
        province=section.province,
        cities=cities,
        confirmed={} if confirm is None else read_confirmed(confirm, reference, digits=digits),
        keep_totals=section.keep_pseudo_cities,
    )


def _refuse_same_names(section: PanelSection) -> None:
    labels = [table.label() for table in section.tables]
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise TableColumnError(
            "panel.tables",
            expected="a name of its own for each table",
            found=f"{twice[0]!r} twice",
            hint='add a name to each: name = "..."',
        )


def _with_reconciled(
    tables: Mapping[str, pd.DataFrame],
    units: Mapping[str, Mapping[str, str]],
    section: ReconcileSection,
    places: Mapping[str, Mapping[str, Places]],
    *,
    where: str,
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, tuple[AuditRow, ...]]:
    """The tables with columns of two once; places by column and table."""
    made = dict(tables)
    comparisons: list[pd.DataFrame] = []
    audit: list[AuditRow] = []
    for column in section.columns:
        first, second = (_named(made, label, where=f"{where}.tables") for label in section.tables)
        result = reconciled(
            (section.tables[0], first),
            (section.tables[1], second),
            column=column,
            tolerance=section.tolerance,
            prefer=section.prefer,
            fill=section.fill,
            where=where,
            units=(units[section.tables[0]].get(column), units[section.tables[1]].get(column)),
            places=places[column],
        )
        comparisons.append(result.comparison)
        audit += result.audit
        made = with_chosen(made, result.comparison, prefer=section.prefer)
    return made, pd.concat(comparisons, ignore_index=True), tuple(audit)


def _with_reconciled_units(
    units: Mapping[str, Mapping[str, str]], section: ReconcileSection
) -> dict[str, Mapping[str, str]]:
    """Units by table when the reconciled columns stand in the preferred one alone."""
    (other,) = set(section.tables) - {section.prefer}
    known = {**units[other], **units[section.prefer]}
    own = {name: known[name] for name in section.columns if name in known}
    rest = {name: unit for name, unit in units[other].items() if name not in section.columns}
    return {**units, section.prefer: {**units[section.prefer], **own}, other: rest}


def _named(tables: Mapping[str, pd.DataFrame], label: str, *, where: str) -> pd.DataFrame:
    if label not in tables:
        raise TableColumnError(
            where,
            expected=f"names of tables: {', '.join(tables)}",
            found=repr(label),
            hint="correct the name; a table's name is its key name, or its file's name",
        )
    return tables[label]


def _with_real(
    tables: Mapping[str, pd.DataFrame],
    name: str,
    section: RealSection,
    origins: Origins,
    cities: Sequence[City] | None,
    *,
    where: str,
) -> tuple[dict[str, pd.DataFrame], tuple[AuditRow, ...]]:
    """The tables with a real column in the one that has the nominal."""
    label = _owner(tables, section.nominal, where)
    own = tables[label]
    if name in own.columns:
        raise TableColumnError(
            where, expected="a new name", found=f"a column {name!r}", hint="choose another"
        )
    audit: tuple[AuditRow, ...] = ()
    if section.table is not None:
        index, audit = _index_table(section.index, section.table, cities)
        digits = None if section.table.is_of_country() else digits_of(section.table, cities)
        wide = with_index(own, index, column=section.index, digits=digits, where=where)
    elif section.index in own.columns:
        wide = own
    else:
        index = tables[_owner(tables, section.index, where)][[*KEY, section.index]]
        wide = own.merge(index, on=list(KEY), how="left").set_axis(own.index, axis=0)
    result = deflated(
        wide,
        nominal=section.nominal,
        index=section.index,
        kind=section.kind,
        base=section.base,
        where=where,
        origins=origins,
    )
    return dict(tables) | {label: own.assign(**{name: result.values})}, (*audit, *result.audit)


def _index_table(
    name: str, section: IndexTableSection, cities: Sequence[City] | None
) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """An index's own table in its vintage, and its audit rows."""
    columns = {name: section.column or name, **section.weights}
    read = read_table(_rows_spec(section, columns, cities))
    if section.vintage is None:
        return read.table, read.audit
    moved = _moved(read, section.vintage, where=str(section.file))
    return moved.table, (*read.audit, *moved.audit)


def _owner(tables: Mapping[str, pd.DataFrame], column: str, where: str) -> str:
    """The table that has a column."""
    owners = [label for label, table in tables.items() if column in table.columns]
    if len(owners) != 1:
        present = ", ".join(
            name for table in tables.values() for name in table.columns if name not in KEY
        )
        raise TableColumnError(
            f"{where}: column {column!r}",
            expected="a column of one table",
            found=f"it in {' and '.join(owners)}" if owners else f"the columns {present}",
            hint="reconcile the tables first" if owners else "correct the name",
        )
    return owners[0]
