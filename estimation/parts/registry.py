"""Which parts a design has."""

from estimation.designs import Design
from estimation.parts.city_effects import CityEffects
from estimation.parts.effect import Effect
from estimation.parts.part import Part


def parts_of(design: Design) -> tuple[Part, ...]:
    """The parts that tell of a design, in the order in which they are told.

    Parameters
    ----------
    design : Design

    Returns
    -------
    tuple of Part
        The effects first.
    """
    parts: list[Part] = [Effect()]
    if "city_effects" in design.checks:
        parts.append(CityEffects())
    return tuple(parts)
