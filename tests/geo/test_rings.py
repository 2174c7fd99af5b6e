"""Rings: flat arrays there and back, and what is no polygon."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.errors import GeometryError
from geo.rings import joined, rings_of, subset

HOLED = box(0, 0, 3, 3) - box(1, 1, 2, 2)


def test_offsets_by_hand():
    rings = rings_of([box(0, 0, 1, 1), Polygon(), MultiPolygon([HOLED, box(5, 5, 6, 6)])])
    assert rings.unit_vertices.tolist() == [0, 5, 5, 20]
    holes = [len(xy) for xy, hole in zip(_ring_vertices(rings), rings.is_hole, strict=True) if hole]
    assert holes == [5]
    assert len(rings.xy) == 20


def _ring_vertices(rings) -> list[np.ndarray]:
    return np.split(rings.xy, rings.ring_starts[1:-1])


KINDS = [
    shapely.from_wkt(text)
    for text in (
        "POLYGON EMPTY",
        "MULTIPOLYGON EMPTY",
        "MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))",
        "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        "POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1), (7 1, 8 1, 8 2, 7 1))",
        "POLYGON Z ((0 0 1, 1 0 2, 1 1 3, 0 0 1))",
        "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1)), ((20 0, 21 0, 21 1, 20 0)))",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
    )
]


def nested(unit) -> list[list[list[tuple[float, float]]]]:
    """A unit as parts of rings of vertices, told by shapely's objects one at a time."""
    parts = unit.geoms if unit.geom_type == "MultiPolygon" else [unit]
    return [
        [[vertex[:2] for vertex in ring.coords] for ring in (part.exterior, *part.interiors)]
        if not part.is_empty
        else []
        for part in parts
    ]


def nested_again(rings) -> list[list[list[list[tuple[float, float]]]]]:
    def runs(items, starts):
        return [items[a:b] for a, b in pairwise(starts)]

    vertices = [tuple(xy) for xy in rings.xy.tolist()]
    return runs(runs(runs(vertices, rings.ring_starts), rings.part_starts), rings.unit_starts)


some_units = st.lists(st.sampled_from(KINDS), max_size=8)


@given(some_units)
def test_offsets_are_those_of_the_objects(units):
    assert nested_again(rings_of(units)) == [nested(unit) for unit in units]


@given(some_units, some_units)
def test_units_after_others(units, others):
    both = joined(rings_of(units), rings_of(others))
    assert nested_again(both) == [nested(unit) for unit in [*units, *others]]


@given(some_units, st.data())
def test_a_subset_is_the_rings_of_the_units(units, data):
    chosen = data.draw(
        st.lists(st.integers(0, len(units) - 1), max_size=9) if units else st.just([])
    )
    some = subset(rings_of(units), np.array(chosen, dtype=np.int64))
    assert nested_again(some) == [nested(units[k]) for k in chosen]


@pytest.mark.parametrize(
    ("geometry", "named"),
    [
        (None, "nothing"),
        (shapely.Point(1, 1), "Point"),
        (shapely.GeometryCollection([box(0, 0, 1, 1)]), "GeometryCollection"),
        (Polygon([(0, 0), (np.inf, 0), (0, 1)]), "inf"),
    ],
)
def test_other_geometries_are_refused(geometry, named):
    with pytest.raises(GeometryError, match=named) as caught:
        rings_of([box(0, 0, 1, 1), geometry])
    assert "unit 1" in str(caught.value)
