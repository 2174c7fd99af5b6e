"""What the controls do to treatment and outcome: ``m(x)`` and ``g(x)``, linear or not.

Both are sums of the same parts with different weights, so that a control that is not adjusted for
biases, and neither function is a multiple of the other::

    linear      m = .065 (.55 x1 + .45 x2 + .45 x3 - .35 x4 + .15 x5)
                g = .040 (.60 x1 + .25 x2 + .55 x3 - .15 x4 - .45 x5)
    nonlinear   m = .042 (.70 S + .75 I + .25 U + .10 x4)
                g = .028 (.45 S + .40 I + .75 U - .40 tanh x5)

with steps ``S = 1[x1 > .3] - 1[x2 < -.3]``, interactions ``I = tanh(x1 x2) + x4 1[x5 > 0]`` and a
U ``U = min((x3 + .4)^2, 4) - .9``, whose lowest point is not in the middle.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from estimation.processes.noise import Floats
from estimation.processes.spec import Shape

SCALES: Mapping[Shape, tuple[float, float]] = MappingProxyType(
    {"linear": (0.065, 0.040), "nonlinear": (0.042, 0.028)}
)
"""Those of ``m`` (UIL points) and ``g`` (Gini points): either shape explains about a third of what
varies in the treatment within cities and years."""


def confounding(shape: Shape, x: Sequence[Floats]) -> tuple[Floats, Floats]:
    """``m(x)`` and ``g(x)`` of every city-year.

    Parameters
    ----------
    shape : {'linear', 'nonlinear'}
    x : sequence of five float arrays of one shape

    Returns
    -------
    (m, g)
        In UIL points and Gini points, of the shape of ``x``.
    """
    treatment, outcome = (_linear if shape == "linear" else _nonlinear)(*x)
    of_treatment, of_outcome = SCALES[shape]
    return of_treatment * treatment, of_outcome * outcome


def _linear(x1: Floats, x2: Floats, x3: Floats, x4: Floats, x5: Floats) -> tuple[Floats, Floats]:
    return (
        0.55 * x1 + 0.45 * x2 + 0.45 * x3 - 0.35 * x4 + 0.15 * x5,
        0.60 * x1 + 0.25 * x2 + 0.55 * x3 - 0.15 * x4 - 0.45 * x5,
    )


def _nonlinear(x1: Floats, x2: Floats, x3: Floats, x4: Floats, x5: Floats) -> tuple[Floats, Floats]:
    steps = (x1 > 0.3).astype(np.float64) - (x2 < -0.3).astype(np.float64)
    products = np.tanh(x1 * x2) + x4 * (x5 > 0.0)
    bend = np.minimum((x3 + 0.4) ** 2, 4.0) - 0.9
    return (
        0.70 * steps + 0.75 * products + 0.25 * bend + 0.10 * x4,
        0.45 * steps + 0.40 * products + 0.75 * bend - 0.40 * np.tanh(x5),
    )
