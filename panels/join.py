"""The join: city-year inequality and yearbook tables to one panel, with what does not match."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geo.audit import AuditRow
from geo.errors import JoinError, ProductError, TableColumnError
from panels.cities.codes import CROSSWALK_NAMES, crosswalk_named
from panels.schema import KEY, check_panel

LIGHT = "light"
"""The side of a join that the city-year table is."""


@dataclass(frozen=True, slots=True)
class JoinResult:
    """A panel and the keys that are not in it."""

    panel: pd.DataFrame
    """Columns of the city-year table, then those of each table; sorted by ``city_id``, ``year``."""
    unmatched: pd.DataFrame
    """Columns ``side``, ``table``, ``city_id``, ``year``. Side ``light``: the light has the
    city-year, the table lacks it; side ``table``: the table has it in a year of the light, the
    light lacks it."""
    audit: tuple[AuditRow, ...]
    """How many city-years joined, and how many did not on either side."""


def join_panel(
    cities: pd.DataFrame,
    tables: Sequence[tuple[str, pd.DataFrame]],
    *,
    base: str = LIGHT,
    optional: Collection[str] = (),
) -> JoinResult:
    """Join the city-year table with yearbook tables.

    The panel holds the city-years that are in the light and in every table that is not optional.

    Parameters
    ----------
    cities : pandas.DataFrame
        The city-year table: ``city_id``, ``year``, and ``product`` with a single value if at all.
    tables : sequence of (str, pandas.DataFrame)
        Label and table; each with ``city_id`` and ``year``.
    base : str
        What ``cities`` is, where it is not the light but the keys of any table.
    optional : collection of str
        Labels of tables that need not hold every city-year: what they lack is missing.

    Returns
    -------
    JoinResult

    Raises
    ------
    ProductError
        The light has several products.
    TableColumnError, CodeError, DuplicateCityYearError
        A table is no city x year table, or two tables have a column of the same name.
    JoinError
        A table shares no city-year with the light, or no city-year is in all of them.
    """
    _refuse_several_products(cities)
    light = _keyed(cities, base)
    if light.empty:
        raise JoinError(
            f"table {base!r}", expected="city-years", found="none", hint="check the city-year table"
        )
    panel = light
    unmatched: list[pd.DataFrame] = []
    audit: list[AuditRow] = []
    owner = dict.fromkeys(light.columns.drop(list(KEY)), base)
    for label, table in tables:
        right = _keyed(table, label)
        _refuse_collision(owner, label, right)
        missing, outside = _unmatched(light, right, label, base)
        unmatched.append(missing)
        audit += _table_audit(light, missing, outside, label, base)
        how: Literal["left", "inner"] = "left" if label in optional else "inner"
        panel = panel.merge(right, on=list(KEY), how=how, validate="one_to_one")
    if panel.empty:
        raise JoinError(
            "panel",
            expected=f"city-years that are in the {base} and in every table",
            found=f"none, though each table shares some with the {base}",
            hint="compare the cities and years of the tables",
        )
    panel = check_panel(panel.sort_values(list(KEY)), where="panel")
    detail = f"{len(panel)} of {len(light)} city-years of the {base} are in every table"
    audit.append(AuditRow("panel", "panel_rows", "panel", detail, len(panel)))
    return JoinResult(panel, _typed(unmatched), tuple(audit))


def _keyed(table: pd.DataFrame, label: str) -> pd.DataFrame:
    return check_panel(table, where=f"table {label!r}").astype({"city_id": "str"})


def _refuse_several_products(cities: pd.DataFrame) -> None:
    if "product" not in cities.columns:
        return
    products = sorted(map(str, cities["product"].unique()))
    if len(products) > 1:
        raise ProductError(
            "panel.product",
            expected="light of one product",
            found=", ".join(products),
            hint="choose the product to join",
        )


def _refuse_collision(owner: dict[str, str], label: str, table: pd.DataFrame) -> None:
    for column in table.columns.drop(list(KEY)):
        if column in owner:
            raise TableColumnError(
                f"table {label!r}: column {column!r}",
                expected="a name that no other table has",
                found=f"the same name in {owner[column]!r}",
                hint="map the column to another name",
            )
        owner[column] = label


def _keys(table: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(KEY)])


def _unmatched(
    light: pd.DataFrame, table: pd.DataFrame, label: str, base: str
) -> tuple[pd.DataFrame, int]:
    """Keys of either side that the other lacks, and how many rows are in years without light."""
    left, right = _keys(light), _keys(table)
    with_light = table["year"].isin(light["year"]).to_numpy()
    if not left.isin(right).any():
        raise _no_key_in_common(light, table, label)
    sides = {
        base: light.loc[~left.isin(right), list(KEY)].sort_values(list(KEY)),
        "table": table.loc[with_light & ~right.isin(left), list(KEY)].sort_values(list(KEY)),
    }
    parts = [keys.assign(side=side, table=label) for side, keys in sides.items()]
    return _typed(parts), int((~with_light).sum())


def _typed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Unmatched keys in the order of the parts; typed even when there are none."""
    types = {"side": "str", "table": "str", "city_id": "str", "year": "int64"}
    columns = {name: [value for part in parts for value in part[name]] for name in types}
    return pd.DataFrame(columns).astype(types)


