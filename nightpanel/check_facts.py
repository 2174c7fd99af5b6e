"""What a check understood of units, tiles and panel, in lines."""

from collections import Counter

import pandas as pd

from geo.boundaries import Units
from geo.divisions import parse_division
from geo.errors import CodeError
from nightpanel.run_panel import Panel
from tiles.catalog import Catalog

_LEFT_OUT = ["province", "code", "name", "proposals", "reason", "score"]


def unit_facts(units: Units | None) -> list[str]:
    """How many units, of which kinds, in how many cities."""
    if units is None:
        return []
    table = units.attributes
    line = f"units: {len(table)} in {table['city_id'].nunique()} cities, from {units.source}"
    kinds = _kinds(table["unit_id"].tolist())
    return [line, f"units by their codes: {kinds}"] if kinds else [line]


def _kinds(codes: list[str]) -> str:
    """How many units there are of each kind, where all ids are codes of divisions."""
    try:
        counts = Counter(parse_division(code).kind for code in codes)
    except CodeError:
        return ""
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.most_common())


def tile_facts(catalog: Catalog | None) -> list[str]:
    """How many tiles, of which products and years, on how many grids."""
    if catalog is None:
        return []
    years = sorted({tile.year for tile in catalog.tiles})
    products = sorted({tile.product.name for tile in catalog.tiles})
    grids = len({tile.grid.grid_id for tile in catalog.tiles})
    count = f"{len(catalog.tiles)} of {', '.join(products)}"
    return [f"tiles: {count}, years {', '.join(map(str, years))}, {grids} distinct grids"]


def panel_facts(joined: Panel) -> list[str]:
    """How many city-years join, how their cities were found, and what does not join."""
    lost = joined.unmatched
    cities = joined.panel["city_id"].nunique()
    line = f"panel: {len(joined.panel)} city-years of {cities} cities join"
    return [
        line,
        *_match_facts(joined.matches),
        *(
            f"panel: {len(part)} unmatched in {side} of {table}"
            for (side, table), part in lost.groupby(["side", "table"])
        ),
    ]


def _match_facts(matches: pd.DataFrame) -> list[str]:
    """How each table's codes and names were matched, and every one that was not."""
    facts = []
    for table, rows in matches.groupby("table", sort=False):
        counts = rows["rule"].value_counts(sort=False)
        listed = ", ".join(f"{count} {rule}" for rule, count in counts.items())
        facts.append(f"cities of {table}: {listed}")
        left_out = rows.loc[rows["city_id"] == "", _LEFT_OUT]
        for *parts, proposals, reason, score in left_out.itertuples(index=False, name=None):
            perhaps = f"; perhaps {proposals} ({score:.2f})" if proposals else ""
            written = " ".join(str(part) for part in parts if part)
            facts.append(f"cities of {table}: {written} left out, {reason}{perhaps}")
    return facts
