"""Maps: planes, paths, classes, scales, and what lies in the pixels."""

import io
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from PIL import Image
from pyproj import Geod

from nightpanel.exports.class_breaks import class_breaks
from nightpanel.paper_figures.choropleth import (
    Classes,
    draw_classes,
    draw_map,
    end_decimals,
    end_text,
    round_length,
    values_of,
)
from nightpanel.paper_figures.drawn import Material
from nightpanel.paper_figures.gini_map import gini_maps
from nightpanel.paper_figures.light_map import light_maps
from nightpanel.paper_figures.map_shapes import equal_area, map_shapes, outline
from nightpanel.paper_figures.style import NO_DATA

RED, BLUE = "#ff0000", "#0000ff"
TWO = Classes(((0.0, 1.0), (1.0, 2.0)), (RED, BLUE))


def shapes_of(*geometries: shapely.Geometry, crs: str | None = "EPSG:4326") -> gpd.GeoDataFrame:
    ids = [f"{number}" for number in range(len(geometries))]
    return gpd.GeoDataFrame({"unit_id": ids}, geometry=list(geometries), crs=crs)


def test_areas_are_kept_up_to_one_factor():
    """The same box of degrees in the south and in the north, against geodesic areas."""
    table = shapes_of(shapely.box(100, 20, 101, 21), shapely.box(100, 50, 101, 51))
    dense = table.assign(geometry=table.geometry.segmentize(0.02))
    drawn = shapely.area(map_shapes(dense, "unit_id").geometries)
    true = [abs(Geod(ellps="WGS84").geometry_area_perimeter(one)[0]) for one in dense.geometry]
    assert drawn / drawn[0] == pytest.approx(np.array(true) / true[0], rel=2e-3)
    assert drawn[0] == pytest.approx(true[0], rel=2e-3)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((73, 18, 135, 54), "Albers equal-area conic, standard parallels 24.0°N and 48.0°N"),
        ((140, -40, 150, -10), "Albers equal-area conic, standard parallels 35.0°S and 15.0°S"),
        ((10, -5, 40, 15), "Lambert azimuthal equal-area at 5.0°N, 25.0°E"),
        ((-170, -50, 170, 70), "Equal Earth"),
        ((100, 30, 100.01, 30.01), "Albers equal-area conic, standard parallel 30.0°N"),
    ],
)
def test_the_plane_suits_where_the_shapes_are(box: tuple[float, ...], words: str):
    plane, said = equal_area(shapes_of(shapely.box(*box)))
    assert said == words
    assert plane.is_projected


def test_shapes_without_a_crs_are_drawn_as_they_are():
    found = map_shapes(shapes_of(shapely.box(0, 0, 2, 1), crs=None), "unit_id")
    assert not found.metres
    assert found.projection == ""
    assert shapely.area(found.geometries) == pytest.approx([2.0])


def test_empty_shapes_are_left_out_and_the_smallest_one_stays():
    tiny = shapely.box(5, 30, 5.00001, 30.00001)
    table = shapes_of(shapely.box(0, 30, 10, 40), shapely.Polygon(), tiny)
    found = map_shapes(table, "unit_id")
    assert found.ids == ("0", "2")
    assert (shapely.area(found.geometries) > 0).all()


def test_what_print_cannot_show_goes():
    angle = np.linspace(0, 2 * np.pi, 200_001)[:-1]
    round_one = shapely.Polygon(np.column_stack([np.cos(angle), 40 + np.sin(angle)]))
    found = map_shapes(shapes_of(round_one), "unit_id")
    assert shapely.get_num_coordinates(found.geometries[0]) < 2000


def test_a_path_has_every_ring_closed():
    holed = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    path = outline(np.array([holed, shapely.box(5, 5, 6, 6)], dtype=object))
    assert path.codes is not None
    assert path.codes.tolist() == [1, 2, 2, 2, 79] * 3
    assert len(outline(np.array([], dtype=object)).vertices) == 0


