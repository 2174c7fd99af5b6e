"""Averages of group-time effects: Callaway and Sant'Anna (2021), section 3.1 and Table 1."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats, Integers
from estimation.staggered.effects import Effects
from estimation.staggered.group_time import GroupTime
from geo.errors import SampleError

Kind = Literal["simple", "dynamic", "group", "calendar"]
KINDS: tuple[Kind, ...] = ("simple", "dynamic", "group", "calendar")


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Averages of one kind, and their own average."""

    overall: Effects
    """One effect: over all effects after adoption (simple), over years since adoption (dynamic),
    cohorts (group) or calendar years (calendar)."""
    at: Floats
    """Years since adoption, cohorts or calendar years, shape (k,); empty for ``simple``."""
    by: Effects
    """The effects there, k of them."""


def averages(cells: GroupTime, kind: Kind, *, window: tuple[int, int] | None = None) -> Averages:
    """Average group-time effects, with the errors of estimated shares of cohorts.

    Parameters
    ----------
    cells : GroupTime
    kind : {"simple", "dynamic", "group", "calendar"}
        Their equations (3.9) to (3.11) and (3.7).
    window : (int, int), optional
        First and last year since adoption that ``dynamic`` tells; all when left out.

    Returns
    -------
    Averages

    Raises
    ------
    SampleError
        No effect after adoption is inside.
    """
    after = cells.since >= 0
    if kind == "simple":
        overall = _averaged(cells, after)
        return Averages(overall, np.empty(0), _none(overall))
    if kind == "dynamic":
        low, high = window or (-np.inf, np.inf)
        # Where years have gaps the base year of some cohorts is not the last before adoption: its
        # nought says nothing of that year.
        own = ~cells.base | (cells.since == -1 - cells.anticipation)
        wanted = (cells.since >= low) & (cells.since <= high) & own
        at = np.unique(cells.since[wanted])
        _check_some(cells, at)
        parts = [_averaged(cells, wanted & (cells.since == one)) for one in at]
        by = _stacked(parts)
        return Averages(_mean(cells, by.taken(np.flatnonzero(at >= 0))), at, by)
    if kind == "calendar":
        at = np.unique(cells.year[after]).astype(np.float64)
        _check_some(cells, at)
        by = _stacked([_averaged(cells, after & (cells.year == one)) for one in at])
        return Averages(_mean(cells, by), at, by)
    at = np.unique(cells.cohort[after])
    rows = [np.flatnonzero(after & (cells.cohort == one)) for one in at]
    # Years of one cohort count alike: shares play no part.
    first = np.array([one[0] for one in rows], dtype=np.int64)
    _check_some(cells, first)
    L = np.vstack([_row(cells, one, np.full(one.size, 1 / one.size)) for one in rows])
    overall = _by_share(cells, cells.across.combined(L), first)
    return Averages(overall, at, cells.effects.combined(L))


def _averaged(cells: GroupTime, chosen: NDArray[np.bool_]) -> Effects:
    """Chosen effects weighted by the shares of their cohorts."""
    places = np.flatnonzero(chosen)
    _check_some(cells, places)
    return _by_share(cells, cells.across.taken(places), places)


def _by_share(cells: GroupTime, effects: Effects, places: Integers) -> Effects:
    """Effects weighted by the shares at some places; shares are estimates, too."""
    share = cells.size[places]
    total = share.sum()
    weight = share / total
    estimate = float(weight @ effects.estimate)
    # The distance of a small cohort from the average is in its influence already.
    moved = np.where(cells.small[places], 0.0, effects.estimate - estimate)
    of_shares = cells.size_influence[:, places] @ (moved / total)
    influence = effects.influence @ weight + of_shares
    carried = np.asarray(effects.carried.any(axis=1))[:, None]
    return Effects(np.array([estimate]), influence[:, None], carried)


def _mean(cells: GroupTime, effects: Effects) -> Effects:
    _check_some(cells, effects.estimate)
    count = effects.estimate.size
    return effects.combined(np.full((1, count), 1 / count))


def _row(cells: GroupTime, places: Integers, weights: Floats) -> Floats:
    row = np.zeros((1, cells.cohort.size))
    row[0, places] = weights
    return row


def _stacked(parts: list[Effects]) -> Effects:
    return Effects(
        np.concatenate([one.estimate for one in parts]),
        np.column_stack([one.influence for one in parts]),
        np.column_stack([one.carried for one in parts]),
    )


def _none(like: Effects) -> Effects:
    return like.taken([])


def _check_some(cells: GroupTime, places: Integers | Floats) -> None:
    if places.size:
        return
    why = cells.untold
    more = f" and {len(why) - 1} more" if len(why) > 1 else ""
    raise SampleError(
        "averages of group-time effects",
        expected="effects after adoption",
        found=f"none: {why[0]}{more}" if why else "none",
        hint="use fewer covariates, or other years and cities"
        if why
        else "widen the window, or choose later years",
    )
