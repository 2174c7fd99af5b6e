"""`nightpanel explain`: what made a city's numbers in a year, of light and of panel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from geo.audit import AuditRow
from geo.errors import OutputError
from nightpanel.manifest import read_manifest
from nightpanel.outputs import read_output
from nightpanel.read_back import read_audit


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything that made one row of the city-year table."""

    city_year: Mapping[str, Any]
    """The row of ``cities.parquet``."""
    tile: Mapping[str, Any]
    """Product, year, path, SHA-256 and addresses of the tile."""
    grid: Mapping[str, Any]
    """CRS, transform, rows and columns of its grid."""
    boundary: Mapping[str, Any]
    """The boundary's section of the study, and the SHA-256 of its files."""
    units: pd.DataFrame
    """The city's units with their light and flags that year, brightest first."""
    audit: tuple[AuditRow, ...]
    """Audit rows of the tile, the city-year and its units."""
    settings: Mapping[str, Any]
    """The light section of the study."""
    versions: Mapping[str, str]
    """Versions that the run recorded."""
    code: str
    """Digest of the code that ran."""
    panel: Mapping[str, Any] = field(default_factory=dict)
    """The row of ``panel.parquet``; without a panel, or outside it, empty."""
    dropped: tuple[str, ...] = ()
    """Why the panel lacks the city-year: places and reasons."""
    matches: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What codes and names of the panel's tables were taken for the city."""


def explain(out: Path, *, city: str, year: int, product: str | None = None) -> Explained:
    """Trace a row of the city-year table back to what made it.

    Parameters
    ----------
    out : Path
        Output folder of a run.
    city : str
        City id.
    year : int
        Year.
    product : str, optional
        Light product, where the folder holds several.

    Returns
    -------
    Explained

    Raises
    ------
    OutputError
        The folder holds neither light nor panel, or not this city, year or product.
    """
    if not (out / "cities.parquet").is_file() and (out / "panel.parquet").is_file():
        return _of_panel_alone(out, city, year)
    cities = read_output(out, "cities.parquet")
    manifest = read_manifest(out)
    record = manifest.get("stages", {}).get("lights")
    if record is None or "tiles" not in record:
        raise OutputError(
            str(out),
            expected="a manifest that says where the light comes from",
            found="none",
            hint="run the study again",
        )
    chosen = _chosen_row(cities, out, city=city, year=year, product=product)
    tile = next(
        one
        for one in record["tiles"]
        if (one["product"], one["year"]) == (chosen["product"], chosen["year"])
    )
    units = _units(out, chosen)
    section = record["settings"]["units"]
    return Explained(
        city_year=chosen,
        tile=tile,
        grid={"grid": tile["grid"]} | record["grids"][tile["grid"]],
        boundary=section
        | {
            "vintage": section["vintage"] or "not stated",
            "sha256": record["boundary"],
        },
        units=units,
        audit=(
            *_audit(out, tile, chosen, set(units["unit_id"])),
            *_panel_audit(out, city, year),
        ),
        settings=record["settings"]["lights"],
        versions=record["versions"],
        code=record["code"],
        **_panel_parts(out, city, year),
    )


def _of_panel_alone(out: Path, city: str, year: int) -> Explained:
    """What made a row of a panel of tables alone."""
    parts = _panel_parts(out, city, year)
    if not parts["panel"] and not parts["dropped"]:
        panel = read_output(out, "panel.parquet", columns=["city_id", "year"])
        _chosen_row(panel, out, city=city, year=year, file="panel.parquet")
    record = read_manifest(out)["stages"]["panel"]
    return Explained(
        city_year={}, tile={}, grid={}, boundary={}, units=pd.DataFrame(), settings={},
        audit=_panel_audit(out, city, year),
        versions=record["versions"],
        code=record["code"],
        **parts,
    )  # fmt: skip


def _panel_parts(out: Path, city: str, year: int) -> dict[str, Any]:
    """The panel's row, or why there is none, and the city's matches."""
    if not (out / "panel.parquet").is_file():
        return {}
    key = [("city_id", "==", city), ("year", "==", year)]
    rows = read_output(out, "panel.parquet", filters=key)
    lost = read_output(out, "dropped.parquet", filters=key)
    matches = read_output(out, "matches.parquet", filters=key[:1])
    return {
        "panel": {} if rows.empty else rows.iloc[0].to_dict(),
        "dropped": tuple(f"{place}: {why}" for place, why in lost[["place", "reason"]].to_numpy()),
        "matches": matches,
    }


def _panel_audit(out: Path, city: str, year: int) -> tuple[AuditRow, ...]:
    """Audit rows of the panel on the city-year, or on the city in all years."""
    ends = (f"city {city}, year {year}", f"city {city}")
    return tuple(
        row for row in read_audit(out) if row.stage == "panel" and row.subject.endswith(ends)
    )


def _chosen_row(
    cities: pd.DataFrame,
    out: Path,
    *,
    city: str,
    year: int,
    product: str | None = None,
    file: str = "cities.parquet",
) -> dict[str, Any]:
    table = cities
    for column, wanted in (("city_id", city), ("year", year), ("product", product)):
        if wanted is None:
            continue
        known = sorted(table[column].unique())
        table = table[table[column] == wanted]
        if table.empty:
            close = get_close_matches(str(wanted), [str(one) for one in known], n=3)
            raise OutputError(
                f"{out / file}, {column}",
                expected=f"{wanted}",
                found=f"{len(known)} others, as {', '.join(map(str, known[:5]))}",
                hint=f"did you mean {' or '.join(close)}?" if close else "name one of these",
            )
    if len(table) > 1:
        raise OutputError(
            f"{out / 'cities.parquet'}, city {city} {year}",
            expected="one product",
            found=f"{', '.join(table['product'])}",
            hint="name one with --product",
        )
    return {str(name): value for name, value in table.iloc[0].to_dict().items()}


def _units(out: Path, chosen: Mapping[str, Any]) -> pd.DataFrame:
    keys = {name: chosen[name] for name in ("city_id", "year", "product")}
    rows = read_output(out, "units.parquet", filters=[(k, "==", v) for k, v in keys.items()])
    names = read_output(out, "townships.parquet", columns=["unit_id", "name"])
    named = rows.drop(columns=list(keys)).merge(names, on="unit_id", how="left")
    named.insert(1, "name", named.pop("name"))
    return named.sort_values(["mean", "unit_id"], ascending=[False, True], ignore_index=True)


def _audit(
    out: Path, tile: Mapping[str, Any], chosen: Mapping[str, Any], units: set[str]
) -> tuple[AuditRow, ...]:
    """Rows whose subject is the tile's file, its grid, the city-year, or one of the units."""
    city_year = f"city {chosen['city_id']} {chosen['year']} {chosen['product']}"
    subjects = {Path(tile["path"]).name, tile["path"], f"grid {tile['grid']}", city_year}
    subjects |= {f"unit {unit}" for unit in units} | units
    return tuple(row for row in read_audit(out) if row.subject in subjects)
