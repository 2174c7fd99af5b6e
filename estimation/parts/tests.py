"""Rows of the table of checks for tests of where an effect differs."""

from collections.abc import Callable

from estimation.inference.difference import Wald
from estimation.parts.part import Setting
from estimation.results import Check
from geo.errors import SampleError

NAN = float("nan")


def wald_check(
    setting: Setting, test: Callable[[], Wald], *, check: str, subject: str, note: str
) -> Check:
    """A joint test as a row; where data cannot tell, a row without figures that says why.

    Parameters
    ----------
    setting : Setting
    test : callable
        Makes the test.
    check, subject, note : str
        As in :class:`estimation.results.Check`.

    Returns
    -------
    Check
    """
    try:
        wald = test()
    except SampleError as error:
        return _row(setting, check, subject, "F", (NAN, NAN), f"not tested: {error}")
    statistic = f"F({wald.q}, {wald.df:g})"
    return _row(setting, check, subject, statistic, (wald.statistic, wald.p_value), note)


def permutation_check(
    setting: Setting,
    test: Callable[[], tuple[float, float]],
    *,
    check: str,
    subject: str,
    note: str,
) -> Check:
    """A difference with its permutation's p value as a row; or a row that says why there is none.

    Parameters
    ----------
    setting : Setting
    test : callable
        Makes the test: difference and p value.
    check, subject, note : str
        As in :class:`estimation.results.Check`.

    Returns
    -------
    Check
    """
    try:
        found = test()
    except SampleError as error:
        return _row(setting, check, subject, DIFFERENCE, (NAN, NAN), f"not tested: {error}")
    return _row(setting, check, subject, DIFFERENCE, found, note)


DIFFERENCE = "difference, whole cities permuted"


def _row(
    setting: Setting,
    check: str,
    subject: str,
    statistic: str,
    found: tuple[float, float],
    note: str,
) -> Check:
    value, p_value = found
    return Check(
        design=setting.design.name,
        variant=setting.variant,
        check=check,
        subject=subject,
        statistic=statistic,
        value=value,
        reference=NAN,
        p_value=p_value,
        verdict="",
        note=note,
    )
