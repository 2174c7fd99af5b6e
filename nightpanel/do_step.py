"""One step of a study over the panel: from its section to the function that does it."""

from collections.abc import Sequence
from functools import singledispatch

import pandas as pd

from nightpanel.study_section import Section
from nightpanel.study_steps import (
    BalancedStep,
    InterpolateStep,
    LogStep,
    RatioStep,
    RegionStep,
    ScaleStep,
    ShiftStep,
    SumStep,
    WinsoriseStep,
)
from panels.balance import balanced
from panels.origins import Origins
from panels.steps.derive import derive
from panels.steps.interpolate import interpolate
from panels.steps.lags import difference, lag
from panels.steps.logs import log_columns
from panels.steps.regions import add_regions
from panels.steps.scaling import scale_columns
from panels.steps.stepped import Stepped
from panels.steps.winsorise import winsorise


@singledispatch
def do_step(  # the kinds below use them
    step: Section,
    table: pd.DataFrame,  # noqa: ARG001
    origins: Origins,  # noqa: ARG001
    where: str,
) -> Stepped:
    """Do a step of ``[[panel.steps]]``.

    Parameters
    ----------
    step : Section
        One of `nightpanel.study_steps.PanelStep`, other than an index.
    table : pandas.DataFrame
        The panel; it is not changed.
    origins : Origins
        Where its values stand.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped

    Raises
    ------
    NightpanelError
        A column is missing, a value is outside the step's domain, a name is taken.
    """
    raise TypeError(f"{where}: no step of type {type(step).__name__}")


@do_step.register
def _(step: SumStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    return _derived(table, where, sums={step.name: step.columns})


@do_step.register
def _(step: RatioStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    return _derived(table, where, ratios={step.name: step.columns})


def _derived(
    table: pd.DataFrame,
    where: str,
    *,
    sums: dict[str, Sequence[str]] | None = None,
    ratios: dict[str, Sequence[str]] | None = None,
) -> Stepped:
    return Stepped(derive(table, sums=sums or {}, ratios=ratios or {}, logs={}, where=where))


@do_step.register
def _(step: LogStep, table: pd.DataFrame, origins: Origins, where: str) -> Stepped:
    return log_columns(
        table,
        step.renamed(),
        zeros=step.zeros,
        constant=step.constant,
        origins=origins,
        where=where,
    )


@do_step.register
def _(step: WinsoriseStep, table: pd.DataFrame, origins: Origins, where: str) -> Stepped:
    return winsorise(
        table,
        step.renamed(),
        lower=step.lower,
        upper=step.upper,
        by=step.by,
        quantiles=step.quantiles,
        origins=origins,
        where=where,
    )


@do_step.register
def _(step: ShiftStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    if step.step == "difference":
        return difference(table, step.renamed(), years=step.years, where=where)
    years = step.years if step.step == "lag" else -step.years
    return lag(table, step.renamed(), years=years, where=where)


@do_step.register
def _(step: ScaleStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    return scale_columns(table, step.renamed(), rule=step.step, by=step.by, where=where)


@do_step.register
def _(step: InterpolateStep, table: pd.DataFrame, origins: Origins, where: str) -> Stepped:
    gap = step.max_gap
    return interpolate(table, step.columns, max_gap=gap, origins=origins, where=where)


@do_step.register
def _(step: BalancedStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    return balanced(table, step.columns, years=step.years, where=where)


@do_step.register
def _(step: RegionStep, table: pd.DataFrame, _: Origins, where: str) -> Stepped:
    return add_regions(
        table, division=step.division, name=step.name, column=step.column, where=where
    )
