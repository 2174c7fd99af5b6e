"""From the city-year table and yearbooks to the panel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import JoinError
from nightpanel.made_by import stage_files
from nightpanel.outputs import write_table
from nightpanel.study_indices import UilSection
from nightpanel.study_panel import PanelSection
from nightpanel.study_tables import TableSection
from nightpanel.yearbook_files import yearbook_files
from nightpanel.yearbooks import Yearbooks, read_yearbooks
from panels.derive import derive
from panels.indices import uil
from panels.join import join_panel
from panels.schema import KEY


@dataclass(frozen=True, slots=True)
class Panel:
    """The joined panel and what did not join."""

    panel: pd.DataFrame
    """City-year table joined with the yearbooks; key (``city_id``, ``year``)."""
    unmatched: pd.DataFrame
    """Keys without a partner: ``side``, ``table``, ``city_id``, ``year``."""
    reconciliation: pd.DataFrame
    """Variables of two tables, compared: columns of `panels.reconcile.RECONCILIATION`."""
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
    return _joined(chosen, read_yearbooks(section), section, years=chosen["year"])


def panel_alone(section: PanelSection, *, years: Collection[int] | None = None) -> Panel:
    """The yearbook tables of a study joined with each other, without light.

    Parameters
    ----------
    section : PanelSection
        The study's ``[panel]``.
    years : collection of int, optional
        Years of the panel; all that every table has when left out.

    Returns
    -------
    Panel
        City-years that are in every table; ``unmatched`` has side ``tables`` for those that others
        have and a table lacks.

    Raises
    ------
    NightpanelError
        As `panel`.
    """
    books = read_yearbooks(section)
    wanted = pd.Index(years) if years is not None else None
    keys = pd.concat([table[list(KEY)] for table in books.tables.values()]).drop_duplicates()
    kept = keys if wanted is None else keys[keys["year"].isin(wanted)]
    if kept.empty:
        raise JoinError(
            "study.years",
            expected=f"years of the tables, {keys['year'].min()} to {keys['year'].max()}",
            found=", ".join(map(str, years or ())),
            hint="correct the years, or leave them out",
        )
    base = kept.sort_values(list(KEY), ignore_index=True)
    return _joined(base, books, section, years=base["year"], base_name="tables")


def _joined(
    base: pd.DataFrame,
    books: Yearbooks,
    section: PanelSection,
    *,
    years: pd.Series,
    base_name: str = "light",
) -> Panel:
    uil_of = {table.label(): table for table in section.tables}
    prepared = [
        _prepared(label, table, uil_of[label], frozenset(years))
        for label, table in books.tables.items()
    ]
    joined = join_panel(base, [(one.label, one.table) for one in prepared], base=base_name)
    result = derive(
        joined.panel,
        sums=section.sums,
        ratios=section.ratios,
        logs=section.logs,
    )
    rows = (row for one in prepared for row in one.audit)
    return Panel(
        panel=result,
        unmatched=joined.unmatched,
        reconciliation=books.reconciliation,
        audit=(*books.audit, *rows, *joined.audit),
        files=tuple(yearbook_files(section)),
    )


def write_panel(made: Panel, *, folder: Path) -> dict[str, str]:
    """Write the files of the panel stage into a folder.

    Parameters
    ----------
    made : Panel
    folder : Path

    Returns
    -------
    dict of str to str
        Their SHA-256 by name; the reconciliation is a file where there is one.
    """
    write_table(made.panel, folder / "panel.parquet")
    write_table(made.unmatched, folder / "unmatched.parquet")
    if len(made.reconciliation):
        write_table(made.reconciliation, folder / "reconciliation.parquet")
    return stage_files("panel", folder)


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


def _prepared(
    label: str, whole: pd.DataFrame, section: TableSection, years: frozenset[int]
) -> _Prepared:
    """One table within the years of the panel, with UIL when its section asks for it."""
    table = whole[whole["year"].isin(years)].reset_index(drop=True)
    outside = len(whole) - len(table)
    rows = (AuditRow("panel", "outside_years", label, "years outside those of the panel", outside),)
    audit = rows if outside else ()
    if section.uil is None:
        return _Prepared(label, table, audit)
    table, indexed = _with_uil(table, section.uil, where=f"{section.file}: uil")
    return _Prepared(label, table, (*audit, *indexed))


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
