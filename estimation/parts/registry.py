"""Which parts a design has."""

from collections.abc import Mapping
from types import MappingProxyType

from estimation.designs import Design
from estimation.instruments.keys import instruments_of
from estimation.parts.adoption import StaggeredAdoption
from estimation.parts.amplified_slope import AmplifiedSlope
from estimation.parts.anderson_rubin import WeakInstrumentTest
from estimation.parts.city_effects import CityEffects
from estimation.parts.curve_along import CurveAlong
from estimation.parts.effect import Effect
from estimation.parts.fake_timing import FakeTiming
from estimation.parts.first_stage import FirstStage
from estimation.parts.group_effects import GroupEffects
from estimation.parts.influence import CityInfluence
from estimation.parts.instrument_tests import InstrumentTests
from estimation.parts.linear_groups import LinearGroups
from estimation.parts.linear_part import LinearPart
from estimation.parts.marginal_effect import MarginalEffect
from estimation.parts.mediation import LearnedMediation, LinearMediation
from estimation.parts.omitted_variable import OmittedVariable
from estimation.parts.part import Part
from estimation.parts.placebo import Placebo
from estimation.parts.projection import LinearProjection
from estimation.parts.rolling_windows import RollingWindows
from estimation.parts.shift_share_tests import ShiftShareTests
from estimation.parts.standardised import Standardised
from estimation.parts.super_additivity import SuperAdditivity

CHECKS: Mapping[str, Part] = MappingProxyType(
    {
        "city_effects": CityEffects(),
        "influence": CityInfluence(),
        "placebo": Placebo(),
        "fake_timing": FakeTiming(),
        "sensitivity": OmittedVariable(),
    }
)
"""The checks that a design may ask for, by name, in the order in which they are told."""


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
    if design.mediators is not None:
        parts.append(LearnedMediation(design.mediators))
    if instruments_of(design):
        parts += [FirstStage(), WeakInstrumentTest()]
    parts += [CHECKS[name] for name in CHECKS if name in design.checks]
    return tuple(parts)


def linear_parts_of(design: Design) -> tuple[LinearPart, ...]:
    """The parts that tell of a design's linear fixed effects, in the order in which they are told.

    Parameters
    ----------
    design : Design

    Returns
    -------
    tuple of LinearPart
        Empty for a design that asks for none.
    """
    parts: list[LinearPart] = []
    if instruments_of(design):
        parts.append(InstrumentTests())
    if design.shift_share is not None:
        parts.append(ShiftShareTests(design.shift_share))
    if design.standardised:
        parts.append(Standardised())
    if design.groups is not None:
        parts.append(LinearGroups(design.groups))
    if design.windows is not None:
        parts.append(RollingWindows(design.windows))
    if design.mediators is not None:
        parts.append(LinearMediation(design.mediators))
    if design.adoption is not None:
        kind = AmplifiedSlope if design.adoption.amplifies else StaggeredAdoption
        parts.append(kind(design.adoption))
    if design.composite_of is not None:
        parts.append(SuperAdditivity(design.composite_of))
    return tuple(parts)
