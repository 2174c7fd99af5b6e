"""An output folder as what is shown of it sees it: every part read once, absent ones said in words.

Report, figures, tables and viewer take their numbers from here and from nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from estimation.results import Check, CurvePoint, Estimate
from geo.errors import OutputError
from nightpanel.manifest import MANIFEST, REPORT, read_manifest
from nightpanel.outputs import output_path, read_csv, read_output

RECORDED = ("settings", "inputs", "files", "versions", "seconds")
"""Entries that every stage's record has since the layout is as it is."""
LEAST_COLUMNS = {
    "units.parquet": ("unit_id", "city_id", "year", "product", "mean", "sum", "flags"),
    "cities.parquet": (
        "city_id", "year", "product", "gini", "gini_low", "gini_high", "n_units", "flags",
    ),
    "estimates.parquet": tuple(one.name for one in fields(Estimate)),
    "checks.parquet": tuple(one.name for one in fields(Check)),
    "curves.parquet": tuple(one.name for one in fields(CurvePoint)),
    "residuals.parquet": (
        "design", "variant", "city_id", "year", "outcome", "treatment", "error",
    ),
    "panel.parquet": ("city_id", "year"),
    "dropped.parquet": ("city_id", "year", "place", "reason"),
    "audit.parquet": ("stage", "rule", "subject", "detail", "count"),
}  # fmt: skip
"""Columns without which a table is of an older version."""
PARTS = {
    "lights": "light and inequality (the lights stage)",
    "panel": "the panel (the panel stage)",
    "estimates": "estimates (the estimates stage)",
}
AGAIN = "run the study again with this version"


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """What an output folder holds; parts that are not there are None or empty."""

    path: Path
    """The folder."""
    manifest: Mapping[str, Any]
    """``manifest.json``, without the report's own record."""
    units: pd.DataFrame | None
    """The unit-year table."""
    cities: pd.DataFrame | None
    """The city-year table."""
    panel: pd.DataFrame | None
    """The joined panel, one row a city and year."""
    dropped: pd.DataFrame | None
    """City-years that the panel lost, with reasons."""
    matches: pd.DataFrame | None
    """Which city the codes and names of the panel's tables were taken for."""
    estimates: pd.DataFrame | None
    """Terms of variants of designs."""
    checks: pd.DataFrame | None
    """Checks of the estimates."""
    curves: pd.DataFrame | None
    """Points of effects along a column."""
    tuning: pd.DataFrame | None
    """Chosen settings of learners."""
    audit: pd.DataFrame | None
    """Every repair, drop, guess and flag."""
    designs: tuple[Mapping[str, Any], ...]
    """Recorded settings of the study's designs, before ``vary`` makes several of one; empty where
    estimates came from a file of designs alone."""
    residuals: pd.DataFrame | None = None
    """What is left of outcome and treatment in every row of a variant's sample."""
    panel_tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables of the panel stage by name: ``balance``, ``missing``, ``descriptives``, ..."""
    notes: tuple[str, ...] = ()
    """Notes of the estimates."""
    missing: tuple[str, ...] = ()
    """Parts that are absent, in words."""

    @property
    def stages(self) -> Mapping[str, Any]:
        """Records of the finished stages, by stage."""
        return dict(self.manifest.get("stages", {}))

    def city_shapes(self) -> gpd.GeoDataFrame | None:
        """Outlines of cities: ``city_id``, ``n_units``, ``geometry``; None without them."""
        return _layer(self.path, "cities", ["city_id", "n_units"])

    def unit_shapes(self) -> gpd.GeoDataFrame | None:
        """Polygons of units: ``unit_id``, ``city_id``, ``name``, ``geometry``; or None."""
        if not (self.path / "townships.parquet").is_file():
            return _layer(self.path, "townships", ["unit_id", "city_id", "name"])
        try:
            return gpd.read_parquet(self.path / "townships.parquet")
        except (OSError, ValueError) as error:
            raise _unreadable(self.path / "townships.parquet", error) from error


def read_output_folder(out: Path) -> OutputFolder:
    """Everything of an output folder but its shapes, which are read when asked for.

    Parameters
    ----------
    out : Path
        Output folder of a run.

    Returns
    -------
    OutputFolder
        A part that no stage made, or whose files are gone, is None and named in ``missing``.

    Raises
    ------
    OutputError
        There is no such folder, it is no output folder, it holds nothing that a stage made, or an
        older version of the program made it.
    """
    manifest = require_output_folder(out)
    # What is shown of a folder does not show itself.
    stages = {name: one for name, one in manifest["stages"].items() if name != REPORT}
    tables = {name: _table(out, stage, name, stages) for name, stage in _TABLES.items()}
    missing = [said for stage, said in PARTS.items() if stage not in stages]
    missing += [
        f"{name} (its stage ran, but the file is gone)"
        for name, stage in _TABLES.items()
        if stage in stages and name in stages[stage]["files"] and tables[name] is None
    ]
    if "lights" in stages and not (out / "townships.gpkg").is_file():
        missing.append("townships.gpkg (outlines of cities)")
    return OutputFolder(
        path=out,
        manifest=manifest | {"stages": stages},
        **{name.removesuffix(".parquet"): table for name, table in tables.items()},
        audit=_checked(out, "audit.parquet"),
        designs=_designs(stages),
        panel_tables=_panel_tables(out, stages),
        notes=_notes(out, stages),
        missing=tuple(missing),
    )


_TABLES = {
    "units.parquet": "lights",
    "cities.parquet": "lights",
    "panel.parquet": "panel",
    "dropped.parquet": "panel",
    "matches.parquet": "panel",
    "estimates.parquet": "estimates",
    "checks.parquet": "estimates",
    "curves.parquet": "estimates",
    "tuning.parquet": "estimates",
    "residuals.parquet": "estimates",
}


def require_output_folder(out: Path) -> dict[str, Any]:
    """The manifest of an output folder that this version's stages made.

    Parameters
    ----------
    out : Path
        Output folder of a run.

    Raises
    ------
    OutputError
        As `read_output_folder`, which also looks into the tables.
    """
    if not out.is_dir():
        raise OutputError(
            str(out),
            expected="the output folder of a run",
            found="no such folder",
            hint="run a study first, or name its output folder",
        )
    manifest = read_manifest(out)
    if not manifest:
        raise OutputError(
            str(out),
            expected=f"the output folder of a run, with {MANIFEST}",
            found=f"a folder without {MANIFEST}",
            hint="run a study first, or name its output folder",
        )
    stages = manifest.get("stages")
    if not isinstance(stages, dict) or not stages:
        raise OutputError(
            str(out / MANIFEST),
            expected="records of finished stages",
            found="none",
            hint=AGAIN,
        )
    for name, record in stages.items():
        lacking = [key for key in RECORDED if not isinstance(record, dict) or key not in record]
        if lacking:
            raise OutputError(
                f"{out / MANIFEST}, stage {name!r}",
                expected=f"{', '.join(RECORDED)}",
                found=f"an older version's record without {', '.join(lacking)}",
                hint=AGAIN,
            )
    return manifest


def _table(out: Path, stage: str, name: str, stages: Mapping[str, Any]) -> pd.DataFrame | None:
    """A stage's table; files of a stage that is not recorded are of nobody and not read."""
    return _checked(out, name) if stage in stages else None


