"""What is true of a made-up country's effects in the sample of each design and variant."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from estimation.designs import Design
from estimation.heterogeneity.grouping import grouping_of
from estimation.heterogeneity.values import named_at, values_at
from estimation.samples.sample import Floats, Sample, build_sample
from estimation.samples.subsamples import sample_of_variant
from estimation.tables.table_columns import Truth
from panels.synthetic import DIFI_UNIT, SyntheticPanel

UIL = "uil"


def true_effects(designs: Sequence[Design], panel: pd.DataFrame, country: SyntheticPanel) -> Truth:
    """The average effect of upgrading over each sample, and how it changes with digital finance.

    Parameters
    ----------
    designs : sequence of Design
        Those with another treatment than ``uil`` have no truth here.
    panel : pandas.DataFrame
        What was estimated on.
    country : SyntheticPanel

    Returns
    -------
    mapping of (design, variant, term) to float
        The average over the city-years of the sample in levels. First differences weigh the first
        and last year of a city by half of the others.
    """
    effects = country.designed.set_index(["city_id", "year"])["effect"]
    table = country.truth.set_index("quantity")["value"]
    slope = float(table["moderation_per_100_points"]) / DIFI_UNIT
    truth: dict[tuple[str, str, str], float] = {}
    for design in designs:
        if design.treatment != UIL:
            continue
        whole = build_sample(panel, design)
        for variant in {*design.variants, "two_way_fixed_effects"}:
            sample = sample_of_variant(whole, design, faithful=variant == "faithful")
            own = _own_effects(sample, effects)
            truth[design.name, variant, UIL] = float(np.mean(own))
            if design.groups is not None:
                grouping = grouping_of(sample, design.groups, design)
                for name, inside in zip(grouping.names, grouping.indicators.T, strict=True):
                    of_group = float(np.average(own, weights=inside))
                    truth[design.name, variant, f"{UIL}, {name}"] = of_group
            if design.project_on is not None:
                truth |= _projected(sample, design, variant, own)
            if design.moderator is not None:
                truth[design.name, variant, f"{UIL} x {design.moderator}"] = slope
    return truth


def _projected(sample: Sample, design: Design, variant: str, own: Floats) -> Truth:
    """How the effects change per standard deviation of each variable: their least squares."""
    asked = design.project_on
    if asked is None:
        return {}
    values = np.column_stack([values_at(sample, c, asked.at, design) for c in asked.columns])
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    slopes = np.linalg.lstsq(standard, own - own.mean(), rcond=None)[0]
    return {
        (design.name, variant, f"{UIL} x {named_at(column, asked.at)}"): float(slope)
        for column, slope in zip(asked.columns, slopes, strict=True)
    }


def _own_effects(sample: Sample, effects: pd.Series) -> Floats:
    """The effect in each row of the sample, shape (n,)."""
    keys = [
        (sample.cities[city], int(year))
        for city, year in zip(sample.city, sample.year, strict=True)
    ]
    return effects.loc[keys].to_numpy(dtype=np.float64)
