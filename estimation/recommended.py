"""Which variant is recommended: the outcome of the simulation protocol, in one place."""

from collections.abc import Iterable

from estimation.vocabulary import LEAST_BIASED, RECOMMENDED

CAUTION = (
    f"{RECOMMENDED} is recommended where controls act linearly; where they do not, no estimator is "
    f"to be trusted and {LEAST_BIASED} is the least biased (docs/simulation.md)"
)
"""What a reader of a recommended row must know."""


def recommendation(variant: str) -> str:
    """``recommended`` for the variant that ``docs/simulation.md`` recommends, else empty."""
    return "recommended" if variant == RECOMMENDED else ""


def cautions(variants: Iterable[str]) -> tuple[str, ...]:
    """What a reader must know of the variants shown: once, where the recommended is among them."""
    return (CAUTION,) if RECOMMENDED in variants else ()
