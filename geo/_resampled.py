"""The compiled loops of inequality: Ginis of resamples, and the entropy of shares."""

import math

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled

Floats = NDArray[np.float64]
LANES = 16
"""Draws that are measured side by side, as a processor likes it; none sees another."""


@compiled
def accepted_ranks(pieces: NDArray[np.uint16], n_units: int, ranks: NDArray[np.uint16]) -> int:
    """Fill ``ranks`` with numbers below ``n_units``, each of one random piece; how many it got.

    Lemire's method: the high half of the product is uniform once the pieces with the lowest low
    halves are refused. Fewer ranks than there is room for if the pieces run out.
    """
    refused, filled = np.uint32(65536 % n_units), 0
    for piece in pieces:
        if filled == len(ranks):
            break
        product = np.uint32(piece) * np.uint32(n_units)
        ranks[filled] = product >> np.uint32(16)
        filled += int((product & np.uint32(0xFFFF)) >= refused)
    return filled


@compiled
def resampled_ginis(light: Floats, ranks: NDArray[np.unsignedinteger], ginis: Floats) -> None:
    """Fill ``ginis`` (n_draws) with the Gini of each draw; NaN where all its units are dark.

    ``light`` (n_units) ascends; ``ranks`` (n_draws, n_units) names the units of a draw. The terms
    of a draw are added one after the other in the order of ranks.
    """
    n_draws, n_units = ranks.shape
    taken = np.empty((n_units, LANES), dtype=np.int32)
    before, total, spread = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    for first in range(0, n_draws, LANES):
        taken[:] = 0
        for lane in range(min(LANES, n_draws - first)):
            of_lane = taken[:, lane]
            for rank in ranks[first + lane]:
                of_lane[rank] += 1
        before[:], total[:], spread[:] = 0.0, 0.0, 0.0
        for rank in range(n_units):
            of_rank = taken[rank]
            for lane in range(LANES):
                times = np.float64(of_rank[lane])
                factor = times * (2.0 * before[lane] + times - n_units)
                total[lane] += times * light[rank]
                # The factors add up to zero: the darkest unit's light may be taken off against
                # cancellation.
                spread[lane] += factor * (light[rank] - light[0])
                before[lane] += times
        for lane in range(min(LANES, n_draws - first)):
            lit = total[lane] > 0.0
            # Rounding can leave a draw of equal units a hair under zero.
            gini = max(spread[lane] / (n_units * total[lane]), 0.0)
            ginis[first + lane] = gini if lit else np.nan


@compiled
def entropy(relative: Floats) -> Floats:
    """``r ln r`` of every value, 0 of 0 and NaN of NaN.

    By the C library's logarithm: NumPy's own differs in the last bit from processor to processor.
    """
    terms = np.zeros_like(relative)
    for row in range(len(relative)):
        if relative[row] != 0.0:
            terms[row] = relative[row] * math.log(relative[row])
    return terms