@pytest.mark.parametrize("turned", [False, True])
def test_pixels_have_the_colours_of_their_classes_and_holes_are_empty(*, turned: bool):
    left = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 3, 3)
    left = shapely.reverse(left) if turned else left
    table = shapes_of(left, shapely.box(4, 0, 8, 4), shapely.box(8, 0, 12, 4), crs=None)
    shapes = map_shapes(table, "unit_id")
    figure = Figure(figsize=(3, 1), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    draw_map(axes, shapes, np.array([0.5, 2.0, np.nan]), TWO)
    with io.BytesIO() as stream:
        figure.savefig(stream, format="png", dpi=100)
        pixels = np.asarray(Image.open(stream).convert("RGB"))
    height, width = pixels.shape[:2]

    def at(x: float, y: float) -> tuple[float, ...]:
        column, row = axes.transData.transform((x, y))
        return tuple((pixels[height - 1 - int(row), min(int(column), width - 1)] / 255).tolist())

    assert at(0.5, 0.5) == to_rgb(RED)
    assert at(2.0, 2.0) == (1.0, 1.0, 1.0)  # the hole
    assert at(6.0, 2.0) == to_rgb(BLUE)
    assert at(10.0, 2.0) == pytest.approx(to_rgb(NO_DATA), abs=0.01)


def test_each_value_is_in_its_class():
    values = np.array([0.0, 0.5, 1.0, 1.5, 2.0, np.nan, np.inf])
    assert TWO.of(values).tolist() == [0, 0, 0, 1, 1, -1, -1]
    with_zeros = Classes(((0.0, 0.0), (0.0, 1.0)), (RED, BLUE))
    assert with_zeros.of(np.array([0.0, 1e-9, 1.0])).tolist() == [0, 1, 1]


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40), st.integers(1, 7))
def test_each_class_holds_its_values(values: list[float], number: int):
    """Against a search one by one, with the classes of maps."""
    ends = class_breaks(np.array(values), number)
    found = Classes(ends, (RED,) * len(ends)).of(np.array(values))
    for value, place in zip(values, found, strict=True):
        first = next(k for k, (low, high) in enumerate(ends) if low <= value <= high)
        assert place == first


def test_values_follow_the_ids_of_the_shapes():
    found = values_of(("b", "a", "c"), {"a": 1.0, "b": 2.0, "x": 9.0})
    assert found[:2].tolist() == [2.0, 1.0]
    assert np.isnan(found[2])


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ([0.0, 0.42, 0.7, 112.7], ["0.00", "0.42", "0.70", "113"]),
        ([0.2, 0.307, 0.39], ["0.200", "0.307", "0.390"]),
        ([10.0, 250.0, 4000.0], ["10", "250", "4000"]),
    ],
)
def test_ends_of_classes_are_printed_so_that_they_differ(ends: list[float], texts: list[str]):
    pairs = tuple(pairwise(ends))
    places = end_decimals(Classes(pairs, (RED,) * len(pairs)))
    assert [end_text(end, places) for end in ends] == texts


@given(st.floats(1e-3, 1e9))
def test_a_scale_is_of_round_length(wanted: float):
    length = round_length(wanted)
    assert wanted / 2.51 <= length <= wanted * 1.00001
    assert f"{length:.0e}"[0] in "125"


def test_a_bar_of_classes_names_zeros_and_what_is_not_known():
    axes = Figure().add_subplot()
    classes = Classes(((0.0, 0.0), (0.0, 1.5), (1.5, 3.0)), (BLUE, RED, BLUE))
    draw_classes(axes, classes, title="Light", no_data=True)
    assert [text.get_text() for text in axes.texts] == ["0", ">0", "1.5", "3.0", "no data", "Light"]
    assert len(axes.patches) == 4


def test_a_map_of_nothing_known_is_drawn():
    axes = Figure().add_subplot()
    draw_classes(axes, Classes((), ()), title="Light", no_data=True)
    assert [text.get_text() for text in axes.texts] == ["no data", "Light"]


def test_maps_show_the_first_and_the_last_year(material: Material):
    for draw in (light_maps, gini_maps):
        drawing = draw(material)
        assert isinstance(drawing, tuple)
        (one,) = drawing
        titles = [axes.get_title(loc="left") for axes in one.figure.axes]
        assert titles[:2] == ["a  2019", "b  2021"]
        assert "2019 and 2021" in one.caption


def test_units_without_light_have_their_own_class(material: Material):
    drawing = light_maps(material)
    assert isinstance(drawing, tuple)
    texts = [text.get_text() for text in drawing[0].figure.axes[-1].texts]
    assert texts[:2] == ["0", ">0"]
    assert texts[-1] == "Mean light [DN]"
    assert "no data" not in texts
    assert "units without light have a class of their own" in drawing[0].caption
    units = material.folder.units
    assert units is not None
    lit = replace(material.folder, units=units.assign(mean=units["mean"] + 1.0))
    drawing = light_maps(replace(material, folder=lit))
    assert isinstance(drawing, tuple)
    assert "without light" not in drawing[0].caption


def test_light_that_nobody_knows_and_polygons_without_extent(material: Material):
    units = material.folder.units
    assert units is not None
    unknown = replace(material.folder, units=units.assign(mean=np.nan))
    drawing = light_maps(replace(material, folder=unknown))
    assert isinstance(drawing, tuple)
    assert drawing[0].figure.axes[-1].texts[0].get_text() == "no data"
    drawing[0].figure.draw_without_rendering()


def test_darkness_everywhere_is_one_class(material: Material):
    units = material.folder.units
    assert units is not None
    dark = replace(material.folder, units=units.assign(mean=0.0))
    drawing = light_maps(replace(material, folder=dark))
    assert isinstance(drawing, tuple)
    texts = [text.get_text() for text in drawing[0].figure.axes[-1].texts]
    assert texts == ["0", "Mean light [DN]"]
    assert drawing[0].figure.axes[-1].patches[0].get_facecolor() == to_rgba("#000004")
