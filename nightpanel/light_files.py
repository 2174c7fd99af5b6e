"""The files of light and inequality: tables as parquet, layers as GeoPackage and GeoParquet."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow as pa

from geo.boundaries import Units
from geo.threads import processors
from nightpanel.arrow_tables import arrow_table, write_parquet
from nightpanel.digests import file_digest
from nightpanel.exports.geopackage import (
    KIND,
    add_layers,
    check_layers,
    page_bytes,
    write_blocks,
)
from nightpanel.exports.map_layers import CITIES, TOWNSHIPS, add_map
from nightpanel.manifest import SEAM
from nightpanel.outputs import write_csv
from nightpanel.seam import seam_table
from nightpanel.shapes import GEOPARQUET, kept_shapes
from nightpanel.store import Store
from nightpanel.year_blocks import Block, year_blocks, year_columns


def write_light_files(
    *,
    units: Units,
    unit_years: pd.DataFrame,
    city_years: pd.DataFrame,
    folder: Path,
    store: Store | None = None,
    units_key: str | None = None,
    threads: int | None = None,
) -> dict[str, str]:
    """Write ``units.parquet``, ``cities.parquet``, ``townships.gpkg`` and ``townships.parquet``.

    And ``seam.csv``, if a product has a year twice.

    Parameters
    ----------
    units : Units
    unit_years, city_years : pandas.DataFrame
        The unit-year and the city-year table.
    folder : Path
        An existing folder, normally a staging one.
    store : Store, optional
        Where parts of the files are that no year changes or that earlier runs wrote, and where
        they go. It never changes a byte.
    units_key : str, optional
        Digest of the units' geometry and CRS, for the store.
    threads : int, optional
        As in `geo.outlines.outlines`.

    Returns
    -------
    dict of str to str
        SHA-256 of the files, by name.

    Raises
    ------
    OutputError
        What was read back from the GeoPackage is not what was written.
    CacheError
        As the store raises it.
    """
    path = folder / "townships.gpkg"
    page = page_bytes(len(units.attributes))
    blocks = year_blocks(unit_years)
    # OGR holds the interpreter lock while it writes. What is handed to the pool works beside it,
    # once it has begun.
    with ThreadPoolExecutor(threads or processors()) as pool:
        shapes = pool.submit(kept_shapes, units, store=store, units_key=units_key, threads=threads)
        wide = pool.submit(lambda: _wide_tables(*shapes.result(), blocks, city_years))
        writers: dict[str, Callable[[Path], None]] = {
            "units.parquet": lambda file: _write_unit_years(blocks, file),
            "townships.parquet": lambda file: _write_twin(wide.result()["townships"], file),
            "cities.parquet": lambda file: write_parquet(wide.result()["city_years"], file),
        }
        seam = seam_table(city_years)
        if len(seam):
            writers[SEAM] = lambda file: write_csv(seam, file)
        files = {
            name: pool.submit(_written, write, folder / name) for name, write in writers.items()
        }
        keep = write_blocks(blocks, path, layer="unit_years", page=page, store=store)
        kept = None if store is None or keep is None else pool.submit(store.put_bytes, KIND, *keep)
        add_layers(wide.result(), path, page=page)
        add_map(path, {TOWNSHIPS: blocks, CITIES: year_blocks(city_years)})
        files[path.name] = pool.submit(file_digest, path)
        check_layers(wide.result(), path)
        if kept is not None:
            kept.result()
        return {name: files[name].result() for name in sorted(files)}


def _written(write: Callable[[Path], None], path: Path) -> str:
    """Write a file; its digest."""
    write(path)
    return file_digest(path)


def _wide_tables(
    units: pa.Table, cities: pa.Table, unit_years: Sequence[Block], city_years: pd.DataFrame
) -> dict[str, pa.Table]:
    """Units with a light column a year, cities with a Gini and a mean, and the city-year table."""
    of_cities = {"gini": "gini", "mean": "mean"}
    return {
        "townships": _wide(units, unit_years, key="unit_id", values={"light": "mean"}),
        "cities": _wide(cities, year_blocks(city_years), key="city_id", values=of_cities),
        "city_years": arrow_table(city_years),
    }


def _wide(
    shapes: pa.Table, blocks: Sequence[Block], *, key: str, values: Mapping[str, str]
) -> pa.Table:
    keys = shapes[key].combine_chunks()
    for name, column in year_columns(blocks, key=key, keys=keys, values=values).items():
        shapes = shapes.append_column(name, column)
    return shapes


def _write_unit_years(blocks: Sequence[Block], path: Path) -> None:
    """Rows by product, year and unit; a row group for each of the first two."""
    ordered = sorted(blocks, key=lambda block: (block.product, block.year))
    rows = pa.concat_tables([block.rows for block in ordered])
    write_parquet(rows, path, row_group=max(block.rows.num_rows for block in blocks))


def _write_twin(townships: pa.Table, path: Path) -> None:
    """The layer as GeoParquet."""
    metadata = {GEOPARQUET: townships.schema.metadata[GEOPARQUET]}
    write_parquet(townships.replace_schema_metadata(metadata), path)
