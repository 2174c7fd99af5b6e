"""`nightpanel simulate`: scenarios of the structural model, checked, with tables and figures."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.structural.calibration import CalibratedB
from estimation.structural.scenarios import Scenario, paper
from estimation.structural.simulate import Simulated
from estimation.structural.simulate import simulate as simulate_path
from nightpanel.compute import Compute
from nightpanel.digests import FileDigests
from nightpanel.outputs import check_writable
from nightpanel.own_folder import require_own_folder
from nightpanel.scenario_file import load_scenarios
from nightpanel.scenario_grids import Grids, run_grids
from nightpanel.scenario_runs import calibrations_of, naming, scenarios_of
from nightpanel.scenario_sections import ScenarioFile
from nightpanel.sector_frictions import SectorFrictions, data_files, read_frictions
from nightpanel.structural_checks import Checked, checked
from nightpanel.structural_files import STAGE, write_simulation
from nightpanel.structural_tables import changes, margins, path_table

if TYPE_CHECKING:
    import pandas as pd

PAPER = "scenarios of the paper"
"""Where errors say that a scenario is from, when no file was given."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a run made."""

    scenarios: tuple[Scenario, ...]
    """In the file's order."""
    simulated: Mapping[str, Simulated]
    """Their equilibria, by name."""
    paths: "Mapping[str, pd.DataFrame]"
    """The same as `nightpanel.structural_tables.path_table`."""
    changes: "pd.DataFrame"
    """First and last period and change, as `nightpanel.structural_tables.changes`."""
    margins: "pd.DataFrame"
    """Change of producer services' shares by margin, as `nightpanel.structural_tables.margins`."""
    checked: Checked
    """Residuals."""
    calibrated: Mapping[str, CalibratedB]
    """How productivities were calibrated, by scenario, for those that ask for it."""
    grids: Grids
    """Grids of scenarios; empty without any."""
    frictions: SectorFrictions
    """Wage gaps and data."""
    model: ScenarioFile
    """The scenario file; an empty one where none was given."""


def simulate(
    scenarios: Path | None = None,
    *,
    data: Path | None = None,
    country: str | None = None,
    periods: int | None = None,
    figures: bool = True,
    out: Path,
    threads: int | None = None,
    scheduler: str | None = None,
    quiet: bool = True,
) -> Simulation:
    """Run scenarios of the structural model of Pan, Li and Gu and write what comes out.

    Parameters
    ----------
    scenarios : Path, optional
        TOML file of scenarios; those of the paper when left out.
    data : Path, optional
        Workbook of the Economic Transformation Database, in place of the file's ``[data]``. Without
        either, wage gaps are 1.
    country : str, optional
        Its code there; the file's, or China's, when left out.
    periods : int, optional
        Periods of every scenario; the file's, or 60, when left out.
    figures : bool
        Whether figures are drawn.
    out : Path
        Output folder: empty, or of an earlier run of this command.
    threads : int, optional
        Threads for grids; all cores when left out.
    scheduler : str, optional
        Address of a Dask scheduler, as ``tcp://node1:8786``, whose workers simulate grids instead.
    quiet : bool
        No progress bars.

    Returns
    -------
    Simulation

    Raises
    ------
    NightpanelError
        A key of the file is unknown or its value outside its domain, data are missing, a period
        has no equilibrium that can be found, a residual is above 1e-10, nobody listens at the
        address, or the folder holds something else; ``out`` is as it was.
    """
    start = time.perf_counter()
    require_own_folder(out, stage=STAGE, what="simulation")
    check_writable(out)
    digests = FileDigests()
    read = _digests_of(digests, () if scenarios is None else (scenarios,))
    model = ScenarioFile() if scenarios is None else load_scenarios(scenarios)
    read |= _digests_of(digests, data_files(model.data, data))
    frictions = read_frictions(model.data, file=data, country=country)
    length = model.simulation.periods if periods is None else periods
    where = PAPER if scenarios is None else str(scenarios)
    made = _scenarios(model, frictions, where=where, periods=length, given=scenarios is not None)
    with Compute(scheduler) as compute:
        compute.require_there()
        result = _run(
            made, model, frictions, where, length, threads=threads, compute=compute, quiet=quiet
        )
    digests.require_unchanged()
    seconds = round(time.perf_counter() - start, 3)
    write_simulation(result, out, inputs=read, periods=length, figures=figures, seconds=seconds)
    return result


def _digests_of(digests: FileDigests, files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of files before they are read; one that is not there its reader names."""
    found = digests.of([path.resolve() for path in files if path.is_file()])
    return {str(path): digest for path, digest in found.items()}


def _scenarios(
    model: ScenarioFile, frictions: SectorFrictions, *, where: str, periods: int, given: bool
) -> tuple[Scenario, ...]:
    """The scenarios of the file, or those of the paper where there is no file."""
    if given:
        return scenarios_of(model, where=where, periods=periods, gaps=frictions.gaps)
    paper_beta = paper()[0].parameters.beta
    xi = None if frictions.gaps is None else frictions.gaps(paper_beta)
    return paper(xi, periods=periods)


def _run(
    made: Sequence[Scenario],
    model: ScenarioFile,
    frictions: SectorFrictions,
    where: str,
    periods: int,
    *,
    threads: int | None,
    compute: Compute,
    quiet: bool,
) -> Simulation:
    simulated = {}
    for one in made:
        with naming(f"{where}: scenario {one.name!r}"):
            simulated[one.name] = simulate_path(one.parameters, one.paths, one.state)
    residuals = checked(simulated, where=where)
    first_year = frictions.first_year or model.simulation.first_year
    paths = {name: path_table(one, first_year=first_year) for name, one in simulated.items()}
    grids = run_grids(
        model,
        where=where,
        periods=periods,
        gaps=frictions.gaps,
        threads=threads,
        executor=compute.executor,
        quiet=quiet,
    )
    return Simulation(
        scenarios=tuple(made),
        simulated=simulated,
        paths=paths,
        changes=changes(paths),
        margins=margins(simulated),
        checked=residuals,
        calibrated=calibrations_of(model, made),
        grids=grids,
        frictions=frictions,
        model=model,
    )
