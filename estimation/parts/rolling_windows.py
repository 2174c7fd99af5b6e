"""The effect of linear fixed effects in windows of years that roll over the sample."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.designs import Design, design_label
from estimation.inference.intervals import LEVEL, quantile
from estimation.linear.keys import Windows
from estimation.linear.rows import linear_estimate, linear_rows
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.results import CurvePoint, Estimate
from estimation.samples.sample import Sample, take
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

CURVE = "rolling_window"


@dataclass(frozen=True, slots=True)
class RollingWindows:
    """The part of a design with windows."""

    name: ClassVar[str] = "rolling windows"

    windows: Windows
    """Their width and step."""

    def tell(self, setting: LinearSetting) -> Told:
        """A point for each window in which the effect can be estimated; notes of the others."""
        label = f"{design_label(setting.design)}, {LINEAR}"
        spans = window_years(setting.sample, self.windows)
        told, notes = [], [_about(label, self.windows, spans)]
        for first, last in spans:
            try:
                told.append(((first + last) / 2, _effect(setting, first, last)))
            except SampleError as error:
                notes.append(f"{label}: window {first}-{last} not estimated: {error}")
        points = [_point(setting.design, at, row, len(told)) for at, row in told]
        return Told(curves=tuple(points), notes=tuple(notes))


def window_years(sample: Sample, windows: Windows) -> list[tuple[int, int]]:
    """First and last calendar year of each window that lies within the sample's years.

    Raises
    ------
    SampleError
        The sample has fewer years than a window.
    """
    start, end = int(sample.year.min()), int(sample.year.max())
    firsts = range(start, end - windows.width + 2, windows.step)
    if not firsts:
        raise SampleError(
            f"{sample.label}, windows",
            expected=f"{windows.width} years or more",
            found=f"{start}-{end}",
            hint="make windows narrower",
        )
    return [(first, first + windows.width - 1) for first in firsts]


def _effect(setting: LinearSetting, first: int, last: int) -> Estimate:
    """The treatment's row of a window alone."""
    inside = (setting.sample.year >= first) & (setting.sample.year <= last)
    years = np.unique(setting.sample.year[inside])
    label = f"{setting.sample.label}, window {first}-{last}"
    if years.size < 2:
        raise SampleError(
            label, expected="two years or more", found=f"{years.size}", hint="use wider windows"
        )
    part = replace(take(setting.sample, inside), label=label)
    return linear_rows(linear_estimate(part, setting.design))[0]


def _point(design: Design, at: float, row: Estimate, count: int) -> CurvePoint:
    """A window's effect; the band holds all windows by Bonferroni's rule."""
    half = quantile(1 - (1 - LEVEL) / (2 * count), df=row.df) * row.std_error
    return CurvePoint(
        design=design.name,
        variant=LINEAR,
        curve=CURVE,
        term=design.treatment,
        along=design.year,
        at=at,
        effect=row.estimate,
        std_error=row.std_error,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        band_low=row.estimate - half,
        band_high=row.estimate + half,
    )


def _about(label: str, windows: Windows, spans: list[tuple[int, int]]) -> str:
    common = windows.width - windows.step
    text = (
        f"neighbouring ones share {common} years, so that their estimates are not independent"
        if common > 0
        else "they do not overlap"
    )
    return (
        f"{label}: {len(spans)} windows of {windows.width} years from {spans[0][0]} to "
        f"{spans[-1][1]}, each at its middle year; {text}; bands by Bonferroni's rule"
    )
