"""The whole study: its stages in order, each finished before the next begins.

A stage whose settings, inputs and code are those of an earlier run, and whose files are as that run
left them, is not done again. Each stage's files move into the output folder together once they are
all written, so that a run which is killed leaves the stages before whole and can go on from there;
inside the light stage the store keeps what is finished (`nightpanel.store`).
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geo.audit import AuditRow
from geo.errors import CacheError, NightpanelError, OutputError, StudyFileError
from geo.threads import at_most
from nightpanel import read_back
from nightpanel.asked import asked
from nightpanel.compute import Compute
from nightpanel.digests import FileDigests
from nightpanel.effort import Effort
from nightpanel.inputs import naming
from nightpanel.made_by import running_code
from nightpanel.manifest import (
    CACHE,
    MANIFEST,
    REPORT,
    STAGES,
    read_manifest,
    require_same_settings,
    stage_record,
    stage_settings,
)
from nightpanel.outputs import check_writable
from nightpanel.stages import Made, Setting, Stage, estimates_stage, light_stage, panel_stage
from nightpanel.store import UNPACKED, Store
from nightpanel.study import Study
from nightpanel.study_file import load_study
from nightpanel.write_stage import AUDITED, audit_is_whole, write_stage

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult
    from nightpanel.run_lights import Lights
    from nightpanel.run_panel import Panel

LOOKED_FOR = ("coverage", "polygons", UNPACKED)
"""Kinds of the store's entries that only a run which reads tiles asks the store for, or none."""


def _report_stage(setting: Setting) -> Stage:
    from nightpanel.report_stage import report_stage  # geopandas comes with it

    return report_stage(setting.out, setting.digests)


PREPARE: Mapping[str, Callable[[Setting], Stage]] = {
    "lights": light_stage,
    "panel": panel_stage,
    "estimates": estimates_stage,
    REPORT: _report_stage,
}


@dataclass(frozen=True, slots=True)
class StudyRun:
    """What a run made, and what it found made already."""

    out: Path
    """The output folder."""
    made: Mapping[str, Any]
    """Results of the stages that ran, by stage."""
    up_to_date: tuple[str, ...]
    """Stages with nothing to do; their results are read back when asked for."""
    seconds: Mapping[str, float]
    """Wall time of the stages that ran."""
    effort: Effort
    """What it cost."""

    @property
    def lights(self) -> "Lights | None":
        """Light and inequality; None if the stage was not asked for."""
        return cast("Lights | None", self._result("lights", read_back.read_lights))

    @property
    def panel(self) -> "Panel | None":
        """The joined panel; None if the stage was not asked for."""
        return cast("Panel | None", self._result("panel", read_back.read_panel))

    @property
    def estimates(self) -> "EstimationResult | None":
        """The estimates with their notes; None if the stage was not asked for."""
        return cast("EstimationResult | None", self._result("estimates", read_back.read_estimates))

    @property
    def table_texts(self) -> tuple[str, ...]:
        """The tables of the paper as text; none if the stage was not asked for."""
        asked = "estimates" in self.made or "estimates" in self.up_to_date
        return read_back.read_table_texts(self.out) if asked else ()

    def audit(self) -> tuple[AuditRow, ...]:
        """The audit rows of the stages that were asked for."""
        stages = {part for stage in (*self.made, *self.up_to_date) for part in AUDITED[stage]}
        return tuple(row for row in read_back.read_audit(self.out) if row.stage in stages)

    def _result(self, stage: str, read: Any) -> Any:
        if stage in self.up_to_date:
            return read(self.out)
        return self.made.get(stage)


def run(
    study: Study | Path,
    *,
    out: Path,
    only: Collection[str] | None = None,
    threads: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    cache: Path | None = None,
    quiet: bool = True,
    report: bool = False,
) -> StudyRun:
    """Run a study and write its outputs; what is up to date is left alone.

    Parameters
    ----------
    study : Study or Path
        A study, or the file that holds it.
    out : Path
        Output folder. A stage's files change together, when all of them have been computed.
    only : collection of {"lights", "panel", "estimates", "report"}, optional
        Stages to run; earlier results are read from ``out``. All that the study names when left
        out, and the report as ``report`` says.
    threads : int, optional
        Threads of this process; all cores when left out.
    workers : int, optional
        Local processes that read tiles and fit nuisance functions. When left out, tiles are read
        by threads, and there is a process for each core to fit.
    scheduler : str, optional
        Address of a Dask scheduler whose workers read tiles and fit instead.
    cache : Path, optional
        Folder of the store; ``.cache`` in the output folder when left out.
    quiet : bool
        No progress bars.
    report : bool
        Whether figures, tables, methods and the report are written at the end, as the command line
        does; with ``only``, that says so.

    Returns
    -------
    StudyRun

    Raises
    ------
    NightpanelError
        A named problem in the input; finished stages stay, and a rerun goes on from there.
    """
    file = study if isinstance(study, Path) else None
    study = load_study(study) if isinstance(study, Path) else study
    with naming(file), at_most(threads), Compute(scheduler, workers) as compute:
        stages = _stages(study, only, report=report)
        wanted = asked(study.designs, study.tables)
        compute.require_there()
        store, blocked = _checked_store(out, cache or out / CACHE)
        setting = Setting(
            study=study,
            asked=wanted,
            out=out,
            store=store,
            digests=FileDigests(store, threads=threads),
            compute=compute,
            threads=threads,
            workers=workers,
            quiet=quiet,
        )
        _require_earlier(setting, stages)
        return _run_stages(setting, stages, blocked)


