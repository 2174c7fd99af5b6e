"""`nightpanel export`: one table of an output folder, in the format that another tool reads."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geo.errors import OutputError
from nightpanel.geopackage import write_layers
from nightpanel.outputs import read_output

What = Literal["townships", "cities", "panel"]
Format = Literal["gpkg", "geoparquet", "csv"]


def export(out: Path, *, what: What, to: Path, format: Format | None = None) -> Path:  # noqa: A002
    """Write one table of an output folder to a file.

    Parameters
    ----------
    out : Path
        Output folder of an earlier run.
    what : {"townships", "cities", "panel"}
        Units with their light by year; cities with their Gini by year; the panel.
    to : Path
        The file to write. It appears whole or not at all.
    format : {"gpkg", "geoparquet", "csv"}, optional
        Taken from the file's ending when left out. ``csv`` leaves the geometry out; the panel has
        none, so that ``geoparquet`` is refused for it.

    Returns
    -------
    Path
        ``to``.

    Raises
    ------
    OutputError
        The folder lacks the table, the format does not fit, or the file cannot be written.
    """
    chosen = format or _format_of(to)
    table = read_output(out, "panel.parquet") if what == "panel" else _layer(out, what)
    if chosen == "geoparquet" and not isinstance(table, gpd.GeoDataFrame):
        raise OutputError(
            str(to),
            expected="a table with geometry for geoparquet",
            found=f"{what!r}, which has none",
            hint="use csv or gpkg, or read panel.parquet as it is",
        )
    write: dict[Format, Callable[[Path], None]] = {
        "gpkg": lambda path: write_layers({what: table}, path),
        "geoparquet": lambda path: table.to_parquet(path, index=False),
        "csv": lambda path: _without_geometry(table).to_csv(path, index=False),
    }
    _write_whole(to, write[chosen])
    return to


def _format_of(path: Path) -> Format:
    endings: dict[str, Format] = {
        ".gpkg": "gpkg",
        ".parquet": "geoparquet",
        ".geoparquet": "geoparquet",
        ".csv": "csv",
    }
    if path.suffix.lower() not in endings:
        raise OutputError(
            str(path),
            expected=f"an ending among {', '.join(endings)}",
            found=repr(path.suffix),
            hint="name the format with --format",
        )
    return endings[path.suffix.lower()]


def _layer(out: Path, layer: str) -> gpd.GeoDataFrame:
    path = out / "townships.gpkg"
    if not path.exists():
        raise OutputError(
            str(path),
            expected="townships.gpkg of an earlier run",
            found="no such file",
            hint="run the lights stage, or name another output folder",
        )
    try:
        return pyogrio.read_dataframe(path, layer=layer)
    except DataSourceError as error:
        raise OutputError(
            str(path), expected="a GeoPackage", found=str(error), hint="run the lights stage again"
        ) from error


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    if isinstance(table, gpd.GeoDataFrame):
        return pd.DataFrame(table.drop(columns=table.geometry.name))
    return table


def _write_whole(to: Path, write: Callable[[Path], None]) -> None:
    """Write beside the target under another name, then rename."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".staging-", dir=to.parent) as staging:
            draft = Path(staging) / to.name
            write(draft)
            draft.replace(to)
    except (OSError, DataLayerError, DataSourceError) as error:
        raise OutputError(
            str(to),
            expected="a file that can be written",
            found=(isinstance(error, OSError) and error.strerror) or str(error)[-200:],
            hint="choose another with --to",
        ) from error
