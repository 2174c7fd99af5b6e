"""What has to be said of mediation wherever its figures stand."""

from collections.abc import Iterator

import numpy as np

from estimation.mediation.estimate import Mediation
from estimation.mediation.figures import DIRECT, TOTAL
from estimation.mediation.keys import Mediators

IGNORABILITY = (
    "indirect and direct effects are causal only under sequential ignorability: given effects and "
    "controls nothing unseen moves treatment and outcome or treatment and mediator, and, given the "
    "treatment, too, nothing moves a mediator and the outcome, not even a consequence of the "
    "treatment; no experiment on the treatment alone makes that true"
)
NO_INTERACTION = "the treatment's effect is taken not to depend on the mediators' level"
NO_ORDER = ", and no mediator to act on another"
LEAST_OWN = 0.01
"""Less variation of its own is warned of."""
METHODS = {"percentile": "percentile", "bca": "BCa"}
"""How intervals are called."""
SIGNS = (
    "an effect is the change of the outcome per unit of the treatment; through a mediator it is "
    "(treatment to mediator) x (mediator to outcome), so that two falls make a rise"
)


def assumptions(asked: Mediators) -> tuple[str, ...]:
    """What indirect effects rest on, and what their sign means."""
    several = len(asked.columns) > 1
    return IGNORABILITY, NO_INTERACTION + (NO_ORDER if several else ""), SIGNS


def notes_of(found: Mediation, asked: Mediators) -> Iterator[str]:
    """What was drawn, and why shares are not told or are to be read with care.

    Parameters
    ----------
    found : Mediation
    asked : Mediators

    Yields
    ------
    str
    """
    yield (
        f"intervals and p values: {asked.draws} resamples of whole clusters ({found.clusters}), "
        f"{METHODS[asked.interval]}"
    )
    if found.least_own < LEAST_OWN:
        yield (
            "WARNING: treatment and mediators all but determine each other "
            f"({found.least_own:.2g} of the variation of one of them is its own): direct and "
            "indirect effects rest on little"
        )
    if found.bootstrap.unsolved:
        yield f"{found.bootstrap.unsolved} resamples without a solution left out"
    if found.total_is_near_zero:
        low, high = found.intervals[TOTAL]
        yield (
            f"no shares of the total: its 95 % interval [{low:.4g}, {high:.4g}] holds zero, and "
            "shares of nothing are noise"
        )
    elif mixed_signs(found):
        yield (
            "WARNING: direct and indirect effects have different signs: shares are no parts of a "
            "whole, and may be below 0 or above 1"
        )


def mixed_signs(found: Mediation) -> bool:
    """Whether direct and indirect effects pull in different directions."""
    parts = [found.estimate[DIRECT], *found.estimate[found.layout.indirect]]
    return len(set(np.sign(parts)) - {0.0}) > 1
