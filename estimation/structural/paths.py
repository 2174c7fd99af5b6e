"""Exogenous paths: wage gaps, the ramp of AI's effect, rates of investment."""

# ruff: noqa: N815 - the model's names

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from estimation.samples.sample import Floats
from estimation.structural.domain import between, positive
from geo.errors import StructuralError


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """What is given in each of T periods; the paper's first is 1990.

    Raises
    ------
    StructuralError
        A path is empty, of another length than the rest, or has a value outside its domain.
    """

    xi_m: Floats
    """Wage in producer services over that in manufacturing, positive, shape (T,)."""
    xi_s: Floats
    """Wage in producer services over that in consumer services, positive, shape (T,)."""
    ramp: Floats
    """Share of each power of AI that is at work, in [0, 1], shape (T,)."""
    s: Floats
    """Rate of investment, a share of income in (0, 1), shape (T,)."""
    s_H: Floats
    """Rate of new infrastructure, a share of income in [0, 1), shape (T,)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _series(field.name, getattr(self, field.name)))
        for name in ("xi_m", "xi_s"):
            positive(name, getattr(self, name))
        between("ramp", self.ramp, closed=True)
        between("s", self.s)
        between("s_H", self.s_H, closed=True)
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) > 1:
            raise StructuralError(
                "paths",
                expected="one length for all",
                found=", ".join(f"{name} {length}" for name, length in lengths.items()),
                hint="extend the shorter ones",
            )

    @property
    def periods(self) -> int:
        """T."""
        return len(self.xi_m)


def paths(
    periods: int = 60,
    *,
    xi_m: ArrayLike = 1.0,
    xi_s: ArrayLike = 1.0,
    ramp: ArrayLike | None = None,
    s: ArrayLike = 0.40,
    s_H: ArrayLike = 0.01,
) -> Paths:
    """Paths of a length from numbers or shorter paths, each constant after its last value.

    Parameters
    ----------
    periods : int
        T.
    xi_m, xi_s, s, s_H : float or float array, shape (up to T,)
        As in :class:`Paths`.
    ramp : float array, shape (up to T,), optional
        :func:`gamma_ramp` unless given.
    """
    given = {"xi_m": xi_m, "xi_s": xi_s, "s": s, "s_H": s_H}
    given["ramp"] = gamma_ramp(periods) if ramp is None else ramp
    return Paths(**{name: extend(values, periods) for name, values in given.items()})


def gamma_ramp(T: int, start: int = 20, length: int = 11) -> Floats:
    """Share of AI's powers at work: 0 through period ``start``, then linearly to 1, shape (T,).

    Period t has ``clip((t - start) / length, 0, 1)``. With the defaults 0 through period 20, 1/11
    in period 21 and 1 from period 31: what the paper's published results need.
    """
    if T < 1 or length < 1:
        raise StructuralError(
            "ramp",
            expected="a length of one period or more",
            found=f"{T} periods, a ramp of {length}",
            hint="give positive whole numbers",
        )
    return np.asarray(np.clip((np.arange(1, T + 1) - start) / length, 0.0, 1.0), dtype=np.float64)


def extend(values: ArrayLike, T: int) -> Floats:
    """Values carried on with the last one to T periods, cut off if there are more, shape (T,)."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1 or array.size == 0 or T < 1:
        raise StructuralError(
            "path",
            expected="at least one value, and one period or more",
            found=f"{array.size} values of {array.ndim} dimensions for {T} periods",
            hint="give a list of numbers",
        )
    return np.concatenate([array, np.full(max(0, T - array.size), array[-1])])[:T]


def reform(
    path: Paths,
    sector: Literal["m", "s"],
    from_period: int = 29,
    to_period: int = 60,
) -> Paths:
    """One wage gap taken linearly from its value in ``from_period`` to 1 in ``to_period``.

    Raises
    ------
    StructuralError
        The sector is not ``m`` or ``s``, or the periods are not in order or begin after the path.
    """
    if sector not in ("m", "s"):
        raise StructuralError(
            "sector",
            expected="m or s",
            found=repr(sector),
            hint="the wage of producer services is the numeraire",
        )
    if not 1 <= from_period < to_period or from_period > path.periods:
        raise StructuralError(
            "reform",
            expected=f"periods in order, the first within {path.periods}",
            found=f"{from_period} to {to_period}",
            hint="correct the periods",
        )
    name = f"xi_{sector}"
    xi = np.array(getattr(path, name))
    times = np.arange(1, path.periods + 1)
    done = np.clip((times - from_period) / (to_period - from_period), 0.0, 1.0)
    start = xi[from_period - 1]
    return replace(path, **{name: np.where(times > from_period, start + done * (1 - start), xi)})


def _series(name: str, values: Sequence[float] | Floats) -> Floats:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty((0, 0))
    if array.ndim != 1 or array.size == 0:
        raise StructuralError(
            name, expected="a list of numbers", found=repr(values), hint="give one a period"
        )
    array.flags.writeable = False
    return array
