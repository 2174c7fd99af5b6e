"""Outlines by zoom: fewer points, the same neighbours, made once."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks.lattice import crinkled_lattice
from nightpanel.store import Store
from nightpanel.viewer.tile_box import LAST_ZOOM, TileBox, pixel_metres
from nightpanel.viewer.zoom_shapes import KIND, PIXELS, SIMPLIFIED, ZoomShapes, zoom_shapes
from tests.nightpanel.viewer.mvt import layers

BOUNDS = (1.0e7, 3.0e6, 1.2e7, 4.5e6)


@pytest.fixture(scope="module")
def polygons() -> np.ndarray:
    return np.asarray(crinkled_lattice(BOUNDS, (8, 8), seed=5).polygons, dtype=object)


def made(polygons: np.ndarray, store: Store | None = None, few: int = 0) -> ZoomShapes:
    return zoom_shapes(polygons, name="townships", digest="a" * 64, store=store, few=few)


def points(polygons: np.ndarray) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


def test_coarse_zooms_have_fewer_points_and_no_gaps(polygons: np.ndarray) -> None:
    shapes = made(polygons)
    counts = [points(level.polygons) for level in shapes.levels]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] / 3
    assert [level.last_zoom for level in shapes.levels] == [*sorted(SIMPLIFIED), LAST_ZOOM]
    for level in shapes.levels:
        assert shapely.coverage_is_valid(level.polygons)
        whole = shapely.union_all(level.polygons)
        assert whole.area == pytest.approx(shapely.area(level.polygons).sum(), rel=1e-9)
        assert len(level.polygons) == len(polygons)


def test_simplified_outlines_are_close(polygons: np.ndarray) -> None:
    shapes = made(polygons)
    for level in shapes.levels[:-1]:
        apart = shapely.hausdorff_distance(level.polygons, polygons).max()
        # The tolerance is the root of an area: a thin corner may be longer than it is wide.
        assert apart < 12 * PIXELS * pixel_metres(level.last_zoom)


def test_few_points_are_drawn_as_they_are(polygons: np.ndarray) -> None:
    shapes = made(polygons, few=points(polygons))
    assert len(shapes.levels) == 1
    assert shapes.level(0).polygons is polygons


@pytest.mark.parametrize(("zoom", "last"), [(0, 2), (2, 2), (3, 4), (6, 6), (7, 14), (14, 14)])
def test_a_zoom_has_its_level(polygons: np.ndarray, zoom: int, last: int) -> None:
    assert made(polygons).level(zoom).last_zoom == last


def test_what_is_kept_is_what_was_made(
    polygons: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(polygons, Store.checked(tmp_path / "cache"))
    monkeypatch.setattr(shapely, "coverage_simplify", lambda *_: pytest.fail("made again"))
    store = Store.checked(tmp_path / "cache")
    again = made(polygons, store)
    assert len(store.found[KIND]) == len(SIMPLIFIED)
    for one, other in zip(first.levels, again.levels, strict=True):
        assert shapely.equals(one.polygons, other.polygons).all()


def test_what_geos_cannot_simplify_is_drawn_as_it_is(
    polygons: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise shapely.GEOSException("TopologyException")

    monkeypatch.setattr(shapely, "coverage_simplify", refuse)
    shapes = made(polygons)
    assert all(shapely.equals(level.polygons, polygons).all() for level in shapes.levels)


def test_other_polygons_are_made_again(polygons: np.ndarray, tmp_path: Path) -> None:
    store = Store.checked(tmp_path / "cache")
    zoom_shapes(polygons, name="townships", digest="a" * 64, store=store, few=0)
    zoom_shapes(polygons, name="townships", digest="b" * 64, store=store, few=0)
    assert len(store.used[KIND]) == 2 * len(SIMPLIFIED)


def test_a_cache_that_cannot_be_written_is_done_without(
    polygons: np.ndarray, tmp_path: Path
) -> None:
    store = Store.checked(tmp_path / "cache")
    (tmp_path / "cache" / KIND).write_text("a file in the way", encoding="utf-8")
    assert len(made(polygons, store).levels) == len(SIMPLIFIED) + 1


def test_a_tile_holds_what_lies_in_it_under_its_place(polygons: np.ndarray) -> None:
    shapes = made(polygons)
    box = TileBox(6, 49, 26)
    (layer,) = layers(shapes.tile(box))
    near = shapely.box(*box.bounds)
    inside = {place + 1 for place, one in enumerate(polygons) if shapely.intersects(one, near)}
    found = {feature.id for feature in layer.features}
    assert inside <= found
    assert (layer.name, layer.version, layer.extent) == ("townships", 2, 4096)
    assert shapes.tile(TileBox(6, 0, 0)) == b""
