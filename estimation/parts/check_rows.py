"""Rows of the table of checks."""

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
        return _told(setting, check, subject, "F", (NAN, NAN), f"not tested: {error}")
    statistic = f"F({wald.q}, {wald.df:g})"
    return _told(setting, check, subject, statistic, (wald.statistic, wald.p_value), note)


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
        return _told(setting, check, subject, DIFFERENCE, (NAN, NAN), f"not tested: {error}")
    return _told(setting, check, subject, DIFFERENCE, found, note)


def not_tested(setting: Setting, check: str, subject: str, why: object) -> Check:
    """A row without a figure that says why a check was not made.

    Parameters
    ----------
    setting : Setting
    check, subject : str
        As in :class:`estimation.results.Check`.
    why : object
        Its text is the reason.

    Returns
    -------
    Check
    """
    return _told(setting, check, subject, "", (NAN, NAN), f"not tested: {why}")


DIFFERENCE = "difference, whole cities permuted"


def check_row(
    setting: Setting,
    *,
    check: str,
    subject: str,
    statistic: str,
    value: float,
    reference: float = NAN,
    p_value: float = NAN,
    verdict: str = "",
    note: str = "",
) -> Check:
    """One check of a setting.

    Parameters
    ----------
    setting : Setting
    check, subject, statistic, value, reference, p_value, verdict, note
        As in :class:`estimation.results.Check`.

    Returns
    -------
    Check
    """
    return Check(
        design=setting.design.name,
        variant=setting.variant,
        check=check,
        subject=subject,
        statistic=statistic,
        value=value,
        reference=reference,
        p_value=p_value,
        verdict=verdict,
        note=note,
    )


def _told(
    setting: Setting,
    check: str,
    subject: str,
    statistic: str,
    found: tuple[float, float],
    note: str,
) -> Check:
    return check_row(
        setting,
        check=check,
        subject=subject,
        statistic=statistic,
        value=found[0],
        p_value=found[1],
        note=note,
    )
