"""Results of an earlier run, read from its output folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from geo.audit import AuditRow, audit_rows
from nightpanel.manifest import read_manifest
from nightpanel.outputs import read_csv, read_output

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult
    from nightpanel.run_lights import Lights
    from nightpanel.run_panel import Panel


def read_audit(out: Path) -> tuple[AuditRow, ...]:
    """The audit rows of an output folder."""
    return audit_rows(read_output(out, "audit.parquet"))


def read_lights(out: Path) -> "Lights":
    """Light and inequality, as the run that made them returned them."""
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

    from geo.boundaries import Units
    from geo.grid import Grid
    from geo.polygons import polygons_of
    from nightpanel.run_lights import Lights
    from tiles.addresses import TileAddress
    from tiles.sums import Effort

    record = read_manifest(out)["stages"]["lights"]
    townships = gpd.read_parquet(out / "townships.parquet")
    rows = read_audit(out)
    units = Units(
        attributes=pd.DataFrame(townships[["unit_id", "city_id", "name"]]),
        drawn=lambda: polygons_of(townships.geometry.to_numpy()),
        crs=townships.crs,
        audit=tuple(row for row in rows if row.stage == "boundaries"),
        source=str(out / "townships.parquet"),
    )
    return Lights(
        units=units,
        unit_years=read_output(out, "units.parquet"),
        city_years=read_output(out, "cities.parquet"),
        audit=tuple(row for row in rows if row.stage in {"boundaries", "tiles", "light"}),
        tiles=tuple(
            TileAddress(
                where=tile["path"],
                product=tile["product"],
                year=tile["year"],
                digest=tile["sha256"],
                grid_id=tile["grid"],
                coverage=tile["coverage"],
                sums=tile["sums"],
            )
            for tile in record["tiles"]
        ),
        grids=tuple(
            Grid(
                crs=CRS.from_wkt(grid["crs"]),
                transform=tuple(grid["transform"]),
                shape=(grid["rows"], grid["columns"]),
            )
            for grid in record["grids"].values()
        ),
        coverage_keys=tuple(record["store"].get("coverage", ())),
        effort=Effort(),
        tiles_read=0,
        seconds={},
    )


def read_panel(out: Path) -> "Panel":
    """The joined panel."""
    from nightpanel.run_panel import Panel
    from panels.reconcile import no_reconciliation

    compared = (out / "reconciliation.parquet").is_file()
    record = read_manifest(out)["stages"]["panel"]
    tables = [Path(name) for name in record["files"] if name.startswith("tables/")]
    return Panel(
        panel=read_output(out, "panel.parquet"),
        unmatched=read_output(out, "unmatched.parquet"),
        audit=tuple(row for row in read_audit(out) if row.stage == "panel"),
        matches=read_output(out, "matches.parquet"),
        files=tuple(Path(path) for path in record["inputs"] if Path(path).is_absolute()),
        dropped=read_output(out, "dropped.parquet"),
        tables={table.stem: read_csv(out, str(table)) for table in tables},
        units=record["units"],
        reconciliation=read_output(out, "reconciliation.parquet")
        if compared
        else no_reconciliation(),
    )


def read_table_texts(out: Path) -> tuple[str, ...]:
    """The tables of the paper that the last run made, as text, in order of the study."""
    record = read_manifest(out).get("stages", {}).get("estimates", {})
    return tuple((out / "tables" / f"{stem}.txt").read_text("utf-8") for stem in record["tables"])


def read_estimates(out: Path) -> "EstimationResult":
    """The estimates with their notes."""
    from estimation.estimate import EstimationResult
    from estimation.learning.learn import FitCounts

    notes = (out / "tables" / "notes.txt").read_text(encoding="utf-8")
    return EstimationResult(
        estimates=read_output(out, "estimates.parquet"),
        checks=read_output(out, "checks.parquet"),
        curves=read_output(out, "curves.parquet"),
        tuning=read_output(out, "tuning.parquet"),
        residuals=read_output(out, "residuals.parquet"),
        notes=tuple(notes.splitlines()),
        audit=tuple(row for row in read_audit(out) if row.stage == "designs"),
        fits=FitCounts(**read_manifest(out)["stages"]["estimates"]["fits"]),
    )
