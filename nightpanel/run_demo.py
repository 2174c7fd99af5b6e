"""What is made up, run as any study, with its truth in the tables: a country, or provinces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from estimation.designs import Design
from nightpanel.asked import asked
from nightpanel.design_tables import design_tables
from nightpanel.made_up_provinces import STUDY as PROVINCES
from nightpanel.made_up_provinces import true_of_provinces, write_provinces
from nightpanel.outputs import check_writable, staged, write_csv
from nightpanel.result_tables import result_tables
from nightpanel.run_study import StudyRun, run
from nightpanel.study_file import load_study
from panels.synthetic import CountrySpec, SyntheticPanel, synthetic_panel
from panels.synthetic_provinces import ProvinceSpec, SyntheticProvinces, synthetic_provinces
from tiles.synthetic import paint_country

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult
    from estimation.tables.result_table import ResultTable
    from estimation.tables.table_columns import Truth

STUDY = "demo_study.toml"
RESOURCE = "resource_city"
DemoStudy = Literal["country", "digital_integration"]
"""What there is to make up."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A run on the made-up country and what is true there."""

    run: StudyRun
    """The run, as for any study."""
    truth: "Truth"
    """The true average effect over the sample, by design, variant and term."""
    tables: "Mapping[str, ResultTable]"
    """The tables of the study, with the truth below each estimate, by name of their files."""

    @property
    def estimates(self) -> "EstimationResult":
        """The table of estimates with its notes."""
        if self.run.estimates is None:
            raise ValueError("the demo study has no designs")
        return self.run.estimates


def demo(
    *,
    out: Path,
    study: DemoStudy = "country",
    seed: int = 1,
    workers: int | None = None,
    quiet: bool = True,
) -> Demo:
    """Make up a study's files, run it, set the estimates beside the truth.

    Parameters
    ----------
    out : Path
        Output folder; the made files are in its sub-folder ``country`` or ``provinces``.
    study : {"country", "digital_integration"}
        The country with its tiles, or provinces and their digital integration, tables alone.
    seed : int
        Seed of what is made up.
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
    if study == "digital_integration":
        provinces = synthetic_provinces(ProvinceSpec(), seed)
        folder = out / "provinces"
        write_provinces(provinces, folder=folder)
        return run_provinces(
            provinces, folder / PROVINCES, out=out, workers=workers, quiet=quiet, report=True
        )
    country = synthetic_panel(CountrySpec(), seed)
    write_country(country, folder=out / "country", seed=seed)
    study_file = out / "country" / STUDY
    return run_country(country, study_file, out=out, workers=workers, quiet=quiet, report=True)


def run_country(
    country: SyntheticPanel,
    study: Path,
    *,
    out: Path,
    workers: int | None = None,
    quiet: bool = True,
    report: bool = False,
) -> Demo:
    """Run a study of a made-up country and set its tables beside the truth.

    Parameters
    ----------
    country : SyntheticPanel
    study : Path
        A study of the country's files.
    out, workers, quiet
        As in `demo`.
    report : bool
        Whether figures, tables and the report are written, too.

    Returns
    -------
    Demo
    """
    from nightpanel.true_effects import true_effects  # the estimators take seconds to load

    def truth_of(designs: Sequence[Design], panel: pd.DataFrame) -> "Truth":
        return true_effects(designs, panel, country)

    result = run(study, out=out, workers=workers, quiet=quiet, report=report)
    return _beside_truth(result, study, truth_of, country.truth, out=out)


def run_provinces(
    made: SyntheticProvinces,
    study: Path,
    *,
    out: Path,
    workers: int | None = None,
    quiet: bool = True,
    report: bool = False,
) -> Demo:
    """Run a study of the made-up provinces and set its tables beside the truth.

    Parameters
    ----------
    made : SyntheticProvinces
    study : Path
        A study of the provinces' files.
    out, workers, quiet
        As in `demo`.
    report : bool
        Whether figures, tables and the report are written, too.

    Returns
    -------
    Demo
    """

    def truth_of(designs: Sequence[Design], panel: pd.DataFrame) -> "Truth":
        return true_of_provinces(designs, panel, made)

    result = run(study, out=out, workers=workers, quiet=quiet, report=report)
    return _beside_truth(result, study, truth_of, made.truth, out=out)


def _beside_truth(
    result: StudyRun,
    study: Path,
    truth_of: "Callable[[Sequence[Design], pd.DataFrame], Truth]",
    table: pd.DataFrame,
    *,
    out: Path,
) -> Demo:
    """The study's tables with what is true, and the table of truth beside them."""
    if result.estimates is None or result.panel is None:
        raise ValueError(f"{study} has no designs")
    model = load_study(study)
    wanted, panel = asked(model.designs, model.tables), result.panel.panel
    truth = truth_of(wanted.designs, panel)
    beside = design_tables(wanted.designs)
    with_truth = result_tables(wanted, result.estimates, panel, truth=truth, beside=beside)
    with staged(out) as staging:
        write_csv(table, staging / "truth.csv")
    return Demo(run=result, truth=truth, tables=with_truth)


def write_country(country: SyntheticPanel, *, folder: Path, seed: int) -> None:
    """Write the country's files: tiles, units, yearbook, digital finance, a list, the study.

    The list is of cities whose secondary sector is above the median in the first year.

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
        write_csv(resource_cities(country.yearbook), staging / "resource_cities.csv")
        study = files("nightpanel").joinpath(STUDY).read_text(encoding="utf-8")
        (staging / STUDY).write_text(study, encoding="utf-8")


def resource_cities(yearbook: pd.DataFrame) -> pd.DataFrame:
    """Whether a city's secondary sector has more than the median share in the first year.

    Parameters
    ----------
    yearbook : pandas.DataFrame
        As `panels.synthetic.SyntheticPanel` has it.

    Returns
    -------
    pandas.DataFrame
        ``city_code``, ``resource_city`` (0 or 1); no year.
    """
    first = yearbook[yearbook["year"] == yearbook["year"].min()]
    sectors = first[["va_primary", "va_secondary", "va_tertiary"]]
    share = sectors["va_secondary"] / sectors.sum(axis="columns")
    above = (share > share.median()).astype("int64")
    return pd.DataFrame({"city_code": first["city_code"], RESOURCE: above}).reset_index(drop=True)
