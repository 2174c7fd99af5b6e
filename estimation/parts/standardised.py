"""Effects of a standard deviation of the treatment, of linear fixed effects."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.designs import Design, design_label
from estimation.linear.printed import fitted_row, told_in
from estimation.linear.rows import effect_levels, fit_notes
from estimation.linear.standardised import StandardisedEffect
from estimation.linear.within import absorber, in_company
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.results import Check, Estimate
from estimation.samples.sample import Floats, Sample
from estimation.samples.subsamples import split_values
from estimation.vocabulary import LINEAR

PART = "standardised"
OVERALL, WITHIN = "sd", "within sd"
"""The standard deviations of a treatment: of all city-years, and of what effects leave of it."""
IN_SD, PER_CENT = "in sd of the outcome", "% of the outcome's mean"


@dataclass(frozen=True, slots=True)
class Standardised:
    """The part of a design that asks for standardised effects."""

    name: ClassVar[str] = PART

    def tell(self, setting: LinearSetting) -> Told:
        """Three rows for each treatment and each of its two standard deviations, and a line."""
        rows: list[Estimate] = []
        checks: list[Check] = []
        notes: list[str] = []
        kept, within = _within(setting.sample, setting.design)
        outcome = setting.sample.outcome[kept]
        sd_outcome, mean_outcome = float(outcome.std(ddof=1)), float(outcome.mean())
        for position, treatment in enumerate(setting.design.treatments):
            column = split_values(setting.sample, treatment, setting.design)[kept]
            spreads = {OVERALL: column, WITHIN: within[:, position]}
            sizes = {kind: float(values.std(ddof=1)) for kind, values in spreads.items()}
            figures = sizes | {"sd of the outcome": sd_outcome, "mean of the outcome": mean_outcome}
            checks += [
                _check(setting.design, treatment, kind, value) for kind, value in figures.items()
            ]
            for kind, size in sizes.items():
                told, line = _rows(setting, position, kind, size, (sd_outcome, mean_outcome))
                rows += told
                notes.append(f"{design_label(setting.design)}, {LINEAR}: {line}")
        return Told(estimates=tuple(rows), checks=tuple(checks), notes=tuple(notes))


def _within(sample: Sample, design: Design) -> tuple[np.ndarray, Floats]:
    """Rows that the fit uses, and what the effects leave of each treatment there."""
    effects = [effect_levels(sample, effect) for effect in design.absorbed]
    kept = in_company(effects, n=sample.outcome.size)
    columns = [split_values(sample, one, design)[kept] for one in design.treatments]
    out = absorber([one[kept] for one in effects], n=int(kept.sum()), where=sample.label)
    return kept, out.left(np.column_stack(columns))


def _rows(
    setting: LinearSetting, position: int, kind: str, size: float, of: tuple[float, float]
) -> tuple[list[Estimate], str]:
    """The effect of one standard deviation, in three units, and the arithmetic."""
    linear, design = setting.linear, setting.design
    row = fitted_row(
        design,
        linear.fit,
        linear.printed,
        position=position,
        part=PART,
        notes=fit_notes(linear.fit, design, setting.sample),
    )
    factor = float(next(iter(linear.terms.scalings.values()))[position])
    sd_outcome, mean_outcome = of
    found = StandardisedEffect(factor * row.estimate, size, sd_outcome, mean_outcome)
    effects = ", ".join(design.absorbed) or "a constant"
    name = "its sd" if kind == OVERALL else f"its sd within {effects}"
    line = found.line(row.term, design.outcome, kind=name)
    row = replace(row, note="; ".join(part for part in (line, row.note) if part))
    units = {f"per {kind}": 1.0, f"per {kind}, {IN_SD}": 1 / sd_outcome}
    if mean_outcome > 0:
        units[f"per {kind}, {PER_CENT}"] = 100 / mean_outcome
    return [told_in(row, unit, factor * size * share) for unit, share in units.items()], line


def _check(design: Design, treatment: str, statistic: str, value: float) -> Check:
    return Check(
        design=design.name,
        variant=LINEAR,
        check=PART,
        subject=treatment,
        statistic=statistic,
        value=value,
        reference=float("nan"),
        p_value=float("nan"),
        verdict="",
        note="",
    )
