"""Wage gaps of a simulation, and the data beside which it is drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nightpanel.scenario_runs import WageGaps
from nightpanel.scenario_sections import DataSection

if TYPE_CHECKING:
    import pandas as pd


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
    observed: "pd.DataFrame | None" = None
    """Index ``period``; ``year``, then shares of employment and nominal output by sector, as
    `nightpanel.structural_tables.path_table` names them."""


NO_DATA = (
    "Wage gaps: 1 in every period, as no sector data were named (--data FILE, or [data] in the "
    "scenario file); the paper's own are measured"
)


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
    if section is None and file is None:
        return SectorFrictions(NO_DATA)
    raise NotImplementedError
