"""Named problems gathered one after the other, so that a user sees all of them at once."""

from collections.abc import Callable
from typing import TypeVar

from geo.errors import NightpanelError

Result = TypeVar("Result")


def attempt(work: Callable[[], Result], problems: list[NightpanelError]) -> Result | None:
    """Do something, and note the problem that ends it.

    Parameters
    ----------
    work : callable
    problems : list of NightpanelError
        A problem is added at its end.

    Returns
    -------
    object or None
        What ``work`` returns; None if it raised a named problem.
    """
    try:
        return work()
    except NightpanelError as error:
        problems.append(error)
        return None
