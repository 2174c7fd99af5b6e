"""A panel's columns as a design needs them: city as text, whole years, numbers, clusters."""

import numpy as np
import pandas as pd

from estimation.design_columns import label_of, numbers_of
from estimation.designs import Design, design_label
from estimation.heterogeneity.keys import REGION
from estimation.linear.keys import atoms_of
from estimation.staggered.keys import formed_policy
from geo.errors import DesignError, DuplicateCityYearError
from panels.cities.regions import province_of, region_of

UNITS_COLUMN = "n_units"
PROVINCE_COLUMN = "province"
LAST_YEAR = 9999
"""Years have four digits at most."""


def keyed(panel: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The used columns: city as text, year as int64, the rest float64; keys are unique.

    Parameters
    ----------
    panel : pandas.DataFrame
        With every column that the design reads.
    design : Design

    Returns
    -------
    pandas.DataFrame
        One more column for each way to cluster (:func:`cluster_column`), level of an effect and
        label of slopes: text, or the city or year;
        one for groups that are a column's values (:func:`group_column`): text. A policy that is
        formed from years of adoption is not there yet.

    Raises
    ------
    DesignError
        A column is of the wrong kind, or has gaps where none may be.
    DuplicateCityYearError
        A city-year occurs twice.
    """
    table = _key(panel, design)
    numbers = list(numbers_of(design))
    if UNITS_COLUMN in panel.columns and UNITS_COLUMN not in numbers:
        numbers.append(UNITS_COLUMN)
    made = formed_policy(design.adoption, design.treatment)
    for column in numbers:
        if column != made or column in panel.columns:
            table[column] = _numbers(panel[column], table, design)
    for name in design.cluster:
        table[cluster_column(name)] = _clusters(panel, table, design, name)
    for name in atoms_of(design.absorbed):
        table[effect_column(name)] = _clusters(panel, table, design, name, part="effect")
    for name in design.slopes:
        table[slope_column(name)] = _clusters(panel, table, design, name, part="label of slopes")
    label = label_of(design)
    if label is not None:
        regions = design.groups is not None and bool(design.groups.regions)
        labels = _regions(panel, table, design) if regions else _labels(panel[label])
        table[group_column(label)] = labels
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


def _key(panel: pd.DataFrame, design: Design) -> pd.DataFrame:
    """City and year of each row; of a cross-section its number, from 1, and the year 0."""
    if design.cross_section:
        width = len(str(len(panel)))
        numbers = [f"row {number + 1:0{width}d}" for number in range(len(panel))]
        cities = pd.Series(numbers, index=panel.index, dtype="str")
        return pd.DataFrame({design.city: cities, design.year: np.int64(0)}, index=panel.index)
    return pd.DataFrame(
        {
            design.city: _city_text(panel[design.city], design),
            design.year: _whole_years(panel[design.year], design),
        }
    )


def cluster_column(name: str) -> str:
    """Column of the keyed table that holds a way to cluster."""
    return f"cluster: {name}"


def effect_column(name: str) -> str:
    """Column of the keyed table that holds what an effect is made of."""
    return f"effect: {name}"


def slope_column(name: str) -> str:
    """Column of the keyed table that holds labels by which slopes differ."""
    return f"slope: {name}"


def group_column(name: str) -> str:
    """Column of the keyed table that holds groups."""
    return f"group: {name}"


def _labels(values: pd.Series) -> pd.Series:
    """Groups as text, missing where the panel's are; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").where(values.notna())


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
    numeric = _are_real_numbers(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric:
        raise _wrong_kind(values, design, "years as whole numbers", f"{values.dtype}")
    wrong = values[(values != values.round()) | (values.abs() > LAST_YEAR)]
    if not wrong.empty:
        expected = f"years as whole numbers up to {LAST_YEAR}"
        raise _wrong_kind(values, design, expected, f"{wrong.iloc[0]}")
    return values.astype("int64")


def _are_real_numbers(values: pd.Series) -> bool:
    complex_ones = pd.api.types.is_complex_dtype(values)
    return pd.api.types.is_numeric_dtype(values) and not complex_ones


def _numbers(values: pd.Series, keys: pd.DataFrame, design: Design) -> pd.Series:
    if not _are_real_numbers(values):
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


def _clusters(
    panel: pd.DataFrame, table: pd.DataFrame, design: Design, name: str, *, part: str = "cluster"
) -> pd.Series:
    """The cluster, or level of an effect, of each row, as text."""
    if name == "city":
        return table[design.city]
    if name == "year":
        return table[design.year].astype("str")
    if name in panel.columns:
        values = panel[name]
        if values.isna().any():
            found = f"{values.isna().sum()} missing"
            raise _wrong_kind(
                values, design, f"{'an' if part == 'effect' else 'a'} {part} in every row", found
            )
        return _labels(values)
    codes = table[design.city].map(province_of)
    if codes.isna().any():
        raise DesignError(
            f"{design_label(design)}, {part} 'province'",
            expected=f"a column '{PROVINCE_COLUMN}', or codes of 2, 4 or 6 digits as cities",
            found=f"city '{table.loc[codes.isna(), design.city].iloc[0]}' and no such column",
            hint=f"add the column, or leave this {part} out",
        )
    return codes.astype("str")


def _regions(panel: pd.DataFrame, table: pd.DataFrame, design: Design) -> pd.Series:
    """The region of each row's province, from a column of provinces or the city."""
    division = "" if design.groups is None else design.groups.regions
    provinces = _clusters(panel, table, design, PROVINCE_COLUMN, part="region by")
    found = provinces.map(lambda one: region_of(one, division))
    if found.isna().any():
        place = int(np.flatnonzero(found.isna())[0])
        raise DesignError(
            f"{design_label(design)}, groups, {REGION}",
            expected="provinces of the Chinese mainland, by code or name",
            found=f"'{provinces.iloc[place]}'",
            hint="correct the province, or name a column of regions of your own",
        )
    return found.astype("str")
