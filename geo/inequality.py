"""Inequality of light between the units of a city, for every city-year at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo._groups import Floats, Groups, Integers, group_rows
from geo._resampled import entropy
from geo.bootstrap import CityLight, gini_intervals
from geo.errors import DuplicateUnitError, InequalityDomainError, TableColumnError

TEXT_COLUMNS = ("product", "city_id", "unit_id")
NUMBER_COLUMNS = ("mean", "area_km2", "saturated_share", "n_cells")
CITY_COLUMNS = (
    "city_id",
    "year",
    "product",
    "gini",
    "gini_corrected",
    "gini_area",
    "theil_t",
    "theil_l",
    "cv",
    "mean",
    "n_units",
    "saturated_share",
    "gini_low",
    "gini_high",
    "flags",
)


@dataclass(frozen=True, slots=True)
class _UnitYears:
    """Rows ordered by product, city, year, light and unit, whatever order they came in."""

    keys: pd.DataFrame
    """``product``, ``city_id``, ``year`` of each city-year, ordered; shape (n_city_years, 3)."""
    units: Groups
    """Units with valid cells, grouped by city-year."""
    light: Floats
    """Their mean light, ascending in each group."""
    area: Floats
    """Their area in km2."""
    cells: Floats
    """Their effective number of valid cells."""
    saturated: Floats
    """Their share of saturated cells."""
    left_out: Integers
    """Units without valid cells in each city-year."""


def city_year_inequality(
    unit_years: pd.DataFrame, *, draws: int = 500, level: float = 0.95, threads: int | None = None
) -> pd.DataFrame:
    """Gini of mean light over the units of each city, year and product, and its companions.

    Parameters
    ----------
    unit_years : pandas.DataFrame
        The unit-year table. Used are ``unit_id``, ``city_id``, ``product`` (text), ``year``
        (integer), ``mean`` (light per cell, in the product's unit), ``area_km2``,
        ``saturated_share`` and ``n_cells``; one row per unit, year and product, in any order.
    draws : int, default 500
        Bootstrap draws of the Gini's interval; 0 for none.
    level : float, default 0.95
        Level of that interval, between 0 and 1.
    threads : int, optional
        Threads that draw; all cores when left out.

    Returns
    -------
    pandas.DataFrame
        One row per city, year and product, ordered by product, city and year. Text: ``city_id``,
        ``product``, ``flags``; int64: ``year``, ``n_units``; float64: the others.

        - ``gini``: ``sum_k sum_r |L_k - L_r| / (2 n^2 mean L)``, L the mean light of a unit;
        - ``gini_corrected``: ``gini n / (n - 1)``, NaN for one unit;
        - ``gini_area``: ``sum_k sum_r a_k a_r |L_k - L_r| / (2 A^2 m)`` with a unit's area a,
          ``A = sum_k a_k`` and ``m = sum_k a_k L_k / A``;
        - ``theil_t``: ``mean (L/m) ln(L/m)`` with ``m = mean L`` and ``0 ln 0 = 0``;
        - ``theil_l``: ``mean ln(m/L)``, NaN if some units are dark;
        - ``cv``: population standard deviation over mean, ``sqrt(mean (L - m)^2) / m``;
        - ``mean``: ``m``, the unweighted mean over units;
        - ``n_units``: units with valid cells, the ones that count;
        - ``saturated_share``: weighted by ``n_cells``; NaN if it is for any unit;
        - ``gini_low``, ``gini_high``: percentile bootstrap over units (`geo.bootstrap`): how the
          Gini depends on which units there are, not sampling error; NaN for one unit;
        - ``flags``: sorted names joined by ``;``: ``dark`` (all light is 0: every index is NaN),
          ``dark_draws:K`` (K bootstrap draws were all dark and left out), ``no_valid_units``
          (nothing to measure: all but ``n_units`` is NaN), ``single_unit`` (every index but
          ``gini_corrected`` is 0, unless dark), ``theil_l_dark_units``, ``units_left_out:K``
          (K units without valid cells).

    Raises
    ------
    TableColumnError
        A column is missing, a key is missing in a row, or the year is no integer.
    DuplicateUnitError
        A unit occurs twice in a city, year and product.
    InequalityDomainError
        The light of a unit with valid cells is negative or infinite, its area not positive and
        finite, or ``draws`` or ``level`` out of range.

    Notes
    -----
    Equation (1) of Yu and Zhang. Sorting makes it O(n log n): with light ascending and ranks i from
    1 to n it is ``sum_i (2 i - n - 1) L_i / (n sum L)``. All sums run in an order fixed by light
    and unit id inside the city-year, so that neither the order of rows nor other cities change a
    bit.
    """
    _require_settings(draws, level)
    rows = _ordered(unit_years)
    n, light = rows.units.size, rows.light
    total = rows.units.sums(light)
    dark = (n > 0) & (total == 0.0)
    gini = _gini(rows.units, light, np.ones_like(light))
    mean = _ratio(total, n)
    # Of a city-year without light the ratio is NaN, and so is every index made of it.
    relative = _ratio(light, mean[rows.units.of_row])
    intervals = gini_intervals(_lit_cities(rows, dark), draws=draws, level=level, threads=threads)
    return rows.keys.assign(
        gini=gini,
        gini_corrected=_ratio(gini * n, n - 1),
        gini_area=_gini(rows.units, light, rows.area),
        theil_t=_mean_of(rows.units, _theil_t_terms(relative)),
        theil_l=_mean_of(rows.units, _theil_l_terms(relative)),
        cv=np.sqrt(_mean_of(rows.units, (relative - 1.0) ** 2)),
        mean=mean,
        n_units=n,
        saturated_share=_ratio(
            rows.units.sums(rows.cells * rows.saturated), rows.units.sums(rows.cells)
        ),
        gini_low=intervals.low,
        gini_high=intervals.high,
        flags=_flags(rows, dark, intervals.dark_draws),
    )[list(CITY_COLUMNS)].astype({"flags": "str"})


def gini(light: Floats) -> float:
    """Gini of values that are no units of a table, such as cells.

    Parameters
    ----------
    light : float array (n,)
        Finite and not negative.

    Returns
    -------
    float
        As ``gini`` of `city_year_inequality`; NaN if there is no light at all.
    """
    ascending = np.sort(np.asarray(light, dtype=np.float64))
    one_group = group_rows(np.zeros(ascending.size, dtype=np.int64), 1)
    return float(_gini(one_group, ascending, np.ones_like(ascending))[0])


def _ratio(numerator: Floats, denominator: Floats | Integers) -> Floats:
    """Quotients, NaN where the denominator is not positive."""
    result = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def _mean_of(units: Groups, terms: Floats) -> Floats:
    return _ratio(units.sums(terms), units.size)


def _gini(units: Groups, light: Floats, weight: Floats) -> Floats:
    """Weighted Gini of each group; ``light`` ascends in each group.

    ``sum_i w_i (W_i + W_(i-1) - W) x_i / (W sum_i w_i x_i)`` with W_i the running weight. The
    factors of x add up to zero, so that any constant may be taken off x: with the weighted median
    every term is >= 0, nothing cancels and equal units give exactly 0.
    """
    running = units.running_sums(weight)
    filled = units.size > 0
    whole = np.zeros(len(units.size))
    whole[filled] = running[(units.start + units.size - 1)[filled]]
    factor = running + (running - weight) - whole[units.of_row]
    middle = units.start + units.counts(factor < 0.0)
    # The last factor of a group is never negative, so that its middle lies inside.
    centre = np.zeros(len(units.size))
    centre[filled] = light[middle[filled]]
    terms = weight * factor * (light - centre[units.of_row])
    return _ratio(units.sums(terms), whole * units.sums(weight * light))


def _theil_t_terms(relative: Floats) -> Floats:
    """``r ln r - r + 1``: their mean is that of ``r ln r``, and each is >= 0 but for rounding."""
    return np.maximum(entropy(relative) - (relative - 1.0), 0.0)


def _theil_l_terms(relative: Floats) -> Floats:
    """``- ln r + r - 1``: their mean is that of ``- ln r``; NaN for a dark unit."""
    logs = np.full_like(relative, np.nan)
    np.log(relative, out=logs, where=relative > 0.0)
    return np.maximum((relative - 1.0) - logs, 0.0)


def _lit_cities(rows: _UnitYears, dark: NDArray[np.bool_]) -> list[CityLight]:
    """What the bootstrap draws from: each city-year's light, none of it where all is dark."""
    first, size = rows.units.start, np.where(dark, 0, rows.units.size)
    light = (rows.light[start : start + n] for start, n in zip(first, size, strict=True))
    keys = zip(rows.keys["city_id"], rows.keys["year"], light, strict=True)
    return [CityLight(city_id, year, values) for city_id, year, values in keys]


def _flags(rows: _UnitYears, dark: NDArray[np.bool_], dark_draws: Integers) -> list[str]:
    n = rows.units.size
    dark_units = rows.units.counts(rows.light == 0.0)
    plain = {
        "dark": dark,
        "no_valid_units": n == 0,
        "single_unit": n == 1,
        "theil_l_dark_units": (dark_units > 0) & ~dark,
    }
    counted = {"dark_draws": dark_draws, "units_left_out": rows.left_out}
    texts = []
    for group in range(len(n)):
        names = [name for name, holds in plain.items() if holds[group]]
        names += [f"{name}:{count[group]}" for name, count in counted.items() if count[group]]
        texts.append(";".join(sorted(names)))
    return texts


def _ordered(unit_years: pd.DataFrame) -> _UnitYears:
    """Check the unit-year table, order it, and set units without valid cells apart."""
    _require_columns(unit_years)
    numbers = {
        name: unit_years[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in NUMBER_COLUMNS
    }
    unit = pd.factorize(unit_years["unit_id"], sort=True)[0]
    city_year = _city_year_numbers(unit_years)
    order = np.lexsort((unit, numbers["mean"], city_year))
    is_first = np.diff(city_year[order], prepend=-1) != 0
    group = np.cumsum(is_first) - 1
    ordered = {name: values[order] for name, values in numbers.items()}
    _require_unique(unit_years, order, group, unit[order])
    valid = ~np.isnan(ordered["mean"]) & (ordered["n_cells"] > 0.0)
    _require_domain(unit_years, order, ordered, valid)
    n_groups = int(is_first.sum())
    keys = unit_years[["product", "city_id", "year"]].iloc[order[is_first]].reset_index(drop=True)
    return _UnitYears(
        keys=keys.astype({"product": "str", "city_id": "str", "year": "int64"}),
        units=group_rows(group[valid], n_groups),
        light=ordered["mean"][valid],
        area=ordered["area_km2"][valid],
        cells=ordered["n_cells"][valid],
        saturated=ordered["saturated_share"][valid],
        left_out=np.bincount(group[~valid], minlength=n_groups).astype(np.int64),
    )


def _city_year_numbers(unit_years: pd.DataFrame) -> Integers:
    """A number >= 0 for each row that ascends with its product, city and year."""
    number = np.zeros(len(unit_years), dtype=np.int64)
    for name in ("product", "city_id", "year"):
        code, values = pd.factorize(unit_years[name], sort=True)
        number = number * len(values) + code
    return number


def _require_settings(draws: int, level: float) -> None:
    if draws < 0:
        raise InequalityDomainError(
            "draws", expected="0 or more", found=f"{draws}", hint="name a number of draws"
        )
    if not 0.0 < level < 1.0:
        raise InequalityDomainError(
            "level",
            expected="a share between 0 and 1",
            found=f"{level}",
            hint="write 0.95 for 95 %",
        )


def _require_columns(unit_years: pd.DataFrame) -> None:
    where = "unit-year table"
    needed = [*TEXT_COLUMNS, "year", *NUMBER_COLUMNS]
    missing = [name for name in needed if name not in unit_years.columns]
    if missing:
        raise TableColumnError(
            where,
            expected=f"the columns {', '.join(needed)}",
            found=f"no column {', '.join(missing)}",
            hint="hand over the table as units.parquet holds it",
        )
    for name in (*TEXT_COLUMNS, "year"):
        if unit_years[name].isna().any():
            raise TableColumnError(
                f"{where}, column {name!r}",
                expected="a value in every row",
                found=f"{int(unit_years[name].isna().sum())} rows without",
                hint="fill the key in",
            )
    if not pd.api.types.is_integer_dtype(unit_years["year"]):
        raise TableColumnError(
            f"{where}, column 'year'",
            expected="integers",
            found=f"{unit_years['year'].dtype}",
            hint="give years as whole numbers",
        )


def _require_unique(
    unit_years: pd.DataFrame, order: Integers, group: Integers, unit: Integers
) -> None:
    repeated = pd.DataFrame({"group": group, "unit": unit}).duplicated().to_numpy()
    if repeated.any():
        raise DuplicateUnitError(
            _place(unit_years.iloc[order[repeated][0]]),
            expected="one row per unit, year and product",
            found=f"{int(repeated.sum())} rows that repeat an earlier one",
            hint="compute inequality from one unit-year table at a time",
        )


def _require_domain(
    unit_years: pd.DataFrame,
    order: Integers,
    values: dict[str, Floats],
    valid: NDArray[np.bool_],
) -> None:
    light, area = values["mean"], values["area_km2"]
    checks: Sequence[tuple[str, NDArray[np.bool_], str]] = (
        ("mean", np.isfinite(light) & (light >= 0.0), "light that is finite and >= 0"),
        ("area_km2", np.isfinite(area) & (area > 0.0), "an area that is finite and > 0"),
    )
    for name, good, expected in checks:
        wrong = valid & ~good
        if wrong.any():
            row = unit_years.iloc[order[wrong][0]]
            raise InequalityDomainError(
                f"{_place(row)}, column {name!r}",
                expected=expected,
                found=f"{row[name]!r} ({int(wrong.sum())} such rows)",
                hint="look for the tile's fill value or an uncalibrated negative"
                if name == "mean"
                else "compute the area from the unit's polygon",
            )


def _place(row: pd.Series) -> str:
    return (
        f"unit {row['unit_id']!r} of city {row['city_id']!r}, year {row['year']},"
        f" product {row['product']!r}"
    )
