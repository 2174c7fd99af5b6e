"""Estimates from any city-year table, and the files that a table of estimates leaves."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nightpanel
from estimation.results import summary_table
from nightpanel.digests import FileDigests, input_files
from nightpanel.made_by import running_code, stage_files
from nightpanel.manifest import stage_record
from nightpanel.outputs import check_writable, write_csv, write_table
from nightpanel.progress import progress_bar
from nightpanel.study_file import load_designs
from nightpanel.write_stage import write_stage
from panels.read_panel import read_panel

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult


def estimate_file(
    *, panel: Path, designs: Path, out: Path, workers: int | None = None, quiet: bool = True
) -> "EstimationResult":
    """Estimate the designs of a file on the panel of a file and write the estimates.

    Parameters
    ----------
    panel : Path
        City-year table (parquet, csv, xlsx, dta) with the columns ``city_id`` and ``year``.
    designs : Path
        TOML file with ``[[designs]]``, or a study file.
    out : Path
        Output folder. It changes only when everything has been computed.
    workers : int, optional
        Processes that fit nuisance functions; all cores when left out.
    quiet : bool
        No progress bar.

    Returns
    -------
    EstimationResult

    Raises
    ------
    NightpanelError
        A named problem in the input; ``out`` is as it was.
    """
    start = time.perf_counter()
    check_writable(out)
    chosen = load_designs(designs)
    table, inputs = read_panel(panel), [panel, designs]
    with progress_bar("estimates", quiet=quiet) as report:
        result = nightpanel.estimate(table, chosen, workers=workers, progress=report)
    seconds = round(time.perf_counter() - start, 3)

    def write(*, folder: Path) -> dict[str, str]:
        write_estimates(result, folder)
        return stage_files("estimates", folder)

    def record(files: Mapping[str, str]) -> dict[str, Any]:
        digests = FileDigests().of(input_files(inputs))
        return stage_record(
            settings=[repr(design) for design in chosen],
            inputs={str(path): digest for path, digest in digests.items()},
            files=files,
            code=running_code(),
            seconds=seconds,
        )

    write_stage("estimates", out, write=write, record=record, audit=result.audit)
    return result


def write_estimates(result: "EstimationResult", folder: Path) -> None:
    """Write ``estimates.parquet`` and the readable tables.

    Parameters
    ----------
    result : EstimationResult
    folder : Path
        An existing folder, normally a staging one.
    """
    write_table(result.estimates, folder / "estimates.parquet")
    tables = folder / "tables"
    write_csv(summary_table(result.estimates), tables / "estimates.csv")
    notes = "".join(f"{note}\n" for note in result.notes)
    (tables / "notes.txt").write_text(notes, encoding="utf-8")
