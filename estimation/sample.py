"""A design's sample: which rows of the panel are used, and what was left out and why."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.designs import Design, check_columns, columns_of, design_label
from geo.audit import AuditRow
from geo.errors import DesignError, DomainError, DuplicateCityYearError, SampleError
from panels.cities.codes import PSEUDO_CITIES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Step = Callable[[pd.DataFrame, Design], tuple[pd.DataFrame, tuple[AuditRow, ...]]]

UNITS_COLUMN = "n_units"
STAGE = "designs"


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows a design is estimated on, ordered by city and year, complete and finite."""

    outcome: Floats
    """Outcome, shape (n,)."""
    treatment: Floats
    """Treatment, shape (n,)."""
    controls: Floats
    """Controls, shape (n, p); p may be 0."""
    control_names: tuple[str, ...]
    """Names of the controls' columns, p of them."""
    city: Integers
    """Position of each row's city in ``cities``, shape (n,), ascending."""
    year: Integers
    """Calendar year, shape (n,), ascending within a city."""
    cities: tuple[str, ...]
    """Codes of the cities, in ascending order of text."""
    label: str = "sample"
    """Whose sample it is, for errors and audit rows."""
    audit: tuple[AuditRow, ...] = ()
    """What was left out, by rule."""


def build_sample(panel: pd.DataFrame, design: Design) -> Sample:
    """Choose and check the rows of a panel that a design uses.

    Left out, counted and audited, in this order: years not asked for, pseudo-cities and excluded
    cities, city-years with fewer than ``min_units`` units (or an unknown number), rows with a
    missing value. A city to exclude that the panel does not have is audited, too.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row for every city and year; it is not changed.
    design : Design

    Returns
    -------
    Sample

    Raises
    ------
    DesignError
        A column is missing or of the wrong kind.
    DuplicateCityYearError
        A city-year occurs twice.
    DomainError
        A used column holds an infinite value.
    SampleError
        A year is absent, nothing is left, there are fewer cities than folds, or the treatment is
        constant.
    """
    check_columns(design, panel.columns)
    table = _keyed(panel, design)
    audit: list[AuditRow] = []
    steps: tuple[Step, ...] = (_known_cities, _in_years, _real_cities, _enough_units, _complete)
    for step in steps:
        table, rows = step(table, design)
        audit.extend(rows)
        if table.empty:
            why = "; ".join(row.detail for row in rows) or "the panel is empty"
            raise SampleError(
                design_label(design),
                expected="city-years to estimate on",
                found=f"none left ({why})",
                hint="relax the rule or mend the panel",
            )
    sample = _arrays(table.sort_values([design.city, design.year]), design, tuple(audit))
    _check_size(sample, design)
    return sample


def varies_within_city(sample: Sample) -> bool:
    """Whether the treatment changes over time in any city (beyond rounding)."""
    counts = np.bincount(sample.city)
    means = np.bincount(sample.city, weights=sample.treatment) / counts
    spread = np.abs(sample.treatment - means[sample.city]).max()
    return bool(spread > 1e-12 * np.abs(sample.treatment).max())


