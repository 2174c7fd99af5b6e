"""Paths as the array that the loop reads, after what only parameters and paths together show."""

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths
from geo.errors import StructuralError


def given_of(parameters: Parameters, paths: Paths) -> Floats:
    """Logs of xi_m and xi_s, the ramp, s and s_H, shape (T, 5).

    Raises
    ------
    StructuralError
        Infrastructure takes more than there is to invest (if it is part of investment), or leaves
        nothing to consume.
    """
    check_rates(paths, inside=parameters.infrastructure_inside)
    return given_array(paths)


def given_array(paths: Paths) -> Floats:
    """The array without the check."""
    return np.stack(
        [np.log(paths.xi_m), np.log(paths.xi_s), paths.ramp, paths.s, paths.s_H], axis=1
    )


def check_rates(paths: Paths, *, inside: bool) -> None:
    """Refuse rates of infrastructure and investment that do not go together."""
    over = paths.s_H > paths.s if inside else paths.s + paths.s_H >= 1.0
    if not over.any():
        return
    t = int(np.flatnonzero(over)[0])
    raise StructuralError(
        f"s_H, period {t + 1}",
        expected="at most the rate of investment s" if inside else "s + s_H below 1",
        found=f"s_H = {paths.s_H[t]:g} and s = {paths.s[t]:g}",
        hint="lower s_H, or do not count infrastructure inside investment"
        if inside
        else "lower s_H or s",
    )
