"""The made-up provinces' files, and the truth of the designs of their study."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from estimation.designs import Design
from estimation.heterogeneity.keys import Groups
from nightpanel.outputs import staged, write_csv
from panels.synthetic_provinces import MEDIATORS, SyntheticProvinces

if TYPE_CHECKING:
    from estimation.tables.table_columns import Truth

STUDY = "digital_integration.toml"
TABLES = ("indicators", "yearbook", "provinces", "pilots", "shares", "shocks", "exposure")
LINEAR = "two_way_fixed_effects"
ADEI = "adei"
PILOT = "pilot"


def write_provinces(made: SyntheticProvinces, *, folder: Path) -> None:
    """Write the made-up provinces' tables as csv, and the study beside them.

    Parameters
    ----------
    made : SyntheticProvinces
    folder : Path
        Where the files go; files of the same names are replaced.
    """
    with staged(folder) as staging:
        for name in TABLES:
            write_csv(getattr(made, name), staging / f"{name}.csv")
        study = files("nightpanel").joinpath(STUDY).read_text(encoding="utf-8")
        (staging / STUDY).write_text(study, encoding="utf-8")


def true_of_provinces(
    designs: Sequence[Design], panel: pd.DataFrame, made: SyntheticProvinces
) -> "Truth":
    """What is true of each design's terms.

    Parameters
    ----------
    designs : sequence of Design
    panel : pandas.DataFrame
        What was estimated on.
    made : SyntheticProvinces

    Returns
    -------
    mapping of (design, variant, term) to float
        Effects that differ between province-years are averages over those of the design's sample;
        least squares weighs them by what is left of the treatment after effects and controls.
    """
    from estimation.samples.sample import build_sample  # the estimators take seconds to load

    truth = made.truth.set_index(["quantity", "subject"])["value"]
    effects = made.designed.set_index(["city_id", "year"])["effect"]
    known: dict[tuple[str, str, str], float] = {}
    for design in designs:
        if design.treatment not in {ADEI, PILOT}:
            continue
        # Instruments make columns of their own and change nothing of what is true.
        sample = build_sample(panel, replace(design, instrument=None, shift_share=None))
        keys = zip(np.take(sample.cities, sample.city), sample.year.tolist(), strict=True)
        own = effects.loc[list(keys)].to_numpy(dtype=np.float64)
        for term, value in _terms(design, truth, own):
            for variant in _variants(design):
                known[design.name, variant, term] = value
    return known


def _variants(design: Design) -> tuple[str, ...]:
    """What estimates a design's terms: of a policy more than one way."""
    return (LINEAR,) if design.adoption is None else (LINEAR, *design.adoption.estimators)


def _terms(design: Design, truth: pd.Series, own: np.ndarray) -> Iterator[tuple[str, float]]:
    """Terms of a design and what is true of them."""
    parts = () if design.composite_of is None else design.composite_of.parts
    if design.treatment == PILOT:
        if design.outcome == "isa":
            average = "average over designated province-years"
            yield PILOT, float(truth["pilot_effect", average])
    elif design.outcome == "isa":
        yield from _of_structure(design, truth, own)
    elif design.outcome in MEDIATORS:
        yield ADEI, float(truth["effect_on_mediator", design.outcome])
    elif design.outcome == "productivity":
        yield ADEI, float(truth["effect_on_productivity", ADEI])
    if parts and design.outcome in {"isa", "green"}:
        yield from _products(parts, float(truth[f"effect_on_{design.outcome}", "ai x digital"]))


def _of_structure(design: Design, truth: pd.Series, own: np.ndarray) -> Iterator[tuple[str, float]]:
    """What is true of the composite's effect on the structure: whole, in parts and by group."""
    indirect = sum(float(truth["indirect_effect", name]) for name in MEDIATORS)
    carried = set(MEDIATORS) <= set(design.controls)
    yield ADEI, float(own.mean()) - (indirect if carried else 0.0)
    if design.mediators is not None:
        yield f"total effect of {ADEI}", float(own.mean())
        yield f"direct effect of {ADEI}", float(own.mean()) - indirect
        yield f"{ADEI} through all mediators", indirect
        for name in MEDIATORS:
            yield f"{ADEI} through {name}", float(truth["indirect_effect", name])
            yield f"{ADEI} to {name}", float(truth["effect_on_mediator", name])
            yield f"{name} to isa", float(truth["effect_of_mediator", name])
    if design.groups is not None:
        yield from _of_groups(design.groups, truth)
    if design.moderator == PILOT or design.adoption is not None:
        yield f"{ADEI} x {PILOT}", float(truth["pilot_amplifies", "slope"])
        yield PILOT, float(truth["pilot_adds", "level at the mean of adei"])


def _of_groups(groups: Groups, truth: pd.Series) -> Iterator[tuple[str, float]]:
    """Effects of regions, or of the periods before and from the year in which the slope rises."""
    if groups.column == "region":
        for region in ("east", "central", "west"):
            yield f"{ADEI}, region = {region}", float(truth["total_effect", region])
    for (first, last), span in zip(groups.periods, ("until 2016", "from 2017"), strict=False):
        yield f"{ADEI}, {first}-{last}", float(truth["total_effect", span])


def _products(parts: Sequence[str], value: float) -> Iterator[tuple[str, float]]:
    """Of the products of parts only that of ai and digital has an effect."""
    for place, one in enumerate(parts):
        for other in parts[place + 1 :]:
            both = {f"{ADEI}_ai", f"{ADEI}_digital"} == {one, other}
            yield f"{one} x {other}", value if both else 0.0
