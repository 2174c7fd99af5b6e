"""What is told of the instruments of linear fixed effects: strength, validity, reduced form."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.instruments.anderson_rubin_set import anderson_rubin_set
from estimation.instruments.effective_f import EffectiveF, effective_f
from estimation.instruments.in_panel import PanelRows, in_panel
from estimation.instruments.keys import instruments_of, lag_of
from estimation.instruments.partialled import Partialled
from estimation.instruments.two_stage import over_identification
from estimation.linear.printed import missing_error
from estimation.linear.regression import clustered_name, fit_regression
from estimation.linear.residualised import without_redundant
from estimation.linear.rows import LAGGED, regression_of
from estimation.parts.first_stage import WEAK
from estimation.parts.linear_checks import linear_check, linear_row
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.problems.terms import treatment_terms
from estimation.results import Check, Estimate
from estimation.samples.sample import Integers
from geo.errors import SampleError

TAU = 0.10
"""Share of the worst-case bias below which instruments count as strong."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearColumns:
    """A linear design's columns with effects and controls taken out."""

    columns: Partialled
    """Outcome, treatment, instruments."""
    rows: PanelRows
    """Cities, years and controls of its rows."""
    kept: Integers
    """Their positions in the sample."""
    groupings: Integers
    """Clusters as the fit's own row has them, shape (n, 1) or (n, 2)."""
    where: str
    """What errors name."""


def linear_columns(setting: LinearSetting, names: tuple[str, ...]) -> LinearColumns:
    """The columns of the linear fit, with some of the sample's columns as instruments.

    Parameters
    ----------
    setting : LinearSetting
    names : tuple of str
        Columns of the sample; the treatment's name for the treatment itself.

    Returns
    -------
    LinearColumns
        Rows alone in a level of an effect are left out, as in the fit.
    """
    sample, design = setting.sample, setting.design
    model, _ = without_redundant(regression_of(sample, design, treatment_terms(sample, design)))
    effects, ways = tuple(model.effects.values()), tuple(model.clusters.values())
    whole = PanelRows(sample.city, sample.year, sample.controls, effects=effects, clusters=ways)
    kept = np.flatnonzero(whole.in_company())
    rows = whole.take(kept)
    Z = np.column_stack(
        [sample.treatment if name == design.treatment else sample.column(name) for name in names]
    )[kept]
    where = f"{sample.label}, linear two-way fixed effects"
    columns = in_panel(
        sample.outcome[kept], sample.treatment[kept], Z, rows, names=names, where=where
    )
    return LinearColumns(columns, rows, kept, sample.groupings[kept], where)


@dataclass(frozen=True, slots=True)
class InstrumentTests:
    """The part of linear designs with instruments."""

    name: ClassVar[str] = "instruments"

    def tell(self, setting: LinearSetting) -> Told:
        """First stage, effective F, Anderson-Rubin set, over-identification, reduced form."""
        names = instruments_of(setting.design)
        told = linear_columns(setting, names)
        rows, notes = [_first_stage(setting, names)], list[str]()
        try:
            strength = effective_f(told.columns, told.groupings, where=told.where)
        except SampleError as error:
            rows.append(_not_tested(setting, "effective_f", error))
        else:
            rows.append(_effective_f(setting, strength, names))
            notes += _weak(told, strength)
        rows += _anderson_rubin(setting, told)
        if len(names) > 1:
            rows.append(_over_identification(setting, told))
        estimates = (
            *_regressions(setting, names, part="reduced_form"),
            *_regressions(setting, names, part="first_stage"),
        )
        if lag_of(setting.design):
            notes.append(f"{told.where}: {LAGGED}")
        return Told(estimates=estimates, checks=tuple(rows), notes=tuple(notes))


def _first_stage(setting: LinearSetting, names: tuple[str, ...]) -> Check:
    """The F of the fit's own row."""
    first = setting.linear.fit.first_stage
    if first is None:
        raise TypeError("a fit with instruments")
    statistic = float(first[0])
    known = bool(np.isfinite(statistic))
    return linear_check(
        setting,
        "first_stage",
        ", ".join(names),
        "F, clustered",
        statistic,
        reference=WEAK,
        verdict=("failed" if statistic < WEAK else "passed") if known else "",
        note="" if known else "not tested: two-way clusters leave a negative variance",
    )


