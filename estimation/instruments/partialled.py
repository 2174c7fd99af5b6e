"""Outcome, treatment and instruments with the controls taken out, rows scaled by their weights.

Least squares on what is left gives the slopes of least squares on everything (Frisch, Waugh and
Lovell); rows multiplied by the square root of their weight turn weighted into plain sums. All of
this room works on these columns.
"""

from dataclasses import dataclass

import numpy as np

from estimation.linear.partialling import RANK_TOLERANCE, left_after
from estimation.samples.sample import Floats
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class Partialled:
    """What is left of the columns of an instrumented regression with one treatment."""

    y: Floats
    """Outcome, shape (n,)."""
    x: Floats
    """Treatment, shape (n,)."""
    Z: Floats
    """Instruments, shape (n, K)."""
    scale: Floats
    """Square root of each row's weight, shape (n,), by which all of them are multiplied."""
    slopes: int
    """Independent controls taken out; a constant is not counted (it is in the factors' own -1)."""


def partialled(
    outcome: Floats,
    treatment: Floats,
    instruments: Floats,
    controls: Floats,
    *,
    weights: Floats | None = None,
    where: str = "instruments",
) -> Partialled:
    """Take a constant and controls out of outcome, treatment and instruments.

    Parameters
    ----------
    outcome, treatment : float array, shape (n,)
    instruments : float array, shape (n, K) or (n,)
        The treatment itself for least squares.
    controls : float array, shape (n, p)
        Beside the constant; p may be 0, columns may be collinear.
    weights : float array, shape (n,), optional
        Weights of the rows, positive; equal when left out.
    where : str
        What an error names.

    Returns
    -------
    Partialled

    Raises
    ------
    SampleError
        A number is not finite, a weight is not positive, or constant and controls determine the
        treatment or an instrument.
    """
    Z = instruments[:, None] if instruments.ndim == 1 else instruments
    w = np.ones(outcome.size) if weights is None else weights
    _check_numbers(where, outcome, treatment, Z, controls, w)
    scale = np.sqrt(w)
    columns = np.column_stack([outcome, treatment, Z]) * scale[:, None]
    others = np.column_stack([np.ones(outcome.size), controls]) * scale[:, None]
    left = left_after(columns, others)
    names = ["the outcome", "the treatment", *(f"instrument {k + 1}" for k in range(Z.shape[1]))]
    check_left(left.values[:, 1:], columns[:, 1:], names[1:], where=where)
    values = left.values
    return Partialled(values[:, 0], values[:, 1], values[:, 2:], scale, left.rank - 1)


def check_left(left: Floats, before: Floats, names: list[str], *, where: str) -> None:
    """Refuse columns of which nothing but rounding is left.

    Parameters
    ----------
    left, before : float array, shape (n, m)
        The columns after and before others were taken out.
    names : list of str
        m of them.
    where : str
        What the error names.

    Raises
    ------
    SampleError
    """
    sizes, whole = np.linalg.norm(left, axis=0), np.linalg.norm(before, axis=0)
    for name, size, was in zip(names, sizes, whole, strict=True):
        if not size > RANK_TOLERANCE * was:
            raise SampleError(
                f"{where}, {name}",
                expected="variation that controls and effects leave",
                found="none: it is a linear function of them",
                hint="name another one, or leave out the control that determines it",
            )


def _check_numbers(where: str, *arrays: Floats) -> None:
    if not all(np.isfinite(one).all() for one in arrays) or not (arrays[-1] > 0).all():
        raise SampleError(
            where,
            expected="finite numbers and weights above zero",
            found="others among them",
            hint="leave these rows out",
        )
