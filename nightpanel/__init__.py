"""The door: study file, outputs, exports, demo and command line.

The functions carry the words of the command line. They are loaded when first used, because the
estimators take seconds to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estimation.designs import Design
    from estimation.estimate import estimate
    from geo.boundaries import make_units, read_units
    from nightpanel.check_study import check
    from nightpanel.explain_row import explain
    from nightpanel.exports.export import export
    from nightpanel.report_stage import report
    from nightpanel.run_cache import cache_entries, prune_cache, read_last_run
    from nightpanel.run_clip import clip
    from nightpanel.run_conversion import viirs_to_dmsp
    from nightpanel.run_crosswalk import crosswalk
    from nightpanel.run_demo import demo
    from nightpanel.run_estimates import estimate_file
    from nightpanel.run_fetch import fetch, plan_fetch
    from nightpanel.run_lights import lights
    from nightpanel.run_panel import panel
    from nightpanel.run_panel_alone import panel_of_study, suggest_table
    from nightpanel.run_simulate import simulate
    from nightpanel.run_study import run
    from nightpanel.run_tiles import tiles
    from nightpanel.study import lights_study
    from nightpanel.study_file import load_designs, load_study
    from nightpanel.viewer.view import view
    from tiles.array_catalog import array_catalog
    from tiles.catalog import read_catalog
    from tiles.cube import open_cube

_HOME = {
    "Design": "estimation.designs",
    "array_catalog": "tiles.array_catalog",
    "cache_entries": "nightpanel.run_cache",
    "check": "nightpanel.check_study",
    "clip": "nightpanel.run_clip",
    "crosswalk": "nightpanel.run_crosswalk",
    "demo": "nightpanel.run_demo",
    "estimate": "estimation.estimate",
    "estimate_file": "nightpanel.run_estimates",
    "explain": "nightpanel.explain_row",
    "export": "nightpanel.exports.export",
    "fetch": "nightpanel.run_fetch",
    "read_last_run": "nightpanel.run_cache",
    "lights": "nightpanel.run_lights",
    "lights_study": "nightpanel.study",
    "load_designs": "nightpanel.study_file",
    "load_study": "nightpanel.study_file",
    "make_units": "geo.boundaries",
    "open_cube": "tiles.cube",
    "panel": "nightpanel.run_panel",
    "panel_of_study": "nightpanel.run_panel_alone",
    "suggest_table": "nightpanel.run_panel_alone",
    "plan_fetch": "nightpanel.run_fetch",
    "prune_cache": "nightpanel.run_cache",
    "read_catalog": "tiles.catalog",
    "read_units": "geo.boundaries",
    "report": "nightpanel.report_stage",
    "run": "nightpanel.run_study",
    "simulate": "nightpanel.run_simulate",
    "tiles": "nightpanel.run_tiles",
    "view": "nightpanel.viewer.view",
    "viirs_to_dmsp": "nightpanel.run_conversion",
}

__all__ = [
    "Design",
    "array_catalog",
    "cache_entries",
    "check",
    "clip",
    "crosswalk",
    "demo",
    "estimate",
    "estimate_file",
    "explain",
    "export",
    "fetch",
    "lights",
    "lights_study",
    "load_designs",
    "load_study",
    "make_units",
    "open_cube",
    "panel",
    "panel_of_study",
    "plan_fetch",
    "prune_cache",
    "read_catalog",
    "read_last_run",
    "read_units",
    "report",
    "run",
    "simulate",
    "suggest_table",
    "tiles",
    "view",
    "viirs_to_dmsp",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'nightpanel' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
