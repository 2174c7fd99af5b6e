"""The made-up provinces' files, and the truth of the designs of their study."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from estimation.designs import Design
from nightpanel.outputs import staged, write_csv
from panels.synthetic_provinces import MEDIATORS, SyntheticProvinces

if TYPE_CHECKING:
    from estimation.tables.regression_table import Truth

STUDY = "digital_integration.toml"
TABLES = ("indicators", "yearbook", "provinces", "pilots", "shares", "shocks", "exposure")
LINEAR = "two_way_fixed_effects"
ADEI = "adei"


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
        if design.treatment != ADEI:
            continue
        sample = build_sample(panel, design)
        keys = zip(np.take(sample.cities, sample.city), sample.year.tolist(), strict=True)
        own = effects.loc[list(keys)].to_numpy(dtype=np.float64)
        pilot = sample.column("pilot") if design.moderator == "pilot" else None
        for term, value in _terms(design, truth, own, pilot):
            known[design.name, LINEAR, term] = value
    return known


def _terms(
    design: Design, truth: pd.Series, own: np.ndarray, pilot: np.ndarray | None
) -> Iterator[tuple[str, float]]:
    """Terms of a design and what is true of them."""
    indirect = sum(float(truth["indirect_effect", name]) for name in MEDIATORS)
    parts = () if design.composite_of is None else design.composite_of.parts
    if design.outcome == "isa":
        carried = set(MEDIATORS) <= set(design.controls)
        yield ADEI, float(own.mean()) - (indirect if carried else 0.0)
        if pilot is not None:
            yield f"{ADEI} x pilot", float(truth["pilot_amplifies", "slope"])
            yield "pilot", float(truth["pilot_adds", "level at the mean of adei"])
    elif design.outcome in MEDIATORS:
        yield ADEI, float(truth["effect_on_mediator", design.outcome])
    elif design.outcome == "productivity":
        yield ADEI, float(truth["effect_on_productivity", ADEI])
    if parts and design.outcome in {"isa", "green"}:
        yield from _products(parts, float(truth[f"effect_on_{design.outcome}", "ai x digital"]))


def _products(parts: Sequence[str], value: float) -> Iterator[tuple[str, float]]:
    """Of the products of parts only that of ai and digital has an effect."""
    for place, one in enumerate(parts):
        for other in parts[place + 1 :]:
            both = {f"{ADEI}_ai", f"{ADEI}_digital"} == {one, other}
            yield f"{one} x {other}", value if both else 0.0
