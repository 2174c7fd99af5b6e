"""Outlines against the overlay, which is slow and needs nothing of the units."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import outlines as module
from geo.outlines import outlines

BOX = shapely.box
RING = BOX(0, 0, 4, 4) - BOX(1, 1, 2, 2)


def _one(*units: shapely.Geometry) -> shapely.Geometry:
    (outline,) = outlines(np.array(units, dtype=object), np.zeros(len(units), dtype=np.int64))
    return outline


@pytest.mark.parametrize(
    ("units", "wkt"),
    [
        ([BOX(0, 0, 1, 1), BOX(1, 0, 2, 1)], "POLYGON ((0 0, 0 1, 1 1, 2 1, 2 0, 1 0, 0 0))"),
        ([RING, BOX(1, 1, 2, 2)], "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))"),
        (
            [BOX(0, 0, 1, 1), BOX(2, 0, 3, 1)],
            "MULTIPOLYGON (((2 0, 2 1, 3 1, 3 0, 2 0)), ((0 0, 0 1, 1 1, 1 0, 0 0)))",
        ),
        (
            [shapely.MultiPolygon([BOX(0, 0, 1, 1), BOX(1, 1, 2, 2)]), BOX(1, 0, 2, 1)],
            "POLYGON ((0 0, 0 1, 1 1, 1 2, 2 2, 2 1, 2 0, 1 0, 0 0))",
        ),
    ],
)
def test_shared_edges_vanish(units: list[shapely.Geometry], wkt: str) -> None:
    assert _one(*units).wkt == wkt
    assert _one(*units[::-1]).wkt == wkt


@pytest.mark.parametrize(
    ("units", "area"),
    [
        pytest.param([BOX(0, 0, 2, 1), BOX(1, 0, 3, 1)], 3.0, id="overlap"),
        pytest.param([BOX(0, 0, 1, 1), BOX(0, 0, 1, 1)], 1.0, id="twice"),
        pytest.param([BOX(0, 0, 1, 1)] * 3, 1.0, id="three times"),
        pytest.param([BOX(0, 0, 4, 4), BOX(1, 1, 2, 2)], 16.0, id="inside"),
        pytest.param([BOX(0, 0, 2, 1), BOX(0, 0, 1, 1)], 2.0, id="inside along an edge"),
        pytest.param([BOX(0, 0, 2, 1), BOX(0, 1, 1, 2)], 3.0, id="half an edge"),
        pytest.param(
            [BOX(0, 0, 2, 1), shapely.Polygon([(0, 1), (1, 1 - 1e-9), (2, 1), (2, 2), (0, 2)])],
            4.0,
            id="overlap of a sliver",
        ),
    ],
)
def test_units_that_share_no_edges_are_overlaid(units: list[shapely.Geometry], area: float) -> None:
    outline = _one(*units)
    assert outline.is_valid
    assert outline.geom_type == "Polygon"
    assert len(outline.interiors) == 0
    assert outline.area == pytest.approx(area, rel=1e-15)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_outlines_are_the_overlay(seed: int, moved: bool) -> None:
    # Jittered lattice cells with crooked edges, a few of them moved out of place or missing.
    rng = np.random.default_rng(seed)
    units = _lattice(rng, n=4)
    groups = rng.permutation(np.resize(np.arange(3), len(units)))
    if moved:
        units[::5] = shapely.transform(units[::5], lambda xy: xy + rng.uniform(-0.3, 0.3, 2))
    cut = outlines(units, groups)
    for group, outline in enumerate(cut):
        overlay = shapely.normalize(shapely.union_all(units[groups == group]))
        assert shapely.equals_exact(outline, overlay, tolerance=1e-12)
    order = rng.permutation(len(units))
    again = outlines(units[order], groups[order], threads=1)
    if not moved:
        assert [a.wkb for a in again] == [b.wkb for b in cut]


def test_shared_edges_are_not_overlaid(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("overlaid")

    units = _lattice(np.random.default_rng(1), n=6)
    monkeypatch.setattr(module.shapely, "union_all", refuse)
    (outline,) = outlines(units, np.zeros(len(units), dtype=np.int64))
    assert outline.area == pytest.approx(shapely.area(units).sum(), rel=1e-12)
    assert len(outline.interiors) == 0


def test_a_union_that_lost_a_part_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shapely, "coverage_union_all", lambda units: units[0])
    assert _one(BOX(0, 0, 1, 1), BOX(1, 0, 2, 1)).area == pytest.approx(2.0, rel=1e-15)


def _lattice(rng: np.random.Generator, n: int) -> np.ndarray:
    """n x n cells with one crooked vertex on every edge, shared to the last bit."""
    node = np.stack(np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0)), -1)
    node += rng.uniform(-0.2, 0.2, node.shape)
    across = (node[:, :-1] + node[:, 1:]) / 2 + rng.uniform(-0.05, 0.05, (n + 1, n, 2))
    down = (node[:-1] + node[1:]) / 2 + rng.uniform(-0.05, 0.05, (n, n + 1, 2))
    cells = [
        shapely.Polygon(
            [
                node[i, j], across[i, j], node[i, j + 1], down[i, j + 1],
                node[i + 1, j + 1], across[i + 1, j], node[i + 1, j], down[i, j],
            ]
        )
        for i in range(n)
        for j in range(n)
    ]  # fmt: skip
    return np.array(cells, dtype=object)