def _no_key_in_common(light: pd.DataFrame, table: pd.DataFrame, label: str) -> JoinError:
    hint = "compare the codes: their length, leading zeros and kind"
    if not light["year"].isin(table["year"]).any():
        hint = "no year is in both: choose a table that covers the years of the light"
    elif (would_match := _crosswalk_pairs(light, table)) is not None:
        hint = f"apply the crosswalk {would_match[0]} to both sides"
    return JoinError(
        f"table {label!r}",
        expected=f"city-years of the light, such as {_examples(light)}",
        found=_examples(table) or "no rows",
        hint=hint,
    )


def _examples(table: pd.DataFrame) -> str:
    keys = table[list(KEY)].head(3).itertuples(index=False, name=None)
    return ", ".join(f"{city} {year}" for city, year in keys)


def _table_audit(
    light: pd.DataFrame, missing: pd.DataFrame, outside: int, label: str, base: str
) -> list[AuditRow]:
    alone = {side: missing[missing["side"] == side] for side in (base, "table")}
    joined = len(light) - len(alone[base])
    found = [
        ("joined", joined, f"of {len(light)} city-years of the {base} have a row in the table"),
        (f"{base}_without_table", len(alone[base]), f"have none: {_cities(alone[base])}"),
        ("table_without_light", len(alone["table"]), f"have no light: {_cities(alone['table'])}"),
        ("outside_light_years", outside, "rows of the table lie in years without light"),
    ]
    audit = [
        AuditRow("panel", rule, label, f"{count} {detail}", count)
        for rule, count, detail in found
        if count
    ]
    name, pairs = _crosswalk_pairs(alone[base], alone["table"]) or ("", [])
    if pairs:
        detail = f"the crosswalk {name} would match {', '.join(pairs)}"
        audit.append(AuditRow("panel", "crosswalk_would_match", label, detail, len(pairs)))
    return audit


def _cities(keys: pd.DataFrame) -> str:
    cities = sorted(keys["city_id"].unique())
    return f"{len(cities)} cities, {', '.join(cities[:20])}" + (", ..." * (len(cities) > 20))


def _crosswalk_pairs(light: pd.DataFrame, table: pd.DataFrame) -> tuple[str, list[str]] | None:
    """The first shipped crosswalk that maps unmatched codes of one side to those of the other."""
    left, right = set(light["city_id"]), set(table["city_id"])
    found: tuple[str, list[str]] | None = None
    for name in CROSSWALK_NAMES:
        pairs = [
            f"{code} with {city}"
            for code, city in crosswalk_named(name).items()
            if (code in left and city in right) or (code in right and city in left)
        ]
        if len(pairs) > (len(found[1]) if found else 0):
            found = name, pairs
    return found
