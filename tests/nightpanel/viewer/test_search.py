"""Search by name or code."""

from dataclasses import replace

import pytest

from nightpanel.viewer.map_layer import MapLayer
from nightpanel.viewer.search import LONGEST, MOST, find_places, folded
from nightpanel.viewer.shown_folder import ShownFolder

NAMES = ("Jiēdào of Čakovec", "青山街道", "<script>alert(1)</script>", "Čakovec")


@pytest.fixture
def named(shown: ShownFolder) -> list[MapLayer]:
    townships = shown.layers["townships"]
    names = (*NAMES, *townships.names[len(NAMES) :])
    return [shown.layers["cities"], replace(townships, names=names)]


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("jiedao of", 0),
        ("JIĒDÀO OF ČAKOVEC", 0),
        ("青山街", 1),
        ("  <script>", 2),
        ("cakovec", 3),
    ],
)
def test_places_are_found_by_name(named: list[MapLayer], question: str, place: int) -> None:
    assert find_places(named, question)[0].id == named[1].ids[place]


def test_places_are_found_by_code_the_closest_first(named: list[MapLayer]) -> None:
    city = named[0].ids[2]
    found = find_places(named, city)
    assert (found[0].layer, found[0].id) == ("cities", city)
    assert all(one.id.startswith(city) for one in found)
    assert len(found) == MOST
    unit = named[1].ids[7]
    (only,) = find_places(named, unit)
    assert (only.id, only.city) == (unit, named[1].cities[7])
    assert only.box == tuple(named[1].boxes[7])


@pytest.mark.parametrize("question", ["", "   ", "no such place", "%", "\0", "x" * 10_000])
def test_nothing_is_found(named: list[MapLayer], question: str) -> None:
    assert find_places(named, question) == []


def test_only_the_first_letters_count(named: list[MapLayer]) -> None:
    assert find_places(named, named[1].ids[0] + " " * LONGEST + "x")[0].id == named[1].ids[0]
    assert folded("ÀÉ ") == "ae"