def _effective_f(setting: LinearSetting, strength: EffectiveF, names: tuple[str, ...]) -> Check:
    critical = strength.critical
    known = ", ".join(f"{value:.4g} ({tau:.0%})" for tau, value in critical.items())
    return linear_check(
        setting,
        "effective_f",
        ", ".join(names),
        "effective F",
        strength.statistic,
        reference=critical[TAU],
        verdict="failed" if strength.statistic < critical[TAU] else "passed",
        note=f"above it the bias is at most {TAU:.0%} of its worst case, tested at 5 %; critical "
        f"values: {known}; simplified, {TAU:.0%}: {strength.simplified[TAU]:.4g}",
    )


def _weak(told: LinearColumns, strength: EffectiveF) -> Iterator[str]:
    if strength.statistic < strength.critical[TAU]:
        yield (
            f"{told.where}: instruments may be weak (effective F {strength.statistic:.3g}, "
            f"below {strength.critical[TAU]:.3g}): trust the Anderson-Rubin set, not the interval"
        )


def _anderson_rubin(setting: LinearSetting, told: LinearColumns) -> Iterator[Check]:
    treatment = setting.design.treatment
    try:
        found = anderson_rubin_set(told.columns, told.groupings, where=told.where)
    except SampleError as error:
        yield _not_tested(setting, "anderson_rubin", error)
        return
    yield linear_check(
        setting,
        "anderson_rubin",
        treatment,
        f"F({found.instruments}, {found.df:g})",
        found.statistic,
        p_value=found.p_value,
        note="test of no effect, valid however weak the instruments; clustered",
    )
    said = set_said(found.pieces)
    for low, high in found.pieces or ((np.nan, np.nan),):
        for words, end in (("lower", low), ("upper", high)):
            statistic = f"{words} end of the 95 % set"
            yield linear_check(setting, "anderson_rubin", treatment, statistic, end, note=said)


def set_said(pieces: tuple[tuple[float, float], ...]) -> str:
    """What a set of effects is, in words."""
    if not pieces:
        return "the set is empty: no effect fits all instruments"
    if pieces == ((-np.inf, np.inf),):
        return "the set is every number: the instruments are too weak to say anything"
    if len(pieces) == 1 and np.isfinite(pieces[0]).all():
        return "the set is an interval"
    return f"the set is {' and '.join(f'{low:.4g} to {high:.4g}' for low, high in pieces)}"


def _over_identification(setting: LinearSetting, told: LinearColumns) -> Check:
    where = f"{told.where}, over-identification"
    try:
        found = over_identification(told.columns, told.groupings, where=where)
    except SampleError as error:
        return _not_tested(setting, "over_identification", error)
    return linear_check(
        setting,
        "over_identification",
        setting.design.treatment,
        f"Hansen J, chi2({found.df})",
        found.statistic,
        p_value=found.p_value,
        verdict="failed" if found.p_value < 0.05 else "passed",
        note="that all instruments lead to one effect; it cannot tell that all are wrong alike",
    )


def _not_tested(setting: LinearSetting, check: str, why: SampleError) -> Check:
    treatment = setting.design.treatment
    return linear_check(setting, check, treatment, "", np.nan, note=f"not tested: {why}")


def _regressions(
    setting: LinearSetting, names: tuple[str, ...], *, part: str
) -> Iterator[Estimate]:
    """Coefficients of the instruments on the outcome, or on the treatment: fits of their own."""
    sample, design = setting.sample, setting.design
    model = regression_of(sample, design, treatment_terms(sample, design))
    if model.instruments is None:
        raise TypeError("a model with instruments")
    target, of = model.outcome, design.outcome
    if part == "first_stage":
        target, of = model.terms[:, 0], design.treatment
    fit = fit_regression(
        replace(
            model,
            outcome=target,
            terms=model.instruments,
            term_names=names,
            instruments=None,
            lag=None,
            third=False,
        )
    )
    errors = clustered_name(design.cluster)
    clusters, said = (
        fit.clusters[errors],
        "the instrument" if len(names) == 1 else "all instruments",
    )
    pairs = zip(names, fit.theta, fit.std_errors(errors), strict=True)
    for name, estimate, std_error in pairs:
        note = [f"of {of} on {said}", *missing_error(float(std_error), clusters)]
        yield linear_row(
            setting,
            part,
            name,
            float(estimate),
            float(std_error),
            n=fit.n,
            n_clusters=clusters,
            se_type="robust" if design.rows_alone else "+".join(design.cluster),
            df=float(clusters - 1),
            note="; ".join(note),
        )