def _checked(out: Path, name: str) -> pd.DataFrame | None:
    if not (out / name).is_file():
        return None
    table = read_output(out, name)
    lacking = [column for column in LEAST_COLUMNS.get(name, ()) if column not in table]
    if lacking:
        raise OutputError(
            str(out / name),
            expected=f"the columns {', '.join(LEAST_COLUMNS[name])}",
            found=f"an older version's table without {', '.join(lacking)}",
            hint=AGAIN,
        )
    return table


def _designs(stages: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    settings = stages.get("estimates", {}).get("settings")
    designs: Sequence[Any] = settings.get("designs", ()) if isinstance(settings, dict) else ()
    return tuple(design for design in designs if isinstance(design, dict))


def _panel_tables(out: Path, stages: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    files = stages.get("panel", {}).get("files", {})
    names = [name for name in files if name.startswith("tables/") and name.endswith(".csv")]
    return {Path(name).stem: read_csv(out, name) for name in names if (out / name).is_file()}


def _notes(out: Path, stages: Mapping[str, Any]) -> tuple[str, ...]:
    path = out / "tables" / "notes.txt"
    if "estimates" not in stages or not path.is_file():
        return ()
    return tuple(path.read_text(encoding="utf-8").splitlines())


def with_shape(shapes: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which rows have a geometry that is not empty, shape (n,)."""
    found = shapes.geometry.to_numpy()
    return np.asarray(~(shapely.is_missing(found) | shapely.is_empty(found)))


def _layer(out: Path, layer: str, columns: Sequence[str]) -> gpd.GeoDataFrame | None:
    """A layer of the GeoPackage with those of the columns that it has."""
    if not (out / "townships.gpkg").is_file():
        return None
    path = output_path(out, "townships.gpkg")
    try:
        return gpd.read_file(path, layer=layer, columns=list(columns))
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> OutputError:
    return OutputError(
        str(path), expected="shapes", found=str(error)[:200], hint="run the lights stage again"
    )
