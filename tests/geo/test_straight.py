"""Lines that surely stay straight do, and short lines nearly all are."""

import numpy as np
import pytest
from pyproj import CRS, Transformer

from geo import _straight
from geo._straight import surely_straight

LONLAT = CRS("EPSG:4326")
ALBERS = CRS("+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84")
# Lobes of one projection are cut from those of the next, or meet them in a kink.
HOMOLOSINE = CRS("+proj=igh +datum=WGS84")
PACIFIC = CRS("+proj=laea +lat_0=0 +lon_0=180 +datum=WGS84")
POLE = CRS("+proj=stere +lat_0=90 +datum=WGS84")


def mover(source: CRS, target: CRS, cell: float):
    transformer = Transformer.from_crs(source, target, always_xy=True)

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])) / cell

    return move


def walk(low, high, step: float, n: int, seed: int) -> np.ndarray:
    """Vertices of many short lines that wander over a box."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n, 2)) * step * (np.array(high) - low)
    place = rng.uniform(size=2) * 2.0 + np.cumsum(steps / (np.array(high) - low), axis=0)
    # Walls send the walk back.
    return np.array(low) + np.abs((place % 2.0) - 1.0) * (np.array(high) - low)


def deviations(xy: np.ndarray, move, per_line: int = 9) -> np.ndarray:
    """How far the moved lines lie from the straight lines between their moved ends."""
    start, end = move(xy[:-1]), move(xy[1:])
    worst = np.zeros(len(start))
    for share in np.linspace(0.0, 1.0, per_line + 2)[1:-1]:
        moved = move(xy[:-1] + share * np.diff(xy, axis=0))
        away = moved - (start + share * (end - start))
        worst = np.fmax(worst, np.where(np.isfinite(away).all(axis=1), np.hypot(*away.T), np.inf))
    return worst


@pytest.mark.parametrize(
    ("source", "target", "low", "high", "cell"),
    [
        (LONLAT, ALBERS, (73, 2), (136, 54), 1000.0),
        (LONLAT, ALBERS, (100, 20), (110, 30), 100.0),
        (LONLAT, HOMOLOSINE, (-60, 30), (-20, 50), 2000.0),
        (LONLAT, HOMOLOSINE, (-110, -10), (-90, 10), 500.0),
        (PACIFIC, LONLAT, (-3e6, -3e6), (3e6, 3e6), 0.01),
        (POLE, LONLAT, (-1e6, -1e6), (1e6, 1e6), 0.05),
        (LONLAT, POLE, (-180, 60), (180, 90), 5000.0),
    ],
)
@pytest.mark.parametrize("step", [1e-3, 3e-3])
def test_sure_lines_stay_straight(source, target, low, high, cell, step, monkeypatch):
    monkeypatch.setattr(_straight, "LINES_PER_NODE", 1)
    xy = walk(low, high, step, 60_000, seed=1)
    move = mover(source, target, cell)
    sure = surely_straight(xy, move, within=0.08)
    assert (deviations(xy, move)[sure] <= 0.08).all()
    assert sure.any() or step > 1e-3


@pytest.mark.parametrize(("cell", "share"), [(500.0, 0.9), (2000.0, 0.99)])
def test_short_lines_are_sure(cell, share):
    xy = walk((100, 20), (120, 40), 3e-4, 40_000, seed=2)
    assert surely_straight(xy, mover(LONLAT, ALBERS, cell), within=0.08).mean() > share


def test_lines_across_a_jump_are_not_sure():
    xy = np.column_stack([np.tile([-1.0, 1.0], 10_000), np.linspace(-1e6, 1e6, 20_000)])
    assert not surely_straight(xy, mover(PACIFIC, LONLAT, 0.01), within=0.08).any()


def test_a_lattice_finds_affine_maps_flat_and_places_without_image_not():
    xy = walk((0, 0), (1, 1), 1e-3, 20_000, seed=3)
    assert surely_straight(xy, lambda p: p @ [[2.0, 1.0], [0.5, 3.0]], within=1e-6).all()
    nowhere = surely_straight(xy, lambda p: np.where(p[:, :1] > 0.5, np.inf, p), within=1e-6)
    assert not nowhere[xy[:-1, 0] > 0.55].any()
    assert nowhere[(xy[:-1, 0] < 0.45) & (xy[1:, 0] < 0.45)].all()


def test_vertices_on_one_line_or_in_one_place():
    place = np.tile([5.0, 7.0], (20_000, 1))
    assert surely_straight(place, lambda p: p**2, within=0.1).all()
    level = np.column_stack([np.linspace(0, 1, 20_000), np.full(20_000, 7.0)])
    assert surely_straight(level, lambda p: p**2, within=0.1).all()


def test_few_lines_are_not_looked_at():
    xy = np.random.default_rng(4).uniform(size=(_straight.FEWEST_LINES, 2))
    assert not surely_straight(xy, lambda p: p, within=1.0).any()
    assert surely_straight(xy[:0], lambda p: p, within=1.0).tolist() == []
