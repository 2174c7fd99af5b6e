"""Colours are told apart by the colour-blind: simulated, and measured as the eye sees them."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from nightpanel.exports.qgis_style import INEQUALITY, LIGHT
from nightpanel.paper_figures import gini_map, gini_years, light_map, lorenz_curves
from nightpanel.paper_figures.style import FAITHFUL, OTHER, RECOMMENDED, VARIANT_LOOKS, look, ramp

Floats = NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), table 1: severity 1.0, on linear RGB.
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
EYES = {"ordinary": np.eye(3), "protanopia": PROTANOPIA, "deuteranopia": DEUTERANOPIA}
APART = 10.0
"""Distance in CIELAB (1976) of colours that are told apart at a glance; 2.3 is just noticed."""


def seen(colour: str, eye: str) -> Floats:
    """A colour in CIELAB as an eye sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(EYES[eye] @ linear, 0.0, 1.0)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, eye: str) -> float:
    return float(np.linalg.norm(seen(one, eye) - seen(other, eye)))


def test_the_measure_knows_what_the_colour_blind_confuse():
    assert seen("#ffffff", "ordinary") == pytest.approx([100, 0, 0], abs=0.01)
    assert distance("#a05a2c", "#5c7a1e", "ordinary") > 40.0
    assert distance("#a05a2c", "#5c7a1e", "deuteranopia") < APART


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(
    ("colours", "number"),
    [(LIGHT, light_map.CLASSES), (LIGHT, light_map.CLASSES + 1), (INEQUALITY, gini_map.CLASSES)],
)
def test_neighbouring_classes_of_a_map_differ(colours, number: int, eye: str):
    classes = ramp(colours, number)
    assert all(distance(one, other, eye) > APART for one, other in pairwise(classes))
    lightness = np.diff([seen(one, eye)[0] for one in classes])
    assert (lightness > 0).all() or (lightness < 0).all()  # also on a printer without colours


@pytest.mark.parametrize("eye", EYES)
def test_what_stands_side_by_side_differs(eye: str):
    for together in (
        (FAITHFUL, RECOMMENDED, OTHER),
        [colour for colour, _ in lorenz_curves.LOOKS],
        [colour for colour, _ in gini_years.LOOKS],
        [look(name)[0] for name in ("callaway_santanna", "sun_abraham", "imputation")],
    ):
        for one, other in combinations(together, 2):
            assert distance(one, other, eye) > APART


def test_no_two_variants_of_a_design_look_the_same_without_colour():
    own = [name for name in VARIANT_LOOKS if name not in {"sun_abraham", "imputation"}]
    markers = [look(name)[1] for name in own if name != "callaway_santanna"]
    assert len(set(markers)) == len(markers)
    staggered = ("callaway_santanna", "sun_abraham", "imputation", "two_way_fixed_effects")
    assert len({look(name)[1] for name in staggered}) == len(staggered)


def test_a_ramp_begins_and_ends_with_its_own_colours():
    assert ramp(((0, 0, 0), (100, 200, 50)), 3) == ["#000000", "#326419", "#64c832"]
    assert ramp(((0, 0, 0), (100, 200, 50)), 1) == ["#64c832"]
    assert ramp(INEQUALITY, 0) == []
