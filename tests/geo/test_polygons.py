"""Polygons without objects: there and back, some of them, and others in their place."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.polygons import polygons_of

HOLED = box(0, 0, 3, 3) - box(1, 1, 2, 2)
FULL = [HOLED, MultiPolygon([HOLED, box(5, 5, 6, 6)]), Polygon(), MultiPolygon([HOLED])]
KINDS = [*FULL, shapely.from_wkt("MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))"), MultiPolygon()]
some_units = st.lists(st.sampled_from(range(len(KINDS))), max_size=8)


def drawn(numbers: list[int]) -> np.ndarray:
    units = np.empty(len(numbers), dtype=object)
    units[:] = [KINDS[number] for number in numbers]
    return units


def texts(units: np.ndarray) -> list[str]:
    """Their WKT; empty parts are left out, and what is empty is the empty Polygon."""
    kept = [shapely.get_parts(unit) for unit in units]
    full = [parts[~shapely.is_empty(parts)] for parts in kept]
    return [
        "POLYGON EMPTY" if len(parts) == 0
        else parts[0].wkt if unit.geom_type == "Polygon"
        else MultiPolygon(list(parts)).wkt
        for unit, parts in zip(units, full, strict=True)
    ]  # fmt: skip


def test_there_and_back():
    units = np.array(FULL, dtype=object)
    assert [one.wkt for one in polygons_of(units).geometries()] == [one.wkt for one in units]


@given(some_units)
def test_any_units_there_and_back(numbers):
    units = drawn(numbers)
    assert texts(polygons_of(units).geometries()) == texts(units)


@given(some_units, st.data())
def test_some_of_the_units(numbers, data):
    chosen = (
        data.draw(st.lists(st.sampled_from(range(len(numbers))), max_size=9)) if numbers else []
    )
    some = polygons_of(drawn(numbers)).subset(np.array(chosen, dtype=np.int64))
    assert texts(some.geometries()) == texts(drawn([numbers[k] for k in chosen]))


@given(some_units, st.data())
def test_others_in_the_place_of_some(numbers, data):
    places = data.draw(st.sets(st.sampled_from(range(len(numbers))))) if numbers else set()
    others = data.draw(
        st.lists(st.sampled_from(range(len(KINDS))), min_size=len(places), max_size=len(places))
    )
    places = np.array(sorted(places), dtype=np.int64)
    changed = polygons_of(drawn(numbers)).replaced(places, polygons_of(drawn(others)))
    expected = np.array(numbers, dtype=np.int64)
    expected[places] = others
    assert texts(changed.geometries()) == texts(drawn(expected.tolist()))


def test_rings_cannot_be_written_to():
    rings = polygons_of(np.array(FULL, dtype=object)).rings
    with pytest.raises(ValueError, match="read-only"):
        rings.xy[0] = 0.0
