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
    from nightpanel.export_tables import export
    from nightpanel.run_cache import cache_entries, prune_cache, read_last_run
    from nightpanel.run_demo import demo
    from nightpanel.run_estimates import estimate_file
    from nightpanel.run_lights import lights
    from nightpanel.run_panel import panel
    from nightpanel.run_study import run
    from nightpanel.study import lights_study
    from nightpanel.study_file import load_study
    from tiles.catalog import read_catalog
    from tiles.cube import open_cube

_HOME = {
    "Design": "estimation.designs",
    "cache_entries": "nightpanel.run_cache",
    "check": "nightpanel.check_study",
    "demo": "nightpanel.run_demo",
    "estimate": "estimation.estimate",
    "estimate_file": "nightpanel.run_estimates",
    "explain": "nightpanel.explain_row",
    "export": "nightpanel.export_tables",
    "read_last_run": "nightpanel.run_cache",
    "lights": "nightpanel.run_lights",
    "lights_study": "nightpanel.study",
    "load_study": "nightpanel.study_file",
    "make_units": "geo.boundaries",
    "open_cube": "tiles.cube",
    "panel": "nightpanel.run_panel",
    "prune_cache": "nightpanel.run_cache",
    "read_catalog": "tiles.catalog",
    "read_units": "geo.boundaries",
    "run": "nightpanel.run_study",
}

__all__ = [
    "Design",
    "cache_entries",
    "check",
    "demo",
    "estimate",
    "estimate_file",
    "explain",
    "export",
    "lights",
    "lights_study",
    "load_study",
    "make_units",
    "open_cube",
    "panel",
    "prune_cache",
    "read_catalog",
    "read_last_run",
    "read_units",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'nightpanel' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
