"""Well-known binary as GEOS reads it, or not at all."""

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, box

from geo._wkb import polygons_of_wkb

HOLED = box(0, 0, 9, 9) - box(1, 1, 2, 2) - box(4, 4, 5, 5)
UNITS = [
    box(0.1, 0.2, 0.3, 0.7),
    HOLED,
    MultiPolygon([HOLED, box(20, 0, 21, 1)]),
    MultiPolygon([box(-5, -5, -4.5, -4.25)]),
    shapely.Point(1, 2).buffer(1.0),
]


def piece(*records: bytes) -> tuple[np.ndarray, np.ndarray]:
    starts = np.cumsum([0, *map(len, records)])
    return np.frombuffer(b"".join(records), dtype=np.uint8), starts


def plain(polygon) -> bytes:
    return shapely.to_wkb(polygon, byte_order=1)


@given(st.lists(st.lists(st.sampled_from(UNITS), max_size=6), max_size=4))
def test_polygons_as_geos_reads_them(pieces):
    records = [[plain(unit) for unit in units] for units in pieces]
    got = polygons_of_wkb([piece(*one) for one in records]).geometries()
    assert got.dtype == object
    assert [plain(unit) for unit in got] == [record for one in records for record in one]
    assert [unit.geom_type for unit in got] == [unit.geom_type for one in pieces for unit in one]


def test_a_piece_may_start_inside_its_bytes():
    data, starts = piece(b"abc", *map(plain, UNITS))
    got = polygons_of_wkb([(data, starts[1:3]), (data, starts[3:])]).geometries()
    assert [unit.wkt for unit in got] == [unit.wkt for unit in [UNITS[0], *UNITS[2:]]]


SQUARE = plain(box(0, 0, 1, 1))
OPEN = struct.pack("<BIII", 1, 3, 1, 4) + struct.pack("<8d", 0, 0, 1, 0, 1, 1, 0, 1)
NAN_ENDS = struct.pack("<BIII", 1, 3, 1, 4) + struct.pack(
    "<8d", *[np.nan, 0, 1, 0, 1, 1, np.nan, 0]
)
TRIPLE = struct.pack("<BIII", 1, 3, 1, 3) + struct.pack("<6d", 0, 0, 1, 0, 0, 0)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        SQUARE[:-1],
        SQUARE[:7],
        SQUARE + b"x",
        struct.pack("<BII", 1, 3, 0),
        struct.pack("<BII", 1, 6, 0),
        struct.pack("<BII", 1, 6, 2) + SQUARE,
        struct.pack("<BII", 1, 6, 1) + plain(shapely.Point(0, 0)),
        struct.pack("<BII", 1, 6, 2**32 - 1) + SQUARE,
        struct.pack("<BII", 1, 3, 2**32 - 1) + SQUARE,
        OPEN,
        NAN_ENDS,
        TRIPLE,
        shapely.to_wkb(box(0, 0, 1, 1), byte_order=0),
        plain(shapely.force_3d(box(0, 0, 1, 1))),
        plain(shapely.Point(0, 0)),
        plain(shapely.GeometryCollection([box(0, 0, 1, 1)])),
        shapely.to_wkb(shapely.set_srid(box(0, 0, 1, 1), 4326), include_srid=True, byte_order=1),
        plain(shapely.from_wkt("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), EMPTY)")),
    ],
)
def test_anything_else_is_left_alone(record):
    assert polygons_of_wkb([piece(SQUARE, record, SQUARE)]) is None
    assert polygons_of_wkb([piece(SQUARE), piece(record)]) is None


@given(st.integers(0, len(SQUARE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_as_geos_reads_it_or_not_at_all(at, byte):
    changed = SQUARE[:at] + bytes([byte]) + SQUARE[at + 1 :]
    got = polygons_of_wkb([piece(changed)])
    assert got is None or plain(got.geometries()[0]) == plain(shapely.from_wkb(changed))
