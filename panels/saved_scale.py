"""A composite's scale that was saved: its rows checked before anything is scored on them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.errors import DomainError, TableColumnError
from panels.composite import SCALE_COLUMNS, Indicator, Recipe
from panels.schema import missing_column
from panels.steps.stepped import Bools, years_text

NUMBERS = ("shift", "group_weight", "lower", "upper", "weight")
YES, NO = frozenset({"true", "1", "1.0"}), frozenset({"false", "0", "0.0"})
ROUNDED = 1e-6
"""By which sums of saved weights may miss 1."""


def scale_of_recipe(scale: pd.DataFrame, recipe: Recipe, *, where: str) -> pd.DataFrame:
    """The rows of a saved scale that are a recipe's.

    Parameters
    ----------
    scale : pandas.DataFrame
        `panels.composite.SCALE_COLUMNS`, rows numbered from 0 as they stand in their file.
    recipe : Recipe
    where : str
        The index, for errors.

    Returns
    -------
    pandas.DataFrame
        `SCALE_COLUMNS` with numbers as float64, ``year`` as Int64 and ``reverse`` as bool.

    Raises
    ------
    TableColumnError
        A column is missing, the scale is of another index or was made otherwise, or does not have
        each indicator once (in each year).
    DomainError
        A cell is no finite number, a lower bound is not below its upper one, bounds change from
        year to year, a weight is negative, weights do not sum to 1.
    """
    where = f"{where}: scale"
    for name in SCALE_COLUMNS:
        if name not in scale.columns:
            raise missing_column(name, list(scale.columns), where=where)
    own = _typed(scale[scale["index"] == recipe.name], where)
    _refuse_other_indicators(own, recipe, where)
    _refuse_other_settings(own, recipe, where)
    _refuse_uneven_years(own, recipe, where)
    _refuse_bounds(own, where)
    _refuse_weights(own, where)
    return own.reset_index(drop=True)


def _typed(rows: pd.DataFrame, where: str) -> pd.DataFrame:
    """The rows with numbers as numbers; texts among them are refused by row and column."""
    made = rows.assign(group=rows["group"].fillna("").astype("str"))
    for name in NUMBERS:
        made[name] = pd.to_numeric(rows[name], errors="coerce").astype("float64")
        _refuse(~np.isfinite(made[name].to_numpy()), rows, name, "a finite number", where)
    years = pd.to_numeric(rows["year"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    blank = rows["year"].isna().to_numpy()
    whole = np.isfinite(years) & (years == np.round(years))
    _refuse(~blank & ~whole, rows, "year", "a year, or nothing", where)
    made["year"] = pd.array(np.where(blank, np.nan, years), dtype="Float64").astype("Int64")
    said = rows["reverse"].astype("str").str.lower()
    _refuse(~said.isin(YES | NO).to_numpy(dtype=bool), rows, "reverse", "True or False", where)
    made["reverse"] = said.isin(YES)
    return made


def _refuse_other_indicators(own: pd.DataFrame, recipe: Recipe, where: str) -> None:
    parts = (own[name] for name in ("indicator", "group", "reverse"))
    saved = {Indicator(str(one), str(of), bool(down)) for one, of, down in zip(*parts, strict=True)}
    if saved != set(recipe.indicators):
        raise TableColumnError(
            where,
            expected="the indicators, groups and directions of this index",
            found=", ".join(sorted(one.column for one in saved)) or f"no index {recipe.name!r}",
            hint="name the scale of the same index, or change the index",
        )


def _refuse_other_settings(own: pd.DataFrame, recipe: Recipe, where: str) -> None:
    """What a scale was made by and the recipe asks for must be the same, as far as it is used."""
    asked: dict[str, str | float] = {"method": recipe.method, "scaling": recipe.scaling}
    if recipe.method == "entropy":
        asked["zeros"] = recipe.zeros
        if recipe.zeros == "shift":
            asked["shift"] = recipe.shift
    for name, setting in asked.items():
        same = np.isclose(own[name], setting) if name == "shift" else own[name] == setting
        _refuse(~np.asarray(same, dtype=bool), own, name, f"{setting}, as the index has", where)
    _refuse(
        own["year"].isna().to_numpy() != (recipe.weights == "pooled"),
        own,
        "year",
        f'what weights = "{recipe.weights}" has: {_YEARS[recipe.weights]}',
        where,
    )


_YEARS = {"pooled": "no year", "year": "one"}


def _refuse_uneven_years(own: pd.DataFrame, recipe: Recipe, where: str) -> None:
    twice = own.duplicated(["indicator", "year"]).to_numpy()
    _refuse(twice, own, "indicator", "each indicator once (in each year)", where)
    counts = own.groupby("year").size()
    short = counts[counts < len(recipe.indicators)]
    if len(short):
        raise TableColumnError(
            where,
            expected=f"all {len(recipe.indicators)} indicators in each year",
            found=f"fewer in {years_text(short.index)}",
            hint="take the file as the earlier run left it",
        )


def _refuse_bounds(own: pd.DataFrame, where: str) -> None:
    empty = (own["upper"] <= own["lower"]).to_numpy()
    _refuse(empty, own, "upper", "an upper bound above the lower one", where)
    first = own.groupby("indicator")[["lower", "upper"]].transform("first")
    for name in ("lower", "upper"):
        other = (own[name] != first[name]).to_numpy()
        _refuse(other, own, name, "the same bounds of an indicator in all years", where)


def _refuse_weights(own: pd.DataFrame, where: str) -> None:
    """Weights of a group sum to 1, and so do those of the groups, in each year."""
    whole = own.assign(year=own["year"].fillna(0))
    by_group = whole.groupby(["year", "group"])
    for name in ("weight", "group_weight"):
        _refuse((own[name] < 0.0).to_numpy(), own, name, "a weight of 0 or more", where)
    each = by_group["group_weight"].transform("first")
    other = (own["group_weight"] - each).abs().to_numpy() > ROUNDED
    _refuse(other, own, "group_weight", "one weight for all of a group", where)
    sums = {
        "weight": by_group["weight"].sum(),
        "group_weight": by_group["group_weight"].first().groupby(level="year").sum(),
    }
    for name, total in sums.items():
        off = total[(total - 1.0).abs() > ROUNDED]
        if len(off):
            raise DomainError(
                f"{where}: column {name!r}",
                expected="weights that sum to 1",
                found=f"a sum of {off.iloc[0]:g}{_of(off.index[0])}",
                hint="take the file as the earlier run left it",
            )


def _of(key: object) -> str:
    """The year and group of a sum, as far as there are several."""
    year, group = key if isinstance(key, tuple) else (key, "")
    said = [f"group {group!r}"] * bool(group) + [f"year {year}"] * bool(year)
    return f" in {', '.join(said)}" if said else ""


def _refuse(wrong: Bools, rows: pd.DataFrame, column: str, expected: str, where: str) -> None:
    """Refuse rows of a scale, naming the first."""
    places: Sequence[int] = np.flatnonzero(wrong).tolist()
    if not places:
        return
    cell, indicator = (rows[name].iloc[places[0]] for name in (column, "indicator"))
    raise DomainError(
        f"{where}: column {column!r} of {indicator!r} (row {int(rows.index[places[0]]) + 2})",
        expected=expected,
        found=repr(cell) if isinstance(cell, str) else str(cell),
        hint="take the scale of the same index as the earlier run left it, or change the index",
    )
