"""The made-up country's units: irregular polygons that share their edges to the last bit.

Cities are blocks of a jittered lattice. Inside each city the seeds of its units are spread by
Lloyd's iterations, one Voronoi diagram of all seeds gives the units, and every edge is crinkled
once by midpoint displacement, so that both of its sides read the same vertices. A displaced edge
stays inside the kite spanned by the edge and its two seeds. The kites of a Voronoi diagram do not
overlap, hence no two edges cross. Seeds outside the country close the diagram and draw the coast.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree, Voronoi

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLANE = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
LONGITUDE, LATITUDE = 107.5, 30.5
KM = 1000.0
CITY_SIDE = 46.0
"""Side of a city's block, km."""
MIN_UNITS, MAX_UNITS = 15, 40
MIN_UNIT_CELLS = 15.0
MEAN_UNIT_CELLS = 36.0
"""Least average area of a city's units, km2: keeps the smallest unit above ``MIN_UNIT_CELLS``."""
GHOST_SPACING = 7.0
"""Between the seeds outside the country, km."""
COAST_WAVE = 0.02
"""How far the country's sides swing in and out, as a share of their length."""
LLOYD_STEPS = 12
LEVELS = 3
"""Edges are halved this often: 2**3 straight pieces an edge."""
ROUGHNESS = 0.16
"""Largest first displacement as a share of the edge's length."""
KITE_SHARE = 0.8
"""How much of the kite of an edge its displaced path may use."""


@dataclass(frozen=True, slots=True)
class UnitLayout:
    """Where the made-up country's units are."""

    table: gpd.GeoDataFrame
    """Columns ``unit_id``, ``city_id``, ``name`` (text), ``geometry`` (Polygon, EPSG:4326), ordered
    by city and unit."""
    centres: Floats
    """Shape (n_units, 2): the units' seeds in the tiles' plane, km from the country's centre."""


def draw_units(city_ids: Sequence[str], *, seed: int) -> UnitLayout:
    """Draw 15 to 40 units for every city.

    Parameters
    ----------
    city_ids : sequence of str
        Distinct city codes; cities lie side by side in this order.
    seed : int
        The same seed gives the same vertices.

    Returns
    -------
    UnitLayout

    Raises
    ------
    RuntimeError
        If a unit came out open or smaller than 15 km2, which no seed is known to do.
    """
    rng = np.random.default_rng(np.random.SeedSequence([20110, seed, 1]))
    land, ghosts = _land(rng, n_cities=len(city_ids))
    city_of_land = _nearest(land, _city_sites(rng, n_cities=len(city_ids)))
    seeds, city = _unit_seeds(rng, land, city_of_land, n_cities=len(city_ids))
    polygons = _polygons(rng, seeds=seeds, ghosts=ghosts)
    rank = np.arange(city.size) - np.searchsorted(city, city)
    table = gpd.GeoDataFrame(
        {
            "unit_id": [f"{city_ids[i]}{101 + k:05d}" for i, k in zip(city, rank, strict=True)],
            "city_id": [city_ids[i] for i in city],
            "name": _names(rng, n=city.size),
        },
        geometry=polygons,
        crs="EPSG:4326",
    )
    return UnitLayout(table=table, centres=seeds)


def _side(n_cities: int) -> float:
    return CITY_SIDE * float(np.sqrt(n_cities))


def _land(rng: np.random.Generator, *, n_cities: int) -> tuple[Floats, Floats]:
    """Points of the country, one per km2, and seeds around it: a square with wavy sides."""
    side = _side(n_cities)
    swing = COAST_WAVE * side
    pad = 3 * GHOST_SPACING + swing
    phase = rng.uniform(0.0, 2 * np.pi, size=2)

    def inside(points: Floats) -> NDArray[np.bool_]:
        x, y = points.T
        wave = 2 * np.pi / side
        shifted_x = x + swing * np.sin(wave * y + phase[0])
        shifted_y = y + swing * np.sin(wave * x + phase[1])
        return np.asarray((abs(shifted_x) < side / 2) & (abs(shifted_y) < side / 2))

    def lattice(spacing: float) -> Floats:
        axis = np.arange(-side / 2 - pad, side / 2 + pad, spacing)
        points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        return points + rng.uniform(-0.2, 0.2, size=points.shape) * spacing

    points, around = lattice(1.0), lattice(GHOST_SPACING)
    return points[inside(points)], around[~inside(around)]


