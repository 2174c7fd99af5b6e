"""Which variant is recommended: the outcome of the simulation protocol, in one place."""

from estimation.vocabulary import RECOMMENDED


def recommendation(variant: str) -> str:
    """``recommended`` for the variant that ``docs/simulation.md`` recommends, else empty."""
    return "recommended" if variant == RECOMMENDED else ""
