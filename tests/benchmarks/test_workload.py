"""The workload is what it says: shared edges, vertices, skew, and the same every time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from benchmarks.lattice import crinkled_lattice
from benchmarks.light_field import float_year, integer_year, light_field
from benchmarks.workload import Workload

BOUNDS = (0.0, 0.0, 6.0, 4.0)


def test_neighbours_share_their_edges_exactly() -> None:
    polygons = crinkled_lattice(BOUNDS, (4, 6), seed=1).polygons
    edges: dict[frozenset[tuple[float, float]], int] = {}
    for polygon in polygons:
        ring = [tuple(point) for point in shapely.get_coordinates(polygon)]
        for pair in pairwise(ring):
            edges[frozenset(pair)] = edges.get(frozenset(pair), 0) + 1
    outer = sum(count == 1 for count in edges.values())
    assert set(edges.values()) == {1, 2}
    # The lattice's rim has 2 * (4 + 6) of its 58 edges, each of 32 or 64 segments.
    assert 20 * 32 <= outer <= 20 * 64
    assert shapely.union_all(polygons).geom_type == "Polygon"


def test_polygons_are_valid_crinkled_and_have_the_wanted_vertices() -> None:
    polygons = crinkled_lattice(BOUNDS, (20, 30), seed=2).polygons
    vertices = shapely.get_num_coordinates(polygons) - 1
    assert shapely.is_valid(polygons).all()
    # Five sixths of the edges have 32 segments, one sixth 64: 4 * (32 * 5 + 64) / 6.
    assert vertices.mean() == pytest.approx(4 * (32 * 5 + 64) / 6, rel=0.02)
    # The straight lattice's perimeter is about 0.8; edges are longer than that.
    assert shapely.length(polygons).mean() > 0.9


def test_lattice_is_the_same_every_time_and_another_for_another_seed() -> None:
    first, again, other = (
        crinkled_lattice(BOUNDS, (3, 3), seed=seed).polygons for seed in (1, 1, 2)
    )
    assert shapely.equals_exact(first, again).all()
    assert not shapely.equals_exact(first, other).any()


def test_light_is_skewed_dark_at_sea_and_in_range() -> None:
    field = light_field((280, 340), seed=1)
    radiance, number = float_year(field, 2000), integer_year(field, 2000)
    assert 0.2 < field.land.mean() < 0.9
    assert (radiance[~field.land] == 0).all()
    assert (number[~field.land] == 0).all()
    assert radiance.min() == 0
    assert (number.min(), number.dtype) == (0, np.int8)
    assert number.max() <= 63
    assert radiance[field.land].mean() > 1.5 * np.median(radiance[field.land])
    # Noise: nearly every lit cell has a value of its own.
    lit = radiance[radiance > 0]
    assert np.unique(lit).size > 0.9 * lit.size


def test_years_differ_and_repeat() -> None:
    field = light_field((280, 340), seed=1)
    assert (float_year(field, 2000) == float_year(field, 2000)).all()
    assert (float_year(field, 2000) != float_year(field, 2001)).mean() > 0.1


def test_files_are_built_once_and_fit_each_other(tmp_path: Path) -> None:
    workload = Workload(tmp_path, (280, 340))
    units = workload.units(100)
    (tile,) = workload.tiles("float", [2000])
    made = units.stat().st_mtime_ns, tile.stat().st_mtime_ns
    assert (workload.units(100), workload.tiles("float", [2000])) == (units, [tile])
    assert (units.stat().st_mtime_ns, tile.stat().st_mtime_ns) == made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["float_280x340", "units_100.gpkg"]
    with rasterio.open(tile) as opened:
        left, bottom, right, top = opened.bounds
        assert (opened.shape, opened.dtypes, opened.crs) == ((280, 340), ("float32",), "EPSG:4326")
        assert (opened.block_shapes, opened.compression.name) == ([(256, 256)], "deflate")
    assert (left, top) == (73, 54)
    # 5,100 and 4,200 cells of 0.0125 degree, whatever the cells' size.
    assert (right - left, top - bottom) == pytest.approx((63.75, 52.5))
