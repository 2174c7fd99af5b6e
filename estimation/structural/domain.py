"""Checks that the objects of the structural model share: numbers inside their domains."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimation.samples.sample import Floats
from geo.errors import StructuralError


def positive(name: str, values: ArrayLike, *, zero: bool = False) -> None:
    """Refuse values that are not finite and positive (or, with ``zero``, not negative)."""
    array = _numbers(name, values)
    good = np.isfinite(array) & ((array >= 0.0) if zero else (array > 0.0))
    _refuse(name, array, good, "numbers of zero or more" if zero else "positive numbers")


def between(name: str, values: ArrayLike, *, closed: bool = False) -> None:
    """Refuse values outside (0, 1), with ``closed`` outside [0, 1]."""
    array = _numbers(name, values)
    inside = (array >= 0.0) & (array <= 1.0) if closed else (array > 0.0) & (array < 1.0)
    wanted = "shares from 0 to 1" if closed else "shares between 0 and 1, ends excluded"
    _refuse(name, array, inside, wanted)


def finite(name: str, values: ArrayLike) -> None:
    """Refuse values that are not finite."""
    array = _numbers(name, values)
    _refuse(name, array, np.isfinite(array), "finite numbers")


def three(name: str, values: object) -> tuple[float, float, float]:
    """Three numbers as a tuple of floats.

    Raises
    ------
    StructuralError
        There are not three, or one is no number.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.shape != (3,):
        raise StructuralError(
            name,
            expected="three numbers",
            found=repr(values),
            hint="give one for each of the three, in the order of the documentation",
        )
    return float(array[0]), float(array[1]), float(array[2])


def _numbers(name: str, values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StructuralError(
            name, expected="numbers", found=repr(values), hint="correct the value"
        ) from error


def _refuse(name: str, array: Floats, good: NDArray[np.bool_], expected: str) -> None:
    if good.all():
        return
    place = int(np.flatnonzero(~np.atleast_1d(good))[0])
    value = float(np.atleast_1d(array).ravel()[place])
    at = "" if array.size == 1 else f" at place {place + 1} of {array.size}"
    raise StructuralError(name, expected=expected, found=f"{value:g}{at}", hint="correct the value")