def _keyed(panel: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The used columns: city as text, year as int64, the rest float64; keys are unique."""
    table = pd.DataFrame(
        {
            design.city: _city_text(panel[design.city], design),
            design.year: _whole_years(panel[design.year], design),
        }
    )
    numbers = list(columns_of(design)[2:])
    if UNITS_COLUMN in panel.columns and UNITS_COLUMN not in numbers:
        numbers.append(UNITS_COLUMN)
    for column in numbers:
        table[column] = _numbers(panel[column], table, design)
    table = table.reset_index(drop=True)
    twice = table.duplicated([design.city, design.year])
    if twice.any():
        city, year = table.loc[twice, [design.city, design.year]].iloc[0]
        raise DuplicateCityYearError(
            f"{design_label(design)}, city {city}, year {year}",
            expected="one row for every city and year",
            found=f"{int(twice.sum())} rows too many",
            hint="keep one row, or one product, for every city-year",
        )
    return table


def _city_text(values: pd.Series, design: Design) -> pd.Series:
    if values.isna().any():
        raise _wrong_kind(values, design, "a city in every row", f"{values.isna().sum()} missing")
    if pd.api.types.is_integer_dtype(values):
        return values.astype("int64").astype("str")
    if pd.api.types.is_string_dtype(values):
        return values.astype("str")
    raise _wrong_kind(values, design, "city codes as text or whole numbers", f"{values.dtype}")


def _whole_years(values: pd.Series, design: Design) -> pd.Series:
    if values.isna().any():
        raise _wrong_kind(values, design, "a year in every row", f"{values.isna().sum()} missing")
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric or (values != values.round()).any():
        raise _wrong_kind(values, design, "years as whole numbers", f"{values.dtype}")
    return values.astype("int64")


def _numbers(values: pd.Series, keys: pd.DataFrame, design: Design) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(values):
        raise _wrong_kind(values, design, "numbers", _first_text(values, keys, design))
    return values.astype("float64")


def _first_text(values: pd.Series, keys: pd.DataFrame, design: Design) -> str:
    """The first value that is no number, and whose it is; else, the first stored as text."""
    known = values.notna().to_numpy(dtype=bool)
    if not known.any():
        return f"no values, of type {values.dtype}"
    numbers = pd.to_numeric(values.astype("str"), errors="coerce")
    unreadable = known & numbers.isna().to_numpy(dtype=bool)
    row = int(np.flatnonzero(unreadable if unreadable.any() else known)[0])
    city, year = (keys[column].iloc[row] for column in (design.city, design.year))
    return f"{values.iloc[row]!r} for city {city}, year {year} (type {values.dtype})"


def _wrong_kind(values: pd.Series, design: Design, expected: str, found: str) -> DesignError:
    return DesignError(
        f"{design_label(design)}, column '{values.name}'",
        expected=expected,
        found=found,
        hint="correct the column or name another",
    )


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


def _real_cities(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    pseudo = frozenset() if design.keep_pseudo_cities else PSEUDO_CITIES
    out = table[design.city].isin(design.exclude_cities | pseudo)
    codes = ", ".join(sorted(set(table.loc[out, design.city])))
    return _left_out(table, ~out, design, "excluded_cities", f"excluded city {codes}")


def _enough_units(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    if UNITS_COLUMN not in table.columns:
        if design.min_units <= 1:
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


def _complete(table: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    columns = list(columns_of(design)[2:])
    _refuse_infinite(table, columns, design)
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
    kept, rows = _left_out(
        table, ~missing.any(axis=1), design, "incomplete_rows", "a value is missing"
    )
    return kept, (*by_column, *rows)


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


def _arrays(table: pd.DataFrame, design: Design, audit: tuple[AuditRow, ...]) -> Sample:
    cities, city = np.unique(table[design.city].to_numpy(dtype=object), return_inverse=True)
    return Sample(
        outcome=table[design.outcome].to_numpy(dtype=np.float64),
        treatment=table[design.treatment].to_numpy(dtype=np.float64),
        controls=table[list(design.controls)].to_numpy(dtype=np.float64),
        control_names=design.controls,
        city=city.astype(np.int64),
        year=table[design.year].to_numpy(dtype=np.int64),
        cities=tuple(str(code) for code in cities),
        label=design_label(design),
        audit=audit,
    )


def _check_size(sample: Sample, design: Design) -> None:
    if len(sample.cities) < design.folds:
        raise SampleError(
            design_label(design),
            expected=f"at least as many cities as folds ({design.folds})",
            found=f"{len(sample.cities)} cities",
            hint="use fewer folds or more cities",
        )
    if np.ptp(sample.treatment) <= 1e-12 * np.abs(sample.treatment).max():
        raise SampleError(
            f"{design_label(design)}, column '{design.treatment}'",
            expected="a treatment that varies",
            found=f"{sample.treatment[0]:g} in every row",
            hint="name another treatment",
        )
