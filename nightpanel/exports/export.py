"""`nightpanel export`: one table of an output folder, in the format that another tool reads."""

from dataclasses import dataclass
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import OutputError
from nightpanel.exports.csv_file import write_csv
from nightpanel.exports.flatgeobuf import write_flatgeobuf
from nightpanel.exports.geoparquet import write_geoparquet
from nightpanel.exports.kinds import SHAPES, WITH_SHAPES, Format, What, format_of, require_known
from nightpanel.exports.map_file import MAPS, write_geopackage
from nightpanel.exports.stata_file import write_stata
from nightpanel.exports.tables import ExportTable, read_table, read_years
from nightpanel.exports.whole_file import whole_file
from nightpanel.manifest import MANIFEST, STAGE_FILES


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has written."""

    path: Path
    """The file."""
    audit: tuple[AuditRow, ...]
    """What is otherwise in it than in the table: neutralised texts, names that Stata takes."""


def export(
    out: Path,
    *,
    what: What,
    to: Path,
    format: Format | None = None,  # noqa: A002
    bom: bool = False,
) -> Exported:
    """Write one table of an output folder to a file.

    Parameters
    ----------
    out : Path
        Output folder of an earlier run.
    what : `nightpanel.exports.kinds.What`
        Units with a column of light a year (``townships``); cities with a column of Gini a year
        (``cities``); the ``panel``; the long tables of units and of cities (``unit_years``,
        ``city_years``); what did not join or was lost, what names were taken for, two sources side
        by side (``unmatched``, ``dropped``, ``matches``, ``reconciliation``); the ``audit``.
    to : Path
        The file to write. It appears whole or not at all, after it has been read back.
    format : {"gpkg", "geoparquet", "fgb", "csv", "dta", "xlsx"}, optional
        Taken from the file's ending when left out. ``gpkg`` of units or cities is a map: styled,
        with the long table and a view for a temporal slider. ``csv``, ``dta`` and ``xlsx`` leave
        the geometry out; tables without geometry are refused for ``geoparquet`` and ``fgb``.
    bom : bool
        Whether a csv begins with a byte order mark, by which Excel knows UTF-8.

    Returns
    -------
    Exported

    Raises
    ------
    OutputError
        There is no such table, the folder lacks it, the format does not fit, or the file cannot be
        written.
    """
    require_known(what)
    chosen = format or format_of(to)
    _require_fitting(out, what, to, chosen, bom)
    table = read_table(out, what)
    with whole_file(to) as draft:
        audit = _write(table, draft, chosen, out=out, bom=bom, file=str(to))
    return Exported(to, audit)


def _write(
    table: ExportTable, path: Path, chosen: Format, *, out: Path, bom: bool, file: str
) -> tuple[AuditRow, ...]:
    if chosen == "csv":
        return write_csv(table, path, bom=bom, file=file)
    if chosen == "dta":
        return write_stata(table, path, file=file)
    if chosen == "xlsx":
        from nightpanel.exports.excel_file import write_excel  # loads openpyxl

        return write_excel(table, path, file=file)
    if chosen == "geoparquet":
        write_geoparquet(table, path)
    elif chosen == "fgb":
        write_flatgeobuf(table, path, key=MAPS[table.name].key)
    else:
        years = read_years(out, table.name) if table.name in SHAPES else ()
        write_geopackage(table, path, years=years)
    return ()


def _require_fitting(out: Path, what: What, to: Path, chosen: Format, bom: bool) -> None:
    if chosen in WITH_SHAPES and what not in SHAPES:
        raise OutputError(
            str(to),
            expected=f"a table with geometry for {chosen}",
            found=f"{what!r}, which has none",
            hint="use csv, dta, xlsx or gpkg, or read the run's parquet file as it is",
        )
    if bom and chosen != "csv":
        raise OutputError(
            str(to),
            expected="csv where a byte order mark is asked for",
            found=chosen,
            hint="leave --bom out; the other formats say their encoding themselves",
        )
    kept = {MANIFEST, "audit.parquet", *(name for names in STAGE_FILES.values() for name in names)}
    if to.resolve() in {(out / name).resolve() for name in kept}:
        raise OutputError(
            str(to),
            expected="a file that is not the run's own",
            found="one of the files by which the run knows what is done",
            hint="choose another with --to",
        )
