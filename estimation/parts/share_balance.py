"""Balance of an exposure and of its shares, and trends before it, as rows of checks."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from estimation.instruments.balance import exposure_slope, joint_slopes
from estimation.instruments.exposure import Exposure, by_shock
from estimation.instruments.in_panel import PanelRows, in_panel
from estimation.instruments.keys import ShiftShare
from estimation.instruments.lagged import earlier
from estimation.instruments.rotemberg import Rotemberg
from estimation.parts.instrument_tests import LinearColumns
from estimation.parts.linear_checks import linear_check
from estimation.parts.linear_part import LinearSetting
from estimation.results import Check
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

LEVEL = 0.05


def balance_checks(
    setting: LinearSetting,
    told: LinearColumns,
    made: Exposure,
    weights: Rotemberg,
    asked: ShiftShare,
) -> list[Check]:
    """Rows on balance and trends before; one that cannot be tested says why.

    Parameters
    ----------
    setting : LinearSetting
    told : LinearColumns
    made : Exposure
        Of the same rows.
    weights : Rotemberg
        Of its sectors.
    asked : ShiftShare

    Returns
    -------
    list of Check
    """
    rows = [*_balance(setting, told, made, asked)]
    if asked.balance:
        rows += _share_balance(setting, told, made, weights, asked)
    if asked.pre_trend:
        rows.append(_trend_before(setting, told, made, asked))
    return rows


def _balance(
    setting: LinearSetting, told: LinearColumns, made: Exposure, asked: ShiftShare
) -> Iterator[Check]:
    """Trends by each characteristic, in its spread a year, on the exposure."""
    columns, z = by_shock(made), made.values
    for name in asked.balance:
        base = _at_first(told.rows, _column(setting, name)[told.kept])
        spread = float(np.std(base))
        try:
            if not spread > 0:
                raise _not_told(told.where, name, "the same value in every city")
            trend = base / spread * (told.rows.year - told.rows.year.min())
            where = f"{told.where}, balance of '{name}'"
            target = in_panel(trend, z, z[:, None], told.rows, where=where)
            found = exposure_slope(
                target, columns.shares, columns.cluster, told.groupings, where=where
            )
        except SampleError as error:
            yield linear_check(setting, "balance", name, "", np.nan, note=f"not tested: {error}")
            continue
        yield linear_check(
            setting,
            "balance",
            name,
            f"trend by first value ({found.errors})",
            found.value,
            p_value=found.p_value,
            verdict=_verdict(found.p_value),
            note="spreads a year for each unit of exposure",
        )


def _share_balance(
    setting: LinearSetting,
    told: LinearColumns,
    made: Exposure,
    weights: Rotemberg,
    asked: ShiftShare,
) -> Iterator[Check]:
    """Shares of the sectors that carry the estimate on what cities were at first."""
    _, first = np.unique(told.rows.city, return_index=True)
    characteristics = np.column_stack(
        [_at_first(told.rows, _column(setting, name)[told.kept])[first] for name in asked.balance]
    )
    for place in weights.top(asked.top):
        name = made.sectors[place]
        try:
            found = joint_slopes(
                made.shares[first, place], characteristics, where=f"{told.where}, share of '{name}'"
            )
        except SampleError as error:
            yield linear_check(
                setting, "share_balance", name, "", np.nan, note=f"not tested: {error}"
            )
            continue
        yield linear_check(
            setting,
            "share_balance",
            name,
            f"F({found.q}, {found.df:g})",
            found.statistic,
            p_value=found.p_value,
            verdict=_verdict(found.p_value),
            note=f"first-year share on {', '.join(asked.balance)}, across cities",
        )


def _trend_before(
    setting: LinearSetting, told: LinearColumns, made: Exposure, asked: ShiftShare
) -> Check:
    """Whether the exposure of later years predicts today's outcome, given today's exposure."""
    rows, lead = told.rows, asked.pre_trend
    words = f"exposure {lead} year{'s' if lead > 1 else ''} later"
    try:
        place = earlier(rows.city, rows.year, np.arange(rows.city.size, dtype=np.float64), -lead)
        kept = np.isfinite(place)
        kept[kept] = rows.take(kept).in_company() if kept.any() else False
        if not kept.any():
            raise _not_told(told.where, "pre_trend", "no city with two such years")
        found = _slope_of_later(setting, told, made, kept, place[kept].astype(np.int64))
    except SampleError as error:
        return linear_check(setting, "pre_trend", words, "", np.nan, note=f"not tested: {error}")
    value, p_value, errors = found
    return linear_check(
        setting,
        "pre_trend",
        words,
        f"coefficient on the outcome ({errors})",
        value,
        p_value=p_value,
        verdict=_verdict(p_value),
        note="given the exposure of the outcome's own year; effects and controls as in the fit",
    )


def _slope_of_later(
    setting: LinearSetting,
    told: LinearColumns,
    made: Exposure,
    kept: NDArray[np.bool_],
    later: Integers,
) -> tuple[float, float, str]:
    z, own = made.values, told.rows.take(kept)
    controls = np.column_stack([own.controls, z[kept]])
    rows = replace(own, controls=controls)
    outcome = setting.sample.outcome[told.kept][kept]
    where = f"{told.where}, trends before"
    target = in_panel(outcome, z[later], z[later][:, None], rows, where=where)
    columns = by_shock(made)
    found = exposure_slope(
        target,
        columns.shares[later],
        columns.cluster,
        told.groupings[kept],
        where=where,
    )
    return found.value, found.p_value, found.errors


def _at_first(rows: PanelRows, values: Floats) -> Floats:
    """Each row's value of its city's first row."""
    _, first, place = np.unique(rows.city, return_index=True, return_inverse=True)
    return np.asarray(values[first][place.reshape(-1)])


def _column(setting: LinearSetting, name: str) -> Floats:
    sample, design = setting.sample, setting.design
    if name == design.outcome:
        return sample.outcome
    return sample.treatment if name == design.treatment else sample.column(name)


def _not_told(where: str, name: str, found: str) -> SampleError:
    return SampleError(
        f"{where}, '{name}'", expected="values that differ", found=found, hint="name another"
    )


def _verdict(p_value: float) -> str:
    return "failed" if p_value < LEVEL else "passed"
