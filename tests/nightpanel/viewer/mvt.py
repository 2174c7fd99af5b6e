"""A naive reader of vector tiles, byte by byte, from the specification alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Feature:
    """A polygon of a tile: rings of points without the closing one."""

    id: int = 0
    kind: int = 0
    rings: list[list[tuple[int, int]]] = field(default_factory=list)


@dataclass
class Layer:
    """A layer of a tile."""

    name: str = ""
    version: int = 0
    extent: int = 0
    features: list[Feature] = field(default_factory=list)


def layers(tile: bytes) -> list[Layer]:
    """All layers of a tile."""
    return [_layer(content) for number, content in _fields(tile) if number == 3]


def area(ring: list[tuple[int, int]]) -> float:
    """By the surveyor's formula, rows counted from the top."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def _layer(content: bytes) -> Layer:
    made = Layer()
    for number, value in _fields(content):
        if number == 1:
            made.name = value.decode()
        elif number == 2:
            made.features.append(_feature(value))
        elif number == 5:
            made.extent = value
        elif number == 15:
            made.version = value
    return made


def _feature(content: bytes) -> Feature:
    made = Feature()
    for number, value in _fields(content):
        if number == 1:
            made.id = value
        elif number == 3:
            made.kind = value
        elif number == 4:
            made.rings = _rings(_numbers(value))
    return made


def _rings(numbers: list[int]) -> list[list[tuple[int, int]]]:
    rings: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            continue
        if command == 1:
            rings.append([])
        for _ in range(count):
            x += (numbers[at] >> 1) ^ -(numbers[at] & 1)
            y += (numbers[at + 1] >> 1) ^ -(numbers[at + 1] & 1)
            rings[-1].append((x, y))
            at += 2
    return rings


def _numbers(content: bytes) -> list[int]:
    found, at = [], 0
    while at < len(content):
        number, at = _varint(content, at)
        found.append(number)
    return found


def _fields(content: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        value, at = _varint(content, at)
        if key & 7 == 2:
            yield key >> 3, content[at : at + value]
            at += value
        else:
            yield key >> 3, value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = content[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
