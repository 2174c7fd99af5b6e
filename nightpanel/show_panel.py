"""What the command line prints about a study's panel."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from geo.audit import AuditRow
from nightpanel.show import print_table, say
from nightpanel.show_yearbooks import show_reconciliation

if TYPE_CHECKING:
    import pandas as pd

    from nightpanel.check_study import Checked

SHOWN_OUTLIERS = 20
SHOWN_PATTERNS = 10


def show_checked(checked: "Checked") -> None:
    """What a check understood of the study, and its panel."""
    for fact in checked.facts:
        say(fact)
    show_reconciliation(checked.reconciliation)
    show_panel(checked.tables)
    show_audit(checked.audit)
    say("no problems" if not checked.problems else f"problems: {len(checked.problems)}")


def show_panel(tables: Mapping[str, "pd.DataFrame"]) -> None:
    """Descriptives, balance, gaps, outliers and lost cities of a panel.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As `nightpanel.panel_tables.panel_tables` makes them.
    """
    if not tables:
        return
    print_table(tables["descriptives"], title="Descriptive statistics")
    _show_balance(tables["balance"])
    _show_missing(tables["missing"])
    _show_outliers(tables["outliers"])
    lost = tables["lost_cities"]
    say(f"Lost cities: {len(lost)}")
    for city, name, _, reason in lost.itertuples(index=False, name=None):
        say(f"  {f'{city} {name}'.rstrip()}: {reason}")


def show_audit(audit: Iterable[AuditRow]) -> None:
    """How many rows of each rule a panel's audit has, with the first of each.

    Parameters
    ----------
    audit : iterable of AuditRow
    """
    rules: dict[str, list[AuditRow]] = {}
    for row in audit:
        rules.setdefault(row.rule, []).append(row)
    if rules:
        say(f"Audit of the panel: {sum(map(len, rules.values()))} rows, by rule")
    for rule, rows in rules.items():
        first = f"{rows[0].subject}: {rows[0].detail}"
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        say(f"  {rule}, {len(rows)}: {first}{more}")


def _show_balance(patterns: "pd.DataFrame") -> None:
    order = patterns.groupby("of").cumcount()
    print_table(patterns[order < SHOWN_PATTERNS], title="Balance, # for a year with a row")
    rest = patterns[order >= SHOWN_PATTERNS]
    if len(rest):
        say(f"  and {len(rest)} patterns more, of {rest['cities'].sum()} cities")


def _show_missing(missing: "pd.DataFrame") -> None:
    gaps = missing[missing["missing"] > 0]
    if len(gaps):
        title = "Missing, a character for a year: . none, 1-9 tenths of the cities, # all"
        print_table(gaps, title=title)
    for of, part in missing.groupby("of"):
        whole = int((part["missing"] == 0).sum())
        say(f"  {of}: nothing missing in {whole} of {len(part)} rows of the map")


def _show_outliers(found: "pd.DataFrame") -> None:
    shown = found.head(SHOWN_OUTLIERS)
    names = [PurePath(file).name for file in shown["file"]]
    title = f"Outliers by modified z-score: {len(found)} values"
    print_table(shown.assign(file=names), title=title)
    if len(found) > SHOWN_OUTLIERS:
        say(f"  and {len(found) - SHOWN_OUTLIERS} more (tables/outliers.csv of a run)")


def show_catalogue() -> None:
    """Every index that a study can make."""
    from panels.catalogue import CATALOGUE  # pandas is loaded with the first table

    for one in CATALOGUE:
        say(f"{one.kind}: {one.title}")
        for word in ("formula", "range", "direction", "source", "data"):
            say(f"  {word}: {getattr(one, word)}")
