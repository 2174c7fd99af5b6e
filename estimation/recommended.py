"""Which variant is recommended: the outcome of the simulation protocol, in one place."""

from estimation.vocabulary import PROVISIONAL


def recommendation(variant: str) -> str:
    """``provisional`` for the variant recommended until the protocol has decided, else empty."""
    return "provisional" if variant == PROVISIONAL else ""
