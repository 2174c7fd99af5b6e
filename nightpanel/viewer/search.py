"""Search among the places of the map by name or by code."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nightpanel.viewer.map_layer import MapLayer

MOST = 20
"""Places that are listed."""
LONGEST = 60
"""Letters of a question that count."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city or township that was found."""

    layer: str
    """``cities`` or ``townships``."""
    id: str
    """Its id."""
    name: str
    """Its name."""
    city: str
    """Id of its city."""
    box: tuple[float, ...]
    """West, south, east and north, degrees."""


def find_places(layers: Sequence[MapLayer], question: str) -> list[Place]:
    """Places whose code or name holds what is asked, the closest first.

    Parameters
    ----------
    layers : sequence of MapLayer
        Places of a layer go before those of a later one that fit as well.
    question : str
        Part of a name or code; accents and capitals do not matter.

    Returns
    -------
    list of Place
        At most `MOST`.
    """
    wanted = folded(question[:LONGEST])
    if not wanted:
        return []
    found = (
        (*fit, place, layer, index)
        for place, layer in enumerate(layers)
        for fit, index in _fits(layer, wanted)
    )
    ordered = sorted(found, key=lambda one: (one[0], one[2], one[1], one[4]))
    return [_place(layer, index) for _, _, _, layer, index in ordered[:MOST]]


def folded(text: str) -> str:
    """A text without what people leave out when they type: accents, capitals, outer spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold().strip()


def _fits(layer: MapLayer, wanted: str) -> Iterator[tuple[tuple[int, int], int]]:
    """How well places fit (0 is best) and the length of their names, with their places."""
    for index, (code, name) in enumerate(zip(layer.ids, layer.names, strict=True)):
        plain = folded(name)
        if wanted in {plain, code.casefold()}:
            yield (0, len(name)), index
        elif plain.startswith(wanted) or code.casefold().startswith(wanted):
            yield (1, len(name)), index
        elif wanted in plain:
            yield (2, len(name)), index


def _place(layer: MapLayer, index: int) -> Place:
    return Place(
        layer=layer.name,
        id=layer.ids[index],
        name=layer.names[index],
        city=layer.cities[index],
        box=tuple(float(edge) for edge in layer.boxes[index]),
    )
