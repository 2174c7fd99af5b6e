"""What is told of a shift-share design: AKM inference, shocks, where the estimate comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.inference.intervals import NORMAL
from estimation.instruments.akm import ShiftShareErrors, akm
from estimation.instruments.exposure import Columns, Exposure, by_shock, exposure
from estimation.instruments.keys import ShiftShare, instruments_of
from estimation.instruments.rotemberg import Rotemberg, rotemberg
from estimation.instruments.shock_level import ShockLevel, shock_level
from estimation.parts.instrument_tests import LinearColumns, linear_columns, set_said
from estimation.parts.linear_checks import linear_check, linear_row
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.parts.share_balance import balance_checks
from estimation.results import Check, Estimate
from geo.errors import SampleError

FEW_SHOCKS = 20.0
"""Effective number of clusters of shocks below which inference on shocks is doubtful."""
CLAIMS = {
    "shares": "identified by shares: read the Rotemberg weights and the balance of the sectors "
    "that carry it; AKM is not needed where shares, not shocks, are random",
    "shocks": "identified by shocks: read the effective number of shocks, AKM and the shock-level "
    "regression; the city-clustered error knows nothing of cities with like shares",
}


@dataclass(frozen=True, slots=True)
class ShiftShareTests:
    """The part of designs with an exposure."""

    asked: ShiftShare
    name: ClassVar[str] = "shift_share"

    def tell(self, setting: LinearSetting) -> Told:
        """AKM and AKM0, shock-level regression, Rotemberg weights, balance and trends before."""
        told = linear_columns(setting, (self.asked.name,))
        sample = setting.sample
        cities = [sample.cities[place] for place in told.rows.city]
        where = f"{sample.label}, shift_share"
        made = exposure(self.asked, setting.tables, cities, told.rows.year, where=where)
        columns, notes = by_shock(made), [f"{where}: {CLAIMS[self.asked.identified_by]}"]
        estimates: list[Estimate] = []
        checks = [*_sums(setting, made, self.asked)]
        for tell in (_akm_rows, _shock_rows):
            try:
                rows, more, said = tell(setting, told, made, columns)
            except SampleError as error:
                notes.append(f"{where}: {error}")
                continue
            estimates += rows
            checks += more
            notes += [f"{where}: {one}" for one in said]
        weights = rotemberg(told.columns, made.shares, made.shocks)
        checks += _rotemberg(setting, weights, made, self.asked.top)
        checks += balance_checks(setting, told, made, weights, self.asked)
        return Told(tuple(estimates), tuple(checks), (), tuple(notes))


Rows = tuple[list[Estimate], list[Check], list[str]]


def _akm_rows(
    setting: LinearSetting, told: LinearColumns, made: Exposure, columns: Columns
) -> Rows:
    found = akm(told.columns, columns.shares, columns.cluster, where=f"{told.where}, AKM")
    note = f"{found.n_shocks} shocks in {found.n_clusters} clusters{_alone(setting)}"
    if made.own_left_out:
        note += "; shocks are taken as known, though they are made of other cities' outcomes"
    treatment = setting.design.treatment
    plain = linear_row(
        setting,
        "akm",
        treatment,
        found.theta,
        found.std_error,
        n=told.columns.y.size,
        n_clusters=found.n_clusters,
        se_type="AKM",
        df=NORMAL,
        note=note,
    )
    low, high = _ends(found)
    null = replace(
        plain,
        part="akm0",
        std_error=found.std_error_null,
        se_type="AKM0",
        statistic=float("nan"),
        p_value=found.p_value_null,
        ci_low=low,
        ci_high=high,
        note=f"the null is imposed; {_set(found)}",
    )
    said = [] if found.shape_null == "interval" else [f"AKM0: {_set(found)}"]
    if found.n_clusters < FEW_SHOCKS:
        said.append(
            f"AKM counts on many clusters of shocks; here are {found.n_clusters}: trust AKM0"
        )
    return [plain, null], [], said


def _alone(setting: LinearSetting) -> str:
    several = len(instruments_of(setting.design)) > 1
    return "; by the exposure alone, without the other instruments" if several else ""


def _ends(found: ShiftShareErrors) -> tuple[float, float]:
    bounded = found.shape_null == "interval"
    return (found.low_null, found.high_null) if bounded else (-np.inf, np.inf)


def _set(found: ShiftShareErrors) -> str:
    if found.shape_null != "complement":
        return set_said(((found.low_null, found.high_null),))
    return set_said(((-np.inf, found.low_null), (found.high_null, np.inf)))


def _shock_rows(
    setting: LinearSetting, told: LinearColumns, made: Exposure, columns: Columns
) -> Rows:
    if made.own_left_out:
        return [], [], ["no shock-level regression: left-out shocks differ from city to city"]
    years = np.unique(columns.year)[1:]
    found = shock_level(
        told.columns,
        columns.shares,
        columns.shocks,
        columns.cluster,
        controls=(columns.year[:, None] == years).astype(np.float64),
        where=f"{told.where}, shock-level regression",
    )
    row = linear_row(
        setting,
        "shock_level",
        setting.design.treatment,
        found.theta,
        found.std_error,
        n=found.n_shocks,
        n_clusters=found.n_clusters,
        se_type="shocks",
        df=NORMAL,
        note=f"rows are shocks, averaged with their shares{_alone(setting)}"
        + ("" if found.centred else "; shocks count from zero: sums of shares are not controlled"),
    )
    said = (
        f"only {found.effective_clusters:.3g} effective clusters of shocks: inference that counts "
        "on many shocks (AKM, the shock-level error) is too sure"
    )
    few = found.effective_clusters < FEW_SHOCKS
    return [row], [*_of_shocks(setting, found, few=few)], [said] if few else []


def _of_shocks(setting: LinearSetting, found: ShockLevel, *, few: bool) -> Iterator[Check]:
    """How many shocks there really are, and whether they move the treatment."""
    name = setting.design.shift_share.name if setting.design.shift_share else ""
    for words, value, verdict in (
        ("effective number of shocks", found.effective_shocks, ""),
        ("effective number of clusters", found.effective_clusters, "failed" if few else "passed"),
    ):
        yield linear_check(
            setting,
            "effective_shocks",
            name,
            words,
            value,
            verdict=verdict,
            note="inverse Herfindahl index of the weights of shocks",
        )
    if setting.design.treatment != name:
        words, value = "F, by clusters of shocks", found.first_stage
        yield linear_check(setting, "shock_first_stage", name, words, value)


def _sums(setting: LinearSetting, made: Exposure, asked: ShiftShare) -> Iterator[Check]:
    low, high = float(made.sums.min()), float(made.sums.max())
    right = made.even_sums or asked.control_sums
    for words, value in (("smallest sum of shares", low), ("largest sum of shares", high)):
        yield linear_check(
            setting,
            "share_sums",
            asked.name,
            words,
            value,
            reference=1.0,
            verdict="passed" if right else "failed",
            note=_of_sums(made, asked),
        )


def _of_sums(made: Exposure, asked: ShiftShare) -> str:
    if asked.control_sums:
        return "controlled, times year"
    if made.even_sums:
        return "" if made.complete else "the same in all cities of a year: year effects hold it"
    return "set control_sums = true"


def _rotemberg(
    setting: LinearSetting, weights: Rotemberg, made: Exposure, top: int
) -> Iterator[Check]:
    for place in weights.top(top):
        yield linear_check(
            setting,
            "rotemberg",
            made.sectors[place],
            f"Rotemberg weight (own effect {weights.beta[place]:.4g})",
            weights.alpha[place],
            reference=weights.beta[place],
        )
    listed = float(weights.alpha[weights.top(top)].sum())
    for words, value in (
        (f"sum of the {min(top, weights.alpha.size)} largest", listed),
        ("sum of negative weights", weights.negative),
    ):
        yield linear_check(setting, "rotemberg", "all sectors", words, value)
