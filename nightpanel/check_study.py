"""`nightpanel check`: read everything, report every problem, write nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from estimation.design_columns import column_problems
from estimation.designs import Design
from estimation.instruments.ready import with_built_columns
from geo.audit import AuditRow
from geo.boundaries import Units
from geo.errors import NightpanelError
from geo.inequality import CITY_COLUMNS
from nightpanel.asked import asked_or_problems
from nightpanel.boundary_checks import read_boundaries
from nightpanel.boundary_facts import boundary_facts
from nightpanel.calibration import calibrated, reads_light, study_steps
from nightpanel.check_facts import panel_facts, tile_facts, unit_facts
from nightpanel.design_tables import design_tables, table_problems
from nightpanel.inputs import study_catalog, with_study_file
from nightpanel.light_evidence import light_says
from nightpanel.problems import attempt
from nightpanel.run_panel import Panel, panel
from nightpanel.study import Study
from nightpanel.study_file import read_study
from nightpanel.study_lights import LightsSection
from nightpanel.study_units import UnitsSection
from nightpanel.unit_cities import with_crosswalk
from panels.reconcile import no_reconciliation
from tiles.catalog import Catalog

BLANK = frozenset(CITY_COLUMNS) - {"city_id", "year", "product", "n_units", "flags"}
"""Columns of the light that a check does not know."""

Problems = list[NightpanelError]


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
    reconciliation: pd.DataFrame = field(default_factory=no_reconciliation)
    """Variables of two tables, compared: columns of `panels.reconcile.RECONCILIATION`."""
    audit: tuple[AuditRow, ...] = ()
    """What a run would write of the panel into its audit."""


@dataclass(frozen=True, slots=True)
class _Light:
    """What a check knows of light; None is what could not be read, or what the study lacks."""

    units: Units | None = None
    catalog: Catalog | None = None
    facts: tuple[str, ...] = ()


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
    problems: Problems = []
    light = _Light()
    if study.lights is not None and study.units is not None:
        light = _light(study, study.lights, study.units, problems)
    asked, in_designs = asked_or_problems(study.designs, study.tables)
    problems += in_designs
    facts = list(light.facts)
    joined = _panel(study, light, problems)
    if joined is not None:
        facts += panel_facts(joined)
        columns = joined.panel.columns
        problems += [one for each in asked.designs for one in column_problems(each, columns)]
    named = attempt(lambda: design_tables(asked.designs), problems)
    in_tables = [one for each in asked.designs for one in table_problems(each, named or {})]
    problems += in_tables
    if joined is not None and named is not None and not in_tables:
        _check_built(asked.designs, joined.panel, named, problems)
    facts.append(f"designs: {', '.join(one.name for one in asked.designs) or 'none'}")
    facts += [f"tables: {', '.join(one.title for one in asked.tables)}"] if asked.tables else []
    told = tuple(with_study_file(one, path) for one in problems)
    if joined is None:
        return Checked(told, tuple(facts))
    return Checked(told, tuple(facts), joined.tables, joined.reconciliation, joined.audit)


def _check_built(
    designs: Sequence[Design],
    panel: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    problems: Problems,
) -> None:
    """Make the columns that only instruments need, as far as the panel is known without light."""
    for design in designs:
        if not column_problems(design, panel.columns):
            attempt(lambda one=design: with_built_columns(panel, one, tables), problems)  # type: ignore[misc]


def _light(
    study: Study, lights: LightsSection, section: UnitsSection, problems: Problems
) -> _Light:
    """Read units and tiles, and build the calibration."""
    boundaries = attempt(lambda: read_boundaries(section), problems)
    units = None
    if boundaries is not None:
        read = boundaries.units
        units = attempt(lambda: with_crosswalk(read, section.crosswalk)[0], problems)
    catalog = attempt(lambda: study_catalog(study), problems)
    attempt(lambda: _check_steps(lights, catalog), problems)
    facts = [*unit_facts(units), *boundary_facts(boundaries, section, problems)]
    if section.datum == "detect" and section.reference is None and catalog is not None:
        said = attempt(lambda: light_says(section, catalog), problems)
        facts += [] if said is None else [said]
    return _Light(units, catalog, (*facts, *tile_facts(catalog)))


def _check_steps(lights: LightsSection, catalog: Catalog | None) -> None:
    """Build the calibration, unless a step of it would read light."""
    if catalog is None or reads_light(lights):
        study_steps(lights, digest_of_file=str)
    else:
        calibrated(catalog, lights, digest_of_file=str)


def _panel(study: Study, light: _Light, problems: Problems) -> Panel | None:
    """The panel as far as it can be known without light."""
    section, units, catalog = study.panel, light.units, light.catalog
    if section is None:
        return None
    if study.lights is None:
        return attempt(lambda: panel(None, section, years=study.study.years), problems)
    if units is None or catalog is None:
        return None
    keys = _city_years_without_light(units, catalog)
    years = study.study.years
    return attempt(lambda: panel(keys, section, years=years, blank=BLANK), problems)


def _city_years_without_light(units: Units, catalog: Catalog) -> pd.DataFrame:
    """The keys that the light will have; its values are missing."""
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
    return filled[list(CITY_COLUMNS)]
