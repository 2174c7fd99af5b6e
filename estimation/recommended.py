"""Which variant is recommended: the outcome of the simulation protocol, in one place."""

from collections.abc import Iterable

from estimation.vocabulary import PROVISIONAL


def recommendation(variant: str) -> str:
    """``provisional`` for the variant recommended until the protocol has decided, else empty."""
    return "provisional" if variant == PROVISIONAL else ""


def provisional_notes(variants: Iterable[str]) -> tuple[str, ...]:
    """What a reader must know of the variants that were run: one note for each provisional one."""
    return tuple(
        f"{variant} is provisionally recommended, until the simulation protocol has decided"
        for variant in dict.fromkeys(variants)
        if recommendation(variant) == "provisional"
    )
