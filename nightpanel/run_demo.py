"""The made-up country: painted, measured, joined and estimated, beside its truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nightpanel.outputs import check_writable, staged, write_csv
from nightpanel.run_study import StudyRun, run
from panels.synthetic import CountrySpec, SyntheticPanel, synthetic_panel
from tiles.synthetic import paint_country

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult

STUDY = "demo_study.toml"
# Which truth each design of the demo study should come near: quantity and sample of the truth.
TARGETS = {
    "no controls": "all",
    "with controls": "all",
    "early years": "2011-2015",
    "late years": "2016-2021",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """A run on the made-up country and what is true there."""

    run: StudyRun
    """The run, as for any study."""
    truth: Mapping[str, float]
    """The true average effect by design."""

    @property
    def estimates(self) -> "EstimationResult":
        """The table of estimates with its notes."""
        if self.run.estimates is None:
            raise ValueError("the demo study has no designs")
        return self.run.estimates


def demo(*, out: Path, seed: int = 1, workers: int | None = None, quiet: bool = True) -> Demo:
    """Make the country's files, run their study, set the estimates beside the truth.

    Parameters
    ----------
    out : Path
        Output folder; the made files are in its sub-folder ``country``.
    seed : int
        Seed of the country.
    workers : int, optional
        Processes that fit nuisance functions; all cores when left out.
    quiet : bool
        No progress bars.

    Returns
    -------
    Demo

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    check_writable(out)
    country = synthetic_panel(CountrySpec(), seed)
    write_country(country, folder=out / "country", seed=seed)
    result = run(out / "country" / STUDY, out=out, workers=workers, quiet=quiet)
    truth = _truth_by_design(country.truth)
    with staged(out) as staging:
        write_csv(country.truth, staging / "truth.csv")
    return Demo(run=result, truth=truth)


def write_country(country: SyntheticPanel, *, folder: Path, seed: int) -> None:
    """Write the country's files: tiles, units, yearbook, digital finance and the study.

    Parameters
    ----------
    country : SyntheticPanel
    folder : Path
        Where the files go; files of the same names are replaced.
    seed : int
        Seed of the painting.
    """
    with staged(folder) as staging:
        designed = country.designed[["city_id", "year", "gini"]]
        paint_country(designed, folder=staging, seed=seed)
        country.yearbook.to_excel(staging / "yearbook.xlsx", index=False, sheet_name="cities")
        write_csv(country.digital_finance, staging / "digital_finance.csv")
        study = files("nightpanel").joinpath(STUDY).read_text(encoding="utf-8")
        (staging / STUDY).write_text(study, encoding="utf-8")


def _truth_by_design(truth: pd.DataFrame) -> dict[str, float]:
    effects = truth[truth["quantity"] == "average_effect"].set_index("sample")["value"]
    return {design: float(effects[sample]) for design, sample in TARGETS.items()}
