"""The data dictionary: label, unit and description of the columns of output tables.

One place, ``columns.toml``, from which every format takes what it can say of a column.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa

from tiles.products import PRODUCTS

COLUMNS_FILE = Path(__file__).with_name("columns.toml")
LIGHT = "light"
OF_YEAR = re.compile(r"(?P<prefix>[a-z]+)_(?:(?P<product>.+)_)?(?P<year>\d{4})")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column of an output table holds."""

    name: str
    """Its name in the table."""
    label: str
    """What it is, in a few words."""
    unit: str
    """Unit of its numbers; empty where they have none, or nobody has said which."""
    text: str
    """How it comes about."""

    @property
    def title(self) -> str:
        """Label with unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


def described(
    names: Sequence[str],
    *,
    products: Collection[str] = (),
    units: Mapping[str, str] | None = None,
) -> tuple[Column, ...]:
    """What columns hold.

    Parameters
    ----------
    names : sequence of str
        Columns of an output table, in its order.
    products : collection of str
        The table's light products. Light has a unit if all of them are shipped and share it.
    units : mapping of str to str, optional
        Units of columns that a run knows, as of those of a study's own tables.

    Returns
    -------
    tuple of Column
        One for each name. A column of a study's own is labelled by its name.
    """
    columns = (_described(name, products) for name in names)
    known = units or {}
    return tuple(replace(one, unit=known.get(one.name, one.unit)) for one in columns)


def with_metadata(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """A table whose fields say what they hold: ``label``, ``unit`` and ``description``."""
    fields = [
        table.schema.field(column.name).with_metadata(
            {"label": column.label, "unit": column.unit, "description": column.text}
        )
        for column in columns
    ]
    by_name = {field.name: field for field in fields}
    schema = pa.schema(
        [by_name.get(field.name, field) for field in table.schema], table.schema.metadata
    )
    return table.cast(schema)


@cache
def _dictionary() -> dict[str, dict[str, str]]:
    return tomllib.loads(COLUMNS_FILE.read_text(encoding="utf-8"))


def _described(name: str, products: Collection[str]) -> Column:
    known = _dictionary().get(name)
    year = OF_YEAR.fullmatch(name)
    if known is not None:
        return _column(name, known, products)
    if year is None or f"{year['prefix']}_{{year}}" not in _dictionary():
        return Column(name, name, "", "A column of the study's own tables")
    template = _dictionary()[f"{year['prefix']}_{{year}}"]
    said = f"{year['year']}, {year['product']}" if year["product"] else year["year"]
    filled = {key: value.replace("{year}", said) for key, value in template.items()}
    return _column(name, filled, [year["product"]] if year["product"] else products)


def _column(name: str, entry: dict[str, str], products: Collection[str]) -> Column:
    unit = entry.get("unit", "")
    return Column(name, entry["label"], _light(products) if unit == LIGHT else unit, entry["text"])


def _light(products: Collection[str]) -> str:
    units = {PRODUCTS[name].unit if name in PRODUCTS else "" for name in products}
    return units.pop() if len(units) == 1 else ""
