"""Which city-years a design leaves out: one rule after the other, each counted and audited."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from estimation.design_columns import label_of, numbers_of
from estimation.designs import Design, design_label
from estimation.samples.columns import UNITS_COLUMN, group_column
from estimation.samples.policy import with_adoption
from estimation.staggered.keys import formed_policy
from geo.audit import AuditRow
from geo.errors import DomainError, SampleError
from panels.cities.codes import MUNICIPALITIES, PSEUDO_CITIES
from panels.cities.places import PROVINCE_DIGITS
from panels.cities.regions import province_of

STAGE = "designs"
_MUNICIPALITIES = frozenset(MUNICIPALITIES) | frozenset(MUNICIPALITIES.values())
_AS_PROVINCES = frozenset(city[:PROVINCE_DIGITS] for city in MUNICIPALITIES.values())
Step = Callable[[pd.DataFrame, Design], tuple[pd.DataFrame, tuple[AuditRow, ...]]]


def _left_out(
    table: pd.DataFrame, keep: pd.Series, design: Design, rule: str, why: str
) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """The rows to keep, and an audit row if any is left out."""
    gone = int((~keep).sum())
    if gone == 0:
        return table, ()
    row = AuditRow(STAGE, rule, design_label(design), f"{gone} city-years left out: {why}", gone)
    return table[keep], (row,)


def _known_cities(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """All rows, and an audit row if a city to exclude is in none: its code may be misspelt."""
    absent = sorted(design.exclude_cities - set(table[design.city]))
    if not absent or table.empty:
        return table, ()
    detail = f"in no row of the panel: {', '.join(absent)}"
    rule = "excluded_city_not_in_panel"
    return table, (AuditRow(STAGE, rule, design_label(design), detail, len(absent)),)


def _in_years(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    if design.years is None:
        return table, ()
    there = set(table[design.year].tolist())
    absent = sorted(set(design.years) - there)
    if absent:
        raise SampleError(
            f"{design_label(design)}, years",
            expected="years of the panel",
            found=f"{', '.join(map(str, absent))} absent (the panel has "
            f"{', '.join(map(str, sorted(there)))})",
            hint="leave them out or mend the panel",
        )
    keep = table[design.year].isin(design.years)
    return _left_out(table, keep, design, "years_not_asked_for", "year not asked for")


def _is_municipality(city: str) -> bool:
    """Whether a city is one of the four, by its code, or as a province by code or name."""
    as_province = not city.isdigit() or len(city) == PROVINCE_DIGITS
    return city in _MUNICIPALITIES or (as_province and province_of(city) in _AS_PROVINCES)


def _real_cities(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    pseudo = frozenset() if design.keep_pseudo_cities else PSEUDO_CITIES
    municipal = frozenset[str]()
    if design.exclude_municipalities:
        municipal = frozenset(filter(_is_municipality, table[design.city].unique()))
    out = table[design.city].isin(design.exclude_cities | pseudo | municipal)
    codes = ", ".join(sorted(set(table.loc[out, design.city])))
    return _left_out(table, ~out, design, "excluded_cities", f"excluded city {codes}")


def _enough_units(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    if UNITS_COLUMN not in table.columns:
        if design.min_units <= 1 or design.cross_section:
            return table, ()
        detail = f"no column '{UNITS_COLUMN}': min_units = {design.min_units} is not applied"
        return table, (AuditRow(STAGE, "min_units_not_applied", design_label(design), detail),)
    known = table[UNITS_COLUMN].notna()
    table, unknown = _left_out(
        table, known, design, "units_unknown", f"'{UNITS_COLUMN}' is missing"
    )
    enough = table[UNITS_COLUMN] >= design.min_units
    table, few = _left_out(
        table, enough, design, "fewer_than_min_units", f"fewer than {design.min_units} units"
    )
    return table, (*unknown, *few)


def _adopting(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """Years of adoption as the design reads them, and the policy formed from them.

    City-years without one are of cities that never adopt: the year is 0.
    """
    adoption = design.adoption
    if adoption is None:
        return table, ()
    if adoption.policy:
        return with_adoption(table, design, adoption.policy, STAGE)
    column, years = adoption.year, table[adoption.year]
    where, rows = f"{design_label(design)}, column '{column}'", []
    for old, new in adoption.recode:
        count = int((years == old).sum())
        detail = f"{count} city-years: adoption in {old} is read as {new}"
        rows.append(
            AuditRow(STAGE, "adoption_recoded", where, detail, count, old=str(old), new=str(new))
        )
    years = years.replace({float(old): float(new) for old, new in adoption.recode})
    without = years.isna()
    if without.any():
        detail = (
            f"{int(without.sum())} city-years of {table.loc[without, design.city].nunique()} "
            "cities have no year of adoption: taken as never adopting"
        )
        rows.append(AuditRow(STAGE, "never_adopting", where, detail, int(without.sum())))
    made = table.assign(**{column: years.fillna(0.0)})
    policy = formed_policy(adoption, design.treatment)
    if policy is not None and policy not in table.columns:
        under = (made[column] > 0) & (made[design.year] >= made[column])
        made[policy] = under.astype("float64")
    return made, tuple(rows)


def _complete(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """Rows with a value in every column; nothing is estimated where outcome or treatment lacks."""
    columns = list(numbers_of(design))
    _refuse_infinite(table, columns, design)
    label = label_of(design)
    if label is not None:
        columns.append(group_column(label))
    missing = table[columns].isna()
    by_column = tuple(
        AuditRow(
            STAGE,
            "missing_values",
            f"{design_label(design)}, column '{column}'",
            f"{int(count)} of {len(table)} city-years have no value",
            int(count),
        )
        for column, count in missing.sum().items()
        if count
    )
    needed = [design.outcome, design.treatment]
    if design.missing == "refuse":
        _refuse_missing(table, missing, [c for c in columns if c not in needed], design)
    kept, rows = _left_out(
        table, ~missing.any(axis=1), design, "incomplete_rows", "a value is missing"
    )
    return kept, (*by_column, *rows)


def _refuse_missing(
    table: pd.DataFrame, missing: pd.DataFrame, columns: list[str], design: Design
) -> None:
    """Refuse rows with outcome and treatment that lack another column; all are named, one shown."""
    usable = ~missing[[design.outcome, design.treatment]].any(axis=1)
    lacking = missing.loc[usable, columns]
    counts = lacking.sum()
    if not counts.any():
        return
    first = table.loc[usable].loc[lacking.any(axis=1)].iloc[0]
    listed = ", ".join(f"'{column}' {int(count)}" for column, count in counts.items() if count)
    raise SampleError(
        f"{design_label(design)}, city {first[design.city]}, year {first[design.year]}",
        expected='a value of every control and group, or missing = "drop"',
        found=f"none there; city-years without a value: {listed}",
        hint='fill them in, or set missing = "drop" to leave these city-years out',
    )


def _refuse_infinite(table: pd.DataFrame, columns: list[str], design: Design) -> None:
    for column in columns:
        infinite = np.isinf(table[column])
        if infinite.any():
            first = table[infinite].iloc[0]
            raise DomainError(
                f"{design_label(design)}, column '{column}', city {first[design.city]}, "
                f"year {first[design.year]}",
                expected="finite numbers",
                found=f"{first[column]} ({int(infinite.sum())} such rows)",
                hint="mend the column, for example the log of zero",
            )


RULES: tuple[Step, ...] = (
    _known_cities, _in_years, _real_cities, _enough_units, _adopting, _complete,
)  # fmt: skip
"""In the order in which they are applied."""
