"""Wage gaps of a simulation, and the data beside which it is drawn."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from estimation.samples.sample import Floats
from estimation.structural.parameters import SECTORS, Three
from geo.errors import StudyFileError
from nightpanel.scenario_runs import WageGaps
from nightpanel.scenario_sections import DataSection
from panels.sector_groups import read_groups
from panels.sectors import SectorData, load_etd
from panels.wage_gaps import wage_gaps

CHINA = "CHN"
NO_DATA = (
    "Wage gaps: 1 in every period unless a scenario says otherwise, as no sector data were named "
    "(--data FILE, or [data] in the scenario file); the paper's own are measured, and a reform of "
    "a gap of 1 changes nothing"
)


@dataclass(frozen=True, slots=True)
class SectorFrictions:
    """What sector data say, or that there are none."""

    said: str
    """Where wage gaps come from, for people."""
    files: tuple[Path, ...] = ()
    """What was read."""
    first_year: int | None = None
    """Year of period 1."""
    gaps: WageGaps | None = None
    """Wage gaps by period, from capital's shares."""
    observed: pd.DataFrame | None = None
    """Index ``period``; ``year``, then shares of employment and nominal output by sector, as
    `nightpanel.structural_tables.path_table` names them."""


def data_files(section: DataSection | None, file: Path | None) -> tuple[Path, ...]:
    """The files that `read_frictions` will read; none where no sector data are named."""
    named = file if file is not None or section is None else section.file
    if named is None:
        return ()
    mapping = None if section is None else section.mapping
    return (named,) if mapping is None else (named, mapping)


def read_frictions(
    section: DataSection | None, *, file: Path | None, country: str | None
) -> SectorFrictions:
    """Read the sector data of a simulation, if any are named.

    Parameters
    ----------
    section : DataSection, optional
        Of the scenario file.
    file : Path, optional
        In place of its file.
    country : str, optional
        In place of its country.

    Returns
    -------
    SectorFrictions

    Raises
    ------
    NightpanelError
        The file cannot be read, or lacks the country, sectors or years.
    """
    files = data_files(section, file)
    if not files:
        _require_no_country(country)
        return SectorFrictions(NO_DATA)
    years = None if section is None or section.years is None else section.years
    data = load_etd(
        files[0],
        country or (CHINA if section is None else section.country),
        None if years is None else (years[0], years[1]),
        read_groups(files[1]) if len(files) > 1 else None,
    )
    return frictions_of(data, files=files)


def _require_no_country(country: str | None) -> None:
    if country is not None:
        raise StudyFileError(
            "--country",
            expected="sector data that have it",
            found=f"{country!r} and no data",
            hint="name a file with --data, or in the scenario file's [data]",
        )


def frictions_of(data: SectorData, *, files: tuple[Path, ...]) -> SectorFrictions:
    """Wage gaps and shares of an economy.

    Parameters
    ----------
    data : SectorData
    files : tuple of Path
        Which it is from.

    Returns
    -------
    SectorFrictions
    """

    def gaps(beta: Three) -> tuple[Floats, Floats]:
        table = wage_gaps(data, beta)
        return table["xi_m"].to_numpy(np.float64), table["xi_s"].to_numpy(np.float64)

    shares = {"labour": data.labour, "output": data.output}
    columns = {
        f"{kind}_{sector}": values[:, at]
        for kind, values in shares.items()
        for at, sector in enumerate(SECTORS)
    }
    period = pd.RangeIndex(1, len(data.years) + 1, name="period")
    first, last = data.years[0], data.years[-1]
    return SectorFrictions(
        said=f"Wage gaps: equation (39) on {', '.join(map(str, files))}, {data.name} "
        f"({data.country}), {first} to {last}, constant afterwards",
        files=files,
        first_year=first,
        gaps=gaps,
        observed=pd.DataFrame({"year": list(data.years), **columns}, index=period),
    )
