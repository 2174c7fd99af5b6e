"""What is said of a path that could not be solved."""

from typing import NoReturn

from estimation.structural.solver import LARGEST, MOST, NOT_BRACKETED, OVERFLOW
from geo.errors import EquilibriumError


def raise_failure(what: str, status: int, period: int, ln_K: float, ln_M: float) -> NoReturn:
    """Raise the error of a status.

    Parameters
    ----------
    what : str
        What was solved, as the scenario's name.
    status : int
        One of :mod:`estimation.structural.solver` that is not ``SOLVED``.
    period : int
        From 0.
    ln_K, ln_M : float
        The state in that period.
    """
    where = f"{what}, period {period + 1}"
    state = f"ln K = {ln_K:.6g}, ln M = {ln_M:.6g}"
    if status == OVERFLOW:
        raise EquilibriumError(
            where,
            expected=f"logs of capital and of AI within {LARGEST:g} of zero",
            found=state,
            hint="simulate fewer periods, or take lower powers of AI, rates or depreciation",
        )
    if status == NOT_BRACKETED:
        raise EquilibriumError(
            where,
            expected="a rental rate at which capital is neither scarce nor idle",
            found=f"none between the bounds, at {state}",
            hint="bring the parameters nearer to ordinary values",
        )
    raise EquilibriumError(
        where,
        expected=f"a solution within {MOST} evaluations",
        found=f"none, at {state}",
        hint="bring the parameters nearer to ordinary values",
    )
