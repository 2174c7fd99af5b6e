"""From a scenario file's sections to the scenarios that the model runs."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

from estimation.samples.sample import Floats
from estimation.structural.calibration import CalibratedB, calibrate_B, with_B
from estimation.structural.given import check_rates
from estimation.structural.parameters import Parameters, Three
from estimation.structural.paths import Paths, extend, gamma_ramp, paths, reform
from estimation.structural.published import INFRASTRUCTURE, INVESTMENT, published
from estimation.structural.scenarios import Scenario
from estimation.structural.state import State
from geo.errors import StructuralError
from nightpanel.scenario_sections import (
    CalibrationSection,
    ModelSection,
    RampSection,
    ScenarioFile,
)

WageGaps = Callable[[Three], tuple[Floats, Floats]]
"""Wage gaps of m and s by period, from capital's shares: equation (39)."""

KEYS = tuple(ModelSection.model_fields)
EITHER = {"B", "calibrate_B"}
"""Keys of which a scenario that sets one does not take the other from the baseline."""
PARAMETERS = tuple(field.name for field in fields(Parameters))


def scenarios_of(
    model: ScenarioFile, *, where: str, periods: int, gaps: WageGaps | None
) -> tuple[Scenario, ...]:
    """The scenarios of a file, its baseline beneath each.

    Parameters
    ----------
    model : ScenarioFile
    where : str
        The file, for errors.
    periods : int
        T.
    gaps : callable, optional
        Wage gaps of data; ones where neither they nor the file have any.

    Returns
    -------
    tuple of Scenario

    Raises
    ------
    StructuralError
        A key's value lies outside its domain, or rates do not go together; the error names the key.
    """
    shared = keys_of(model.baseline)
    # A value of the baseline is named where it stands, not in the first scenario that has it.
    with naming(f"{where}: baseline"):
        scenario_of("baseline", shared, periods=periods, gaps=gaps)
    made = []
    for at, section in enumerate(model.scenarios):
        with naming(f"{where}: scenarios.{at} ({section.name!r})"):
            keys = over(shared, keys_of(section))
            one = scenario_of(section.name, keys, periods=periods, gaps=gaps)
            check_rates(one.paths, inside=one.parameters.infrastructure_inside)
        made.append(one)
    return tuple(made)


def calibrations_of(model: ScenarioFile, made: Sequence[Scenario]) -> dict[str, CalibratedB]:
    """How productivities were calibrated, by scenario, for those that ask for it.

    Parameters
    ----------
    model : ScenarioFile
    made : sequence of Scenario
        As `scenarios_of` has made them.
    """
    shared, found = keys_of(model.baseline), {}
    for section, one in zip(model.scenarios, made, strict=False):
        asked = over(shared, keys_of(section)).get("calibrate_B")
        if asked is not None:
            found[one.name] = _calibrated(asked, one.parameters, one.paths, one.state)
    return found


def keys_of(section: ModelSection) -> dict[str, Any]:
    """The keys of the model that a section sets."""
    wanted = section.model_fields_set & set(ModelSection.model_fields)
    return {name: getattr(section, name) for name in wanted}


def over(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a scenario over those of the baseline; productivities have one source of the two."""
    dropped = EITHER if EITHER & own.keys() else set()
    return {key: value for key, value in shared.items() if key not in dropped} | dict(own)


def scenario_of(
    name: str, keys: Mapping[str, Any], *, periods: int, gaps: WageGaps | None
) -> Scenario:
    """One scenario from the keys that are not the paper's.

    Parameters
    ----------
    name : str
    keys : mapping
        As `keys_of`.
    periods, gaps
        As `scenarios_of`.

    Raises
    ------
    StructuralError
        A value lies outside its domain.
    """
    parameters = replace(published(), **{one: keys[one] for one in PARAMETERS if one in keys})
    given = paths_of(keys, parameters, periods=periods, gaps=gaps)
    state = State(math.log(keys.get("K_1", 1.0)), math.log(keys.get("M_1", 1.0)))
    if "calibrate_B" in keys:
        parameters = with_B(parameters, _calibrated(keys["calibrate_B"], parameters, given, state))
    return Scenario(name, parameters, given, state)


def _calibrated(
    asked: CalibrationSection, parameters: Parameters, given: Paths, state: State
) -> CalibratedB:
    try:
        return calibrate_B(
            parameters,
            asked.labour,
            level=asked.level,
            xi=(float(given.xi_m[0]), float(given.xi_s[0])),
            s=float(given.s[0]),
            s_H=float(given.s_H[0]),
            state=state,
            ramp=float(given.ramp[0]),
        )
    except StructuralError as error:
        raise type(error)(
            f"calibrate_B, {error.where}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        ) from error


def paths_of(
    keys: Mapping[str, Any], parameters: Parameters, *, periods: int, gaps: WageGaps | None
) -> Paths:
    """What is given in each period, from the keys of a scenario.

    Parameters
    ----------
    keys, periods, gaps
        As `scenario_of`.
    parameters : Parameters
        With whose shares of capital wage gaps are measured.

    Raises
    ------
    StructuralError
        A value lies outside its domain.
    """
    reforms = keys.get("reforms", ())
    # A reform that begins after the last period is none.
    length = max([periods, *(one.to_period for one in reforms)])
    measured = None if gaps is None else gaps(parameters.beta)
    scale = keys.get("xi_scale", (1.0, 1.0))
    xi = {
        sector: extend(keys.get(f"xi_{sector}", 1.0 if measured is None else measured[at]), length)
        * scale[at]
        for at, sector in enumerate(("m", "s"))
    }
    ramp: RampSection = keys.get("ramp", RampSection())
    whole = paths(
        length,
        xi_m=xi["m"],
        xi_s=xi["s"],
        ramp=gamma_ramp(length, ramp.start, ramp.length),
        s=keys.get("s", INVESTMENT),
        s_H=keys.get("s_H", INFRASTRUCTURE),
    )
    for one in reforms:
        whole = reform(whole, one.sector, one.from_period, one.to_period)
    return Paths(**{field.name: getattr(whole, field.name)[:periods] for field in fields(Paths)})


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Put the section of a file before what an error of the model names.

    Raises
    ------
    StructuralError
        Of the same kind.
    """
    try:
        yield
    except StructuralError as error:
        raise type(error)(
            _place(where, error.where), expected=error.expected, found=error.found, hint=error.hint
        ) from error


def _place(where: str, named: str) -> str:
    """The key of a file that the model's name for a value means."""
    name = named.split(",")[0]
    name = "reforms" if name == "reform" else name
    if name in KEYS:
        return f"{where}.{name}{named.removeprefix(named.split(',')[0])}"
    # Of three values the model names one, as omega_C; the key is omega.
    whole = name.rpartition("_")[0]
    return f"{where}.{whole}, {named}" if whole in KEYS else f"{where}, {named}"