def _checked_store(out: Path, cache: Path) -> tuple[Store, NightpanelError | None]:
    """The store, and what forbids to write; with nothing to do a folder may be only to read."""
    try:
        check_writable(out)
        return Store.checked(cache), None
    except (OutputError, CacheError) as error:
        if not (out / MANIFEST).is_file():
            raise
        return Store(cache), error


def _run_stages(
    setting: Setting, stages: Sequence[str], blocked: NightpanelError | None
) -> StudyRun:
    made: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    up_to_date: list[str] = []
    effort = Effort()
    for name in stages:
        began = time.perf_counter()
        stage = PREPARE[name](setting)
        if _is_finished(name, stage, setting):
            up_to_date.append(name)
            continue
        if blocked is not None:
            raise blocked
        result = stage.make()
        setting.digests.require_unchanged()
        made[name] = result.value
        seconds[name] = round(time.perf_counter() - began, 3)
        written = time.perf_counter()
        _write(name, stage, result, setting, seconds[name])
        effort += Effort.of(result.value, write=time.perf_counter() - written)
    return StudyRun(
        out=setting.out,
        made=made,
        up_to_date=tuple(up_to_date),
        seconds=seconds,
        effort=effort + setting.compute.peaks(),
    )


def _is_finished(name: str, stage: Stage, setting: Setting) -> bool:
    """Whether an earlier run did exactly this and left its files as they are."""
    record = read_manifest(setting.out).get("stages", {}).get(name)
    if record is None or any(
        record.get(part) != now
        for part, now in (
            ("settings", stage.settings),
            ("inputs", stage.inputs),
            ("code", running_code()),
        )
    ):
        return False
    files = {setting.out / file: digest for file, digest in record.get("files", {}).items()}
    if not files or not all(path.is_file() for path in files):
        return False
    unchanged = setting.digests.of(files, watched=False) == files
    return unchanged and audit_is_whole(setting.out, setting.digests)


def _write(name: str, stage: Stage, result: Made, setting: Setting, seconds: float) -> None:
    """The stage's files, its audit rows and its record."""

    def record(files: Mapping[str, str]) -> Mapping[str, Any]:
        return stage_record(
            settings=stage.settings,
            inputs=stage.inputs,
            files=files,
            code=running_code(),
            seconds=seconds,
            about={**result.about, "store": _kept(result, setting.store)},
        )

    write_stage(name, setting.out, write=result.write, record=record, audit=result.audit)


def _kept(result: Made, store: Store) -> dict[str, list[str]]:
    """What a next run will look for: also what was not read because no tile was."""
    found = store.used
    for kind in LOOKED_FOR:
        keys = {*found.get(kind, ()), *result.about.get(kind, ())}
        found |= {kind: sorted(keys)} if keys else {}
    return found


def _require_earlier(setting: Setting, stages: Sequence[str]) -> None:
    """What the first stage builds on must be of this study."""
    settings = stage_settings(setting.study)
    for earlier in STAGES[: STAGES.index(stages[0])]:
        if earlier == "lights" and setting.study.lights is None:
            continue
        require_same_settings(earlier, settings, setting.out)


def _stages(study: Study, only: Collection[str] | None, *, report: bool) -> tuple[str, ...]:
    possible = {
        "lights": study.lights is not None,
        "panel": study.panel is not None,
        "estimates": bool(study.designs),
        REPORT: report or only is not None,
    }
    for stage in only or ():
        if not possible[stage]:
            raise StudyFileError(
                "designs" if stage == "estimates" else stage,
                expected=f"what the stage {stage!r} needs",
                found="nothing",
                hint="write it into the study, or leave the stage out of --only",
            )
    return tuple(stage for stage in STAGES if possible[stage] and (only is None or stage in only))