def _city_sites(rng: np.random.Generator, *, n_cities: int) -> Floats:
    """Jittered centres of blocks of equal area, in rows as even as the number allows."""
    side = _side(n_cities)
    n_rows = max(1, round(float(np.sqrt(n_cities))))
    counts = np.array([len(part) for part in np.array_split(np.arange(n_cities), n_rows)])
    tops = np.concatenate([[0.0], np.cumsum(counts)]) / n_cities
    sites = [
        (side * ((k + 0.5) / count - 0.5), side * ((tops[r] + tops[r + 1]) / 2 - 0.5))
        for r, count in enumerate(counts)
        for k in range(count)
    ]
    return np.asarray(sites) + rng.uniform(-0.12, 0.12, size=(n_cities, 2)) * CITY_SIDE


def _nearest(points: Floats, sites: Floats) -> Ints:
    return np.asarray(KDTree(sites).query(points)[1], dtype=np.int64)


def _unit_seeds(
    rng: np.random.Generator, land: Floats, city_of_land: Ints, *, n_cities: int
) -> tuple[Floats, Ints]:
    """Well-spread seeds of units, city by city, and the city of each."""
    seeds, city = [], []
    for i in range(n_cities):
        points = land[city_of_land == i]
        most = int(np.clip(len(points) // MEAN_UNIT_CELLS, MIN_UNITS, MAX_UNITS))
        n_units = int(rng.integers(MIN_UNITS, most + 1))
        spread = points[rng.choice(len(points), size=n_units, replace=False)]
        for _ in range(LLOYD_STEPS):
            owner = _nearest(points, spread)
            size = np.bincount(owner, minlength=n_units)[:, None]
            total = np.stack([np.bincount(owner, p, minlength=n_units) for p in points.T], axis=1)
            spread = np.where(size > 0, total / np.maximum(size, 1), spread)
        seeds.append(spread)
        city.append(np.full(n_units, i, dtype=np.int64))
    return np.concatenate(seeds), np.concatenate(city)


def _polygons(rng: np.random.Generator, *, seeds: Floats, ghosts: Floats) -> NDArray[np.object_]:
    """Crinkled Voronoi polygons of ``seeds`` in longitude and latitude."""
    points = np.concatenate([seeds, ghosts])
    diagram = Voronoi(points)
    ridges = np.asarray(diagram.ridge_points, dtype=np.int64)
    ends = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    real = (ridges < len(seeds)).any(axis=1)
    if (ends[real] < 0).any():
        raise RuntimeError("a unit of the made-up country is not closed by the seeds around it")
    ridges, ends = ridges[real], ends[real]
    paths = _crinkled(rng, diagram.vertices[ends], pairs=points[ridges])
    rings = _rings(paths, diagram.vertices[ends], ridges, seeds)
    smallest = min(shapely.area(shapely.polygons(ring)) for ring in rings)
    if smallest < MIN_UNIT_CELLS:
        raise RuntimeError(f"a unit of the made-up country has {smallest:.1f} km2, under 15")
    to_plane = pyproj.Transformer.from_crs("EPSG:4326", PLANE, always_xy=True)
    middle = np.array(to_plane.transform(LONGITUDE, LATITUDE))
    sizes = np.array([len(ring) for ring in rings])
    plane = np.concatenate(rings) * KM + middle
    lonlat = np.stack(to_plane.transform(plane[:, 0], plane[:, 1], direction="INVERSE"), axis=1)
    index = np.repeat(np.arange(len(rings)), sizes)
    return np.asarray(shapely.polygons(shapely.linearrings(lonlat, indices=index)))


def _crinkled(rng: np.random.Generator, edges: Floats, *, pairs: Floats) -> Floats:
    """Edges with displaced midpoints.

    Parameters
    ----------
    edges : array, shape (n, 2, 2)
        Both ends of every edge.
    pairs : array, shape (n, 2, 2)
        The two seeds it separates, mirror images of each other.

    Returns
    -------
    array, shape (n, 2**LEVELS + 1, 2)
        From first to second end; offsets are a function of the position along the edge, so that a
        path cannot meet itself.
    """
    start, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    length = np.hypot(along[:, 0], along[:, 1])
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    share = np.linspace(0.0, 1.0, 2**LEVELS + 1)
    # Where the seeds project onto the edge; beyond its ends the kite leans and gets flatter.
    foot = ((pairs[:, 0] - start) * along).sum(axis=1) / length**2
    lean = np.maximum(1.0, np.maximum(abs(foot), abs(1.0 - foot)))
    height = np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1) / 2
    bound = KITE_SHARE * (height / lean)[:, None] * np.minimum(share, 1.0 - share)[None, :]
    offset = np.zeros((len(edges), share.size))
    for level in range(LEVELS):
        step = 2 ** (LEVELS - level)
        middle = np.arange(step // 2, share.size, step)
        mean = (offset[:, middle - step // 2] + offset[:, middle + step // 2]) / 2
        noise = rng.uniform(-1.0, 1.0, size=mean.shape) * ROUGHNESS * 0.55**level
        offset[:, middle] = np.clip(
            mean + noise * length[:, None], -bound[:, middle], bound[:, middle]
        )
    paths = start[:, None, :] + share[None, :, None] * along[:, None, :]
    paths += offset[:, :, None] * normal[:, None, :]
    # Start plus difference is not the end to the last bit, and three paths meet in every end.
    paths[:, -1] = edges[:, 1]
    return np.asarray(paths)


def _rings(paths: Floats, edges: Floats, ridges: Ints, seeds: Floats) -> list[Floats]:
    """The closed ring of every seed: its paths in order of angle, each turned counter-clockwise."""
    sides: list[list[tuple[float, Floats]]] = [[] for _ in seeds]
    for path, (first, last), pair in zip(paths, edges, ridges, strict=True):
        for k in pair[pair < len(seeds)]:
            (ax, ay), (bx, by) = first - seeds[k], last - seeds[k]
            turned = path if ax * by - ay * bx > 0 else path[::-1]
            sides[k].append((float(np.arctan2(ay + by, ax + bx)), turned))
    rings = []
    for parts in sides:
        ordered = [part for _, part in sorted(parts, key=lambda side: side[0])]
        rings.append(np.concatenate([*(part[:-1] for part in ordered), ordered[0][:1]]))
    return rings


def _names(rng: np.random.Generator, *, n: int) -> list[str]:
    """Names in Chinese, in pinyin with tone marks and in plain letters, to exercise encodings."""
    parts = (
        [("青", "Qīng", "Qing"), ("白", "Bái", "Bai"), ("龙", "Lóng", "Long"), ("绿", "Lǜ", "Lv")],
        [
            ("山", "shān", "shan"),
            ("水", "shuǐ", "shui"),
            ("桥", "qiáo", "qiao"),
            ("沟", "gōu", "gou"),
        ],
        [("镇", " Zhèn", " zhen"), ("乡", " Xiāng", " xiang"), ("街道", " Jiēdào", " jiedao")],
    )
    script = rng.integers(0, 3, size=n)
    picks = [rng.integers(0, len(part), size=n) for part in parts]
    return [
        "".join(part[pick[k]][script[k]] for part, pick in zip(parts, picks, strict=True))
        for k in range(n)
    ]
