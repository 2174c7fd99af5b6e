"""The rules of GeoPackage 1.4 that concern our files, read from the file with SQLite alone.

Numbers are those of the requirements of OGC 12-128r19; GDAL's ``validate_gpkg`` asks the same.
"""

# ruff: noqa: S608 names come from the file that is checked

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SRS = {-1: ("NONE", -1), 0: ("NONE", 0), 4326: ("EPSG", 4326)}
KINDS = re.compile(
    r"(BOOLEAN|TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|FLOAT|DOUBLE|REAL|DATE|DATETIME"
    r"|(TEXT|BLOB)(\(\d+\))?)"
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3})?)?Z")
ENVELOPE = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
RTREE_TRIGGERS = {"insert", "delete", "update2", "update4", "update5", "update6", "update7"}


def broken_rules(path: Path) -> list[str]:
    """Every rule that a file breaks, with what breaks it; empty for a sound file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        checks = (_file, _integrity, _systems, _contents, _geometry_columns, _extensions)
        found = [problem for check in checks for problem in check(database)]
        for table, kind in database.execute("SELECT table_name, data_type FROM gpkg_contents"):
            found += [*_columns(database, table, kind), *_keys(database, table)]
            if kind == "features":
                found += [*_blobs(database, table), *_rtree(database, table)]
    return found


def _one(database: sqlite3.Connection, query: str, *values: object) -> object:
    row = database.execute(query, values).fetchone()
    return row if row is None or len(row) > 1 else row[0]


def _file(database: sqlite3.Connection) -> Iterator[str]:
    if _one(database, "PRAGMA application_id") != 0x47504B47:
        yield "2: application_id is not GPKG"
    version = _one(database, "PRAGMA user_version")
    if not (isinstance(version, int) and 10200 <= version < 10500):
        yield f"2: user_version {version}"


def _integrity(database: sqlite3.Connection) -> Iterator[str]:
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        yield "6: integrity_check"
    if database.execute("PRAGMA foreign_key_check").fetchall():
        yield "7: foreign_key_check"


def _systems(database: sqlite3.Connection) -> Iterator[str]:
    query = "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys"
    for srs, (organization, code) in SRS.items():
        row = _one(database, f"{query} WHERE srs_id = ?", srs)
        if row is None or (str(row[0]).upper(), row[1]) != (organization, code):
            yield f"11: srs_id {srs} is {row}"


def _contents(database: sqlite3.Connection) -> Iterator[str]:
    systems = {row[0] for row in database.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    there = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    query = "SELECT table_name, data_type, last_change, srs_id, identifier FROM gpkg_contents"
    identifiers = set()
    for table, kind, changed, srs, identifier in database.execute(query):
        if table not in there:
            yield f"14: no table or view {table}"
        if kind not in {"features", "attributes"}:
            yield f"17: {table} is {kind}"
        if not TIME.fullmatch(changed):
            yield f"15: last_change of {table} is {changed}"
        if srs is not None and srs not in systems:
            yield f"14: srs_id of {table} is {srs}"
        if identifier in identifiers:
            yield f"13: identifier {identifier} twice"
        identifiers.add(identifier)


def _geometry_columns(database: sqlite3.Connection) -> Iterator[str]:
    features = "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
    shapes = "SELECT table_name FROM gpkg_geometry_columns"
    for name in {row[0] for row in database.execute(f"{features} EXCEPT {shapes}")}:
        yield f"22: {name} has no row in gpkg_geometry_columns"
    for name in {row[0] for row in database.execute(f"{shapes} EXCEPT {features}")}:
        yield f"23: {name} has no row of features in gpkg_contents"
    query = (
        "SELECT g.table_name FROM gpkg_geometry_columns g JOIN gpkg_contents c USING (table_name)"
        " WHERE g.srs_id != c.srs_id OR g.z NOT IN (0, 1, 2) OR g.m NOT IN (0, 1, 2)"
    )
    for (name,) in database.execute(query):
        yield f"26, 27: {name} has another srs_id in gpkg_contents, or a wrong z or m"


def _extensions(database: sqlite3.Connection) -> Iterator[str]:
    if not _one(database, "SELECT 1 FROM sqlite_master WHERE name = 'gpkg_extensions'"):
        return
    there = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    query = "SELECT table_name, extension_name, scope FROM gpkg_extensions"
    for table, extension, scope in database.execute(query):
        if table is not None and table not in there:
            yield f"60: extension of {table}, which is not there"
        if extension == "gpkg_rtree_index" and scope != "write-only":
            yield f"75: rtree of {table} is {scope}"


def _columns(database: sqlite3.Connection, table: str, kind: str) -> Iterator[str]:
    columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
    geometry = _one(
        database,
        "SELECT column_name, geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?",
        table,
    )
    shape = dict([geometry]) if isinstance(geometry, tuple) else {}
    for _, name, declared, *_ in columns:
        if name in shape and declared != shape[name]:
            yield f"25, 31: {table}.{name} is {declared}, not {shape[name]}"
        if name not in shape and not KINDS.fullmatch(declared):
            yield f"5: {table}.{name} is {declared!r}"
    if kind == "features" and not set(shape) <= {name for _, name, *_ in columns}:
        yield f"24: {table} has no column {set(shape)}"
    for _, name, declared, *_ in columns:
        if declared == "DATETIME":
            times = database.execute(f'SELECT DISTINCT "{name}" FROM "{table}"')
            for (time,) in times:
                if not TIME.fullmatch(str(time)):
                    yield f"5: {table}.{name} {time}"


def _keys(database: sqlite3.Connection, table: str) -> Iterator[str]:
    columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
    if not columns:
        return  # it is not there, which is another rule
    _, first, declared, *_ = columns[0]
    if _is_view(database, table):
        query = f'SELECT count("{first}") - count(DISTINCT "{first}") FROM "{table}"'
        if declared != "INTEGER" or _one(database, query):
            yield f"150: {table}.{first} is no INTEGER that is unique"
    elif not any(key and declared == "INTEGER" for _, _, declared, *_, key in columns):
        yield f"29: {table} has no INTEGER PRIMARY KEY"


def _is_view(database: sqlite3.Connection, table: str) -> bool:
    return _one(database, "SELECT type FROM sqlite_master WHERE name = ?", table) == "view"


def _blobs(database: sqlite3.Connection, table: str) -> Iterator[str]:
    """19: magic, version, flags, envelope around the geometry, and the layer's srs_id."""
    srs = _one(database, "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", table)
    for row, (blob,) in enumerate(database.execute(f'SELECT geom FROM "{table}"'), start=1):
        magic, version, flags, found = struct.unpack("<2sBBi", blob[:8])
        indicator = flags >> 1 & 7
        size = ENVELOPE.get(indicator)
        if magic != b"GP" or version != 0 or not flags & 1 or flags & 0x20 or size is None:
            yield f"19: {table} row {row}: header {blob[:8].hex()}"
            continue
        if found != srs:
            yield f"33: {table} row {row}: srs_id {found}, not {srs}"
        order, kind = struct.unpack("<BI", blob[8 + size : 13 + size])
        if order != 1 or kind != 6:
            yield f"32: {table} row {row}: geometry {kind} in a layer of multipolygons"


