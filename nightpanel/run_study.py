"""The whole study: its stages in order, and what they leave in the output folder."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nightpanel
from geo.audit import AuditRow
from geo.errors import StudyFileError
from nightpanel.inputs import naming, study_catalog, study_designs, study_units
from nightpanel.manifest import (
    MANIFEST,
    STAGE_FILES,
    STAGES,
    merged_manifest,
    require_same_settings,
    stage_record,
    stage_settings,
)
from nightpanel.outputs import (
    check_writable,
    merged_audit,
    read_output,
    staged,
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
    from estimation.designs import Design
    from estimation.estimate import EstimationResult

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
    with naming(file):
        stages = _stages(study, only)
        designs = study_designs(study)
        check_writable(out)
        settings = stage_settings(study)
        made = _computed(study, stages, designs, settings, out, threads, workers, quiet)
        inputs = _inputs(made, study, file)
        records = {
            stage: stage_record(settings=settings[stage], inputs=inputs[stage], seconds=seconds)
            for stage, seconds in made.seconds.items()
        }
        later = STAGES[STAGES.index(stages[0]) :]
        _write(made, records, out, stale=[stage for stage in later if stage not in stages])
    return made


def _computed(
    study: Study,
    stages: Sequence[str],
    designs: Sequence["Design"],
    settings: Mapping[str, Any],
    out: Path,
    threads: int | None,
    workers: int | None,
    quiet: bool,
) -> StudyRun:
    """The stages in order; what is not computed is read from the output folder."""
    seconds: dict[str, float] = {}
    light, joined, estimates = None, None, None
    if "lights" in stages:
        with _timed(seconds, "lights"):
            light = _light_stage(study, threads=threads, quiet=quiet)
    else:
        require_same_settings("lights", settings, out)
    if "panel" in stages and study.panel is not None:
        cities = read_output(out, "cities.parquet") if light is None else light.city_years
        with _timed(seconds, "panel"):
            joined = panel(cities, study.panel)
    if "estimates" in stages:
        if joined is None:
            require_same_settings("panel", settings, out)
        table = read_output(out, "panel.parquet") if joined is None else joined.panel
        with _timed(seconds, "estimates"), progress_bar("estimates", quiet=quiet) as report:
            estimates = nightpanel.estimate(table, designs, workers=workers, progress=report)
    return StudyRun(light, joined, estimates, seconds)


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


def _stages(study: Study, only: Collection[str] | None) -> tuple[str, ...]:
    possible = {
        "lights": True,
        "panel": study.panel is not None,
        "estimates": bool(study.designs),
    }
    for stage in only or ():
        if not possible[stage]:
            raise StudyFileError(
                "panel" if stage == "panel" else "designs",
                expected=f"what the stage {stage!r} needs",
                found="nothing",
                hint="write it into the study, or leave the stage out of --only",
            )
    return tuple(stage for stage in STAGES if possible[stage] and (only is None or stage in only))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


def _write(
    made: StudyRun, records: Mapping[str, Mapping[str, Any]], out: Path, *, stale: Collection[str]
) -> None:
    manifest = merged_manifest(records, out, stale=stale)
    ran = {stage for part in (*made.seconds, *stale) for stage in AUDITED[part]}
    audit = merged_audit(made.audit(), out, stages=ran)
    with staged(out) as staging:
        if made.lights is not None:
            write_lights(made.lights, staging)
        if made.panel is not None:
            write_table(made.panel.panel, staging / "panel.parquet")
            write_table(made.panel.unmatched, staging / "unmatched.parquet")
        if made.estimates is not None:
            write_estimates(made.estimates, staging)
        write_table(audit, staging / "audit.parquet")
        write_manifest(manifest, staging / MANIFEST)
    for stage in stale:
        for name in STAGE_FILES[stage]:
            (out / name).unlink(missing_ok=True)


def _inputs(made: StudyRun, study: Study, file: Path | None) -> dict[str, list[Path]]:
    """Files that each stage that ran has read."""
    study_file = [] if file is None else [file]
    inputs: dict[str, list[Path]] = {}
    if made.lights is not None:
        inputs["lights"] = [*study_file, study.units.file, *made.lights.tiles]
    if made.panel is not None:
        inputs["panel"] = [*study_file, *made.panel.files]
    if made.estimates is not None:
        inputs["estimates"] = study_file
    return inputs
