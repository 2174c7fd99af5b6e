"""The whole study: its stages in order, and what they leave in the output folder."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import nightpanel
from geo.audit import AuditRow
from nightpanel.inputs import study_catalog, study_units
from nightpanel.outputs import (
    check_writable,
    digests,
    merged_audit,
    merged_manifest,
    read_output,
    staged,
    versions,
    write_manifest,
    write_table,
)
from nightpanel.progress import progress_bar
from nightpanel.run_estimates import write_estimates
from nightpanel.run_lights import Lights, lights, write_lights
from nightpanel.run_panel import Panel, panel
from nightpanel.study import Study
from nightpanel.study_file import load_study

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult

STAGES = ("lights", "panel", "estimates")
AUDITED = {"lights": {"boundaries", "tiles", "light"}, "panel": {"panel"}, "estimates": {"designs"}}


@dataclass(frozen=True, slots=True)
class StudyRun:
    """What a run made, stage by stage; a stage that did not run is None."""

    lights: Lights | None
    """Light and inequality."""
    panel: Panel | None
    """The joined panel."""
    estimates: "EstimationResult | None"
    """The table of estimates with its notes."""
    seconds: Mapping[str, float]
    """Wall time by stage that ran."""

    def audit(self) -> tuple[AuditRow, ...]:
        """The audit rows of all stages that ran."""
        parts = (self.lights, self.panel, self.estimates)
        return tuple(row for part in parts if part is not None for row in part.audit)


def run(
    study: Study | Path,
    *,
    out: Path,
    only: Collection[str] | None = None,
    threads: int | None = None,
    workers: int | None = None,
    quiet: bool = True,
) -> StudyRun:
    """Run a study and write its outputs.

    Parameters
    ----------
    study : Study or Path
        A study, or the file that holds it.
    out : Path
        Output folder. It changes only when everything has been computed.
    only : collection of {"lights", "panel", "estimates"}, optional
        Stages to run; earlier results are read from ``out``. All that the study names when left
        out.
    threads : int, optional
        Threads that read tiles; all cores when left out.
    workers : int, optional
        Processes that fit nuisance functions; all cores when left out.
    quiet : bool
        No progress bars.

    Returns
    -------
    StudyRun

    Raises
    ------
    NightpanelError
        A named problem in the input; ``out`` is as it was.
    """
    file = study if isinstance(study, Path) else None
    study = load_study(study) if isinstance(study, Path) else study
    check_writable(out)
    stages = _stages(study, only)
    seconds: dict[str, float] = {}
    light, joined, estimates = None, None, None
    if "lights" in stages:
        with _timed(seconds, "lights"):
            light = _light_stage(study, threads=threads, quiet=quiet)
    if "panel" in stages and study.panel is not None:
        cities = read_output(out, "cities.parquet") if light is None else light.city_years
        with _timed(seconds, "panel"):
            joined = panel(cities, study.panel)
    if "estimates" in stages:
        table = read_output(out, "panel.parquet") if joined is None else joined.panel
        with _timed(seconds, "estimates"):
            estimates = _estimates_stage(study, table, workers=workers, quiet=quiet)
    made = StudyRun(light, joined, estimates, seconds)
    _write(made, study, file, out)
    return made


def _light_stage(study: Study, *, threads: int | None, quiet: bool) -> Lights:
    with progress_bar("light", quiet=quiet) as report:
        return lights(
            study_units(study),
            study_catalog(study),
            crosswalk=study.units.crosswalk,
            cell_area=study.lights.cell_area,
            bootstrap_draws=study.lights.bootstrap_draws,
            threads=threads,
            progress=report,
        )


def _estimates_stage(
    study: Study, table: pd.DataFrame, *, workers: int | None, quiet: bool
) -> "EstimationResult":
    designs = [section.design() for section in study.designs]
    with progress_bar("estimates", quiet=quiet) as report:
        return nightpanel.estimate(table, designs, workers=workers, progress=report)


def _stages(study: Study, only: Collection[str] | None) -> tuple[str, ...]:
    possible = {
        "lights": True,
        "panel": study.panel is not None,
        "estimates": bool(study.designs),
    }
    return tuple(stage for stage in STAGES if possible[stage] and (only is None or stage in only))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


def _write(made: StudyRun, study: Study, file: Path | None, out: Path) -> None:
    with staged(out) as staging:
        if made.lights is not None:
            write_lights(made.lights, staging)
        if made.panel is not None:
            write_table(made.panel.panel, staging / "panel.parquet")
            write_table(made.panel.unmatched, staging / "unmatched.parquet")
        if made.estimates is not None:
            write_estimates(made.estimates, staging)
        ran = {stage for part in made.seconds for stage in AUDITED[part]}
        write_table(merged_audit(made.audit(), out, stages=ran), staging / "audit.parquet")
        manifest = {
            "study": study.model_dump(),
            "seconds": made.seconds,
            "inputs": digests(_inputs(made, study, file)),
            "versions": versions(),
        }
        write_manifest(merged_manifest(manifest, out), staging / "manifest.json")


def _inputs(made: StudyRun, study: Study, file: Path | None) -> Iterable[Path]:
    if file is not None:
        yield file
    if made.lights is not None:
        yield study.units.file
        yield from made.lights.tiles
    if made.panel is not None:
        yield from made.panel.files