def _rtree(database: sqlite3.Connection, table: str) -> Iterator[str]:
    if _is_view(database, table):
        return
    name = f"rtree_{table}_geom"
    registered = _one(
        database,
        "SELECT count(*) FROM gpkg_extensions WHERE table_name = ? AND column_name = 'geom'"
        " AND extension_name = 'gpkg_rtree_index'",
        table,
    )
    if registered != 1:
        yield f"75: rtree of {table} is not registered"
    rows = _one(database, f'SELECT count(*) FROM "{table}"')
    counted = _one(
        database, "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", table
    )
    indexed = _one(database, f'SELECT count(*) FROM "{name}"')
    if not rows == counted == indexed:
        yield f"77: {table} has {rows} rows, {indexed} in its rtree, {counted} counted by OGR"
    triggers = {
        row[0].removeprefix(f"{name}_")
        for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        if row[0].startswith(name)
    }
    if triggers != RTREE_TRIGGERS:
        yield f"75: triggers of {name} are {sorted(triggers)}"
    outside = database.execute(
        f'SELECT count(*) FROM "{name}" r, gpkg_contents c WHERE c.table_name = ?'
        " AND (r.minx < c.min_x - 1e-4 OR r.maxx > c.max_x + 1e-4"
        " OR r.miny < c.min_y - 1e-4 OR r.maxy > c.max_y + 1e-4)",
        (table,),
    ).fetchone()
    if outside != (0,):
        yield f"18: {outside[0]} shapes of {table} lie outside its extent"
