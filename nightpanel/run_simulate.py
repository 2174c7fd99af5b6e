"""`nightpanel simulate`: scenarios of the structural model, checked, with tables and figures."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from estimation.structural.scenarios import Scenario, paper
from estimation.structural.simulate import Simulated
from estimation.structural.simulate import simulate as simulate_path
from nightpanel.digests import FileDigests
from nightpanel.made_by import running_code
from nightpanel.manifest import MANIFEST, read_manifest, stage_record
from nightpanel.outputs import check_writable, staged, write_csv, write_manifest, write_table
from nightpanel.own_folder import require_own_folder
from nightpanel.scenario_file import load_scenarios
from nightpanel.scenario_grids import grid_tables
from nightpanel.scenario_runs import naming, scenarios_of
from nightpanel.scenario_sections import ScenarioFile
from nightpanel.sector_frictions import SectorFrictions, read_frictions
from nightpanel.structural_checks import checked
from nightpanel.structural_figures.paper import draw_figures
from nightpanel.structural_tables import changes, margins, markdown, path_table, tidy

STAGE = "simulate"
PAPER = "scenarios of the paper"
"""Where errors say that a scenario is from, when no file was given."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a run made."""

    out: Path
    """The output folder."""
    simulated: Mapping[str, Simulated]
    """Every scenario by name, in the file's order."""
    paths: Mapping[str, pd.DataFrame]
    """The same as `nightpanel.structural_tables.path_table`."""
    changes: pd.DataFrame
    """First and last period and change, as `nightpanel.structural_tables.changes`."""
    margins: pd.DataFrame
    """Change of producer services' share by margin, as `nightpanel.structural_tables.margins`."""
    residuals: pd.DataFrame
    """The largest residual by scenario, as `nightpanel.structural_checks.largest`."""
    grids: pd.DataFrame
    """One row for each combination, as `nightpanel.scenario_grids.grid_tables`; empty without."""
    wage_gaps: str
    """Where wage gaps come from, for people."""
    files: tuple[str, ...]
    """What was written, as names in the output folder."""


def simulate(
    scenarios: Path | None = None,
    *,
    data: Path | None = None,
    country: str | None = None,
    periods: int | None = None,
    out: Path,
    threads: int | None = None,
    quiet: bool = True,
) -> Simulation:
    """Run scenarios of the structural model of Pan, Li and Gu and write what comes out.

    Parameters
    ----------
    scenarios : Path, optional
        TOML file of scenarios; those of the paper when left out.
    data : Path, optional
        Workbook of the Economic Transformation Database, in place of the file's ``[data]``.
    country : str, optional
        Its code there; the file's, or China's, when left out.
    periods : int, optional
        Periods of every scenario; the file's, or 60, when left out.
    out : Path
        Output folder: empty, or of an earlier run of this command.
    threads : int, optional
        Threads for grids; all cores when left out.
    quiet : bool
        No progress bars.

    Returns
    -------
    Simulation

    Raises
    ------
    NightpanelError
        A key of the file is unknown or its value outside its domain, data are missing, a period
        has no equilibrium that can be found, a residual is above 1e-10; ``out`` is as it was.
    """
    start = time.perf_counter()
    require_own_folder(out, stage=STAGE, what="simulation")
    check_writable(out)
    digests = FileDigests()
    model = ScenarioFile() if scenarios is None else load_scenarios(scenarios)
    frictions = read_frictions(model.data, file=data, country=country)
    inputs = [*([] if scenarios is None else [scenarios]), *frictions.files]
    read = digests.of([path.resolve() for path in inputs])
    length = periods or model.simulation.periods
    made = _scenarios(model, scenarios, frictions, length)
    simulated = {one.name: _simulated(one) for one in made}
    residuals = checked(simulated)
    first_year = frictions.first_year or model.simulation.first_year
    paths = {
        name: path_table(one, first_year=first_year) for name, one in simulated.items()
    }
    grids = grid_tables(
        model, where=str(scenarios or PAPER), periods=length, gaps=frictions.gaps,
        threads=threads, quiet=quiet,
    )  # fmt: skip
    result = Simulation(
        out=out,
        simulated=simulated,
        paths=paths,
        changes=changes(paths),
        margins=margins(simulated),
        residuals=residuals.largest,
        grids=grids,
        wage_gaps=frictions.said,
        files=(),
    )
    digests.require_unchanged()
    ...
