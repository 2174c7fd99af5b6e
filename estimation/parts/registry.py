"""Which parts a design has."""

from estimation.designs import Design
from estimation.parts.city_effects import CityEffects
from estimation.parts.curve_along import CurveAlong
from estimation.parts.effect import Effect
from estimation.parts.group_effects import GroupEffects
from estimation.parts.marginal_effect import MarginalEffect
from estimation.parts.part import Part
from estimation.parts.projection import LinearProjection


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
    if design.moderator is not None:
        parts.append(MarginalEffect(design.moderator))
    if design.groups is not None:
        parts.append(GroupEffects(design.groups))
    if design.along is not None:
        parts.append(CurveAlong(design.along))
    if design.project_on is not None:
        parts.append(LinearProjection(design.project_on))
    if "city_effects" in design.checks:
        parts.append(CityEffects())
    return tuple(parts)
