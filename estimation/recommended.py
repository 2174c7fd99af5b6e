"""Which variant is recommended: the outcome of the simulation protocol, in one place."""

from collections.abc import Iterable

from estimation.vocabulary import LEAST_BIASED, OWN_LEARNERS, RECOMMENDED

CAUTION = (
    f"{RECOMMENDED} with {OWN_LEARNERS[RECOMMENDED]} is recommended where controls act linearly; "
    f"where they do not, no estimator is to be trusted, and {LEAST_BIASED} is mostly the least "
    "biased (docs/simulation.md)"
)
"""What a reader of a recommended row must know."""


def recommendation(variant: str, learner: str | None = None) -> str:
    """``recommended`` for what ``docs/simulation.md`` recommends, else empty.

    Parameters
    ----------
    variant : str
    learner : str or None
        The learner that the design names; None for the variant's own.
    """
    own = learner is None or learner == OWN_LEARNERS.get(variant)
    return "recommended" if variant == RECOMMENDED and own else ""


def cautions(recommended: Iterable[str]) -> tuple[str, ...]:
    """What a reader must know of rows, by their column ``recommended``: once, if one is."""
    return (CAUTION,) if any(recommended) else ()
