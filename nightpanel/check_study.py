"""`nightpanel check`: read everything, report every problem, write nothing."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pandas as pd

from estimation.designs import column_problems
from geo.boundaries import Units
from geo.divisions import parse_division
from geo.errors import CodeError, NightpanelError
from geo.inequality import CITY_COLUMNS
from nightpanel.calibration import calibrated, reads_light, study_steps
from nightpanel.inputs import required, study_catalog, study_designs, study_units, with_study_file
from nightpanel.run_panel import Panel, panel
from nightpanel.study import Study
from nightpanel.study_file import read_study
from nightpanel.unit_cities import with_crosswalk
from tiles.catalog import Catalog

Result = TypeVar("Result")
BLANK = frozenset(CITY_COLUMNS) - {"city_id", "year", "product", "n_units", "flags"}
"""Columns of the light that a check does not know."""

_LEFT_OUT = ["province", "code", "name", "proposals", "reason", "score"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    problems: tuple[NightpanelError, ...]
    """Every named problem, in the order of the stages."""
    facts: tuple[str, ...]
    """What was understood: one line each on units, tiles, panel and designs."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """What there is to see of the panel, by name: see `nightpanel.panel_tables`. Columns of the
    light, and what is made of them, are not in it."""


def check(path: Path) -> Checked:
    """Read everything that a study names, up to but not including the light itself.

    Parameters
    ----------
    path : Path
        The study file.

    Returns
    -------
    Checked
    """
    study, wrong = read_study(path)
    if study is None:
        return Checked(problems=wrong, facts=())
    problems: list[NightpanelError] = []
    with_light = study.lights is not None
    units = _attempt(lambda: _units(study), problems) if with_light else None
    catalog = _attempt(lambda: study_catalog(study), problems) if with_light else None
    if with_light:
        _attempt(lambda: _check_steps(study, catalog), problems)
    designs = _attempt(lambda: study_designs(study), problems)
    facts = [*_unit_facts(units), *_tile_facts(catalog)]
    tables: Mapping[str, pd.DataFrame] = {}
    joined = None
    if study.panel is not None and not with_light:
        section, years = study.panel, study.study.years
        joined = _attempt(lambda: panel(None, section, years=years), problems)
    elif study.panel is not None and units is not None and catalog is not None:
        joined = _attempt(lambda: _panel_without_light(study, units, catalog), problems)
    if joined is not None:
        tables = joined.tables
        facts += _panel_facts(joined)
        columns = joined.panel.columns
        problems += [one for each in designs or () for one in column_problems(each, columns)]
    facts.append(f"designs: {', '.join(one.name for one in study.designs) or 'none'}")
    return Checked(
        problems=tuple(with_study_file(one, path) for one in problems),
        facts=tuple(facts),
        tables=tables,
    )


def _attempt(work: Callable[[], Result], problems: list[NightpanelError]) -> Result | None:
    try:
        return work()
    except NightpanelError as error:
        problems.append(error)
        return None


def _units(study: Study) -> Units:
    crosswalk = required(study.units, "units").crosswalk
    return with_crosswalk(study_units(study), crosswalk)[0]


def _check_steps(study: Study, catalog: Catalog | None) -> None:
    """Build the calibration, unless a step of it would read light."""
    lights = required(study.lights, "lights")
    if catalog is None or reads_light(lights):
        study_steps(lights, digest_of_file=str)
    else:
        calibrated(catalog, lights, digest_of_file=str)


def _panel_without_light(study: Study, units: Units, catalog: Catalog) -> Panel:
    """Join the yearbooks with the keys that the light will have; its values are missing."""
    if study.panel is None:
        raise ValueError("the study has no panel")
    counts = units.attributes.groupby("city_id").size()
    keys = pd.MultiIndex.from_product([counts.index, sorted({tile.key for tile in catalog.tiles})])
    table = pd.DataFrame(
        {
            "city_id": keys.get_level_values(0),
            "year": [year for _, year in keys.get_level_values(1)],
            "product": [product for product, _ in keys.get_level_values(1)],
        }
    )
    rest = {name: float("nan") for name in CITY_COLUMNS if name not in table}
    filled = table.assign(**rest).assign(n_units=table["city_id"].map(counts), flags="")
    return panel(filled[list(CITY_COLUMNS)], study.panel, blank=BLANK)


def _unit_facts(units: Units | None) -> list[str]:
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


def _tile_facts(catalog: Catalog | None) -> list[str]:
    if catalog is None:
        return []
    years = sorted({tile.year for tile in catalog.tiles})
    products = sorted({tile.product.name for tile in catalog.tiles})
    grids = len({tile.grid.grid_id for tile in catalog.tiles})
    count = f"{len(catalog.tiles)} of {', '.join(products)}"
    return [f"tiles: {count}, years {', '.join(map(str, years))}, {grids} distinct grids"]


def _panel_facts(joined: Panel) -> list[str]:
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
