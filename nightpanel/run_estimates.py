"""Estimates from any city-year table, and the files that estimates leave."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nightpanel
from estimation.designs import Design
from estimation.tables.tidy import summary_table
from nightpanel.design_tables import design_files, design_tables
from nightpanel.digests import FileDigests, input_files
from nightpanel.kept_fits import KeptFits
from nightpanel.made_by import running_code, stage_files
from nightpanel.manifest import CACHE, stage_record
from nightpanel.outputs import check_writable, write_csv, write_table
from nightpanel.progress import progress_bar
from nightpanel.recorded_designs import design_records
from nightpanel.result_tables import result_tables, tables_as_paper, write_result_tables
from nightpanel.store import Store
from nightpanel.study_file import load_designs
from nightpanel.write_stage import write_stage
from panels.read_panel import read_panel
from panels.schema import KEY

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult
    from estimation.tables.result_table import ResultTable


def estimate_file(
    *,
    panel: Path,
    designs: Path,
    out: Path,
    workers: int | None = None,
    cache: Path | None = None,
    quiet: bool = True,
) -> "EstimationResult":
    """Estimate the designs of a file on the panel of a file and write the estimates.

    Parameters
    ----------
    panel : Path
        City-year table (parquet, csv, xlsx, dta) with the columns ``city_id`` and ``year``, which
        are not asked for where all designs are cross-sections.
    designs : Path
        TOML file with ``[[designs]]`` and perhaps ``[[tables]]``, or a study file.
    out : Path
        Output folder. Beside the cache in it, it changes only when everything has been computed.
    workers : int, optional
        Processes that fit nuisance functions; all cores when left out.
    cache : Path, optional
        Folder of the store, from which an interrupted run goes on; ``.cache`` in ``out`` when left
        out.
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
    asked = load_designs(designs)
    table, beside = read_panel(panel, key=panel_key(asked.designs)), design_tables(asked.designs)
    inputs = [panel, designs, *design_files(asked.designs)]
    store = Store.checked(cache or out / CACHE)
    with progress_bar("fits", quiet=quiet) as report:
        result = nightpanel.estimate(
            table,
            asked.designs,
            workers=workers,
            progress=report,
            kept=KeptFits(store),
            tables=beside,
        )
    tables = result_tables(asked, result, table, beside=beside)
    as_paper = tables_as_paper(asked, result, table, beside=beside)
    seconds = round(time.perf_counter() - start, 3)

    def write(*, folder: Path) -> dict[str, str]:
        write_estimates(result, folder)
        write_result_tables(tables | as_paper, folder)
        return stage_files("estimates", folder)

    def record(files: Mapping[str, str]) -> dict[str, Any]:
        digests = FileDigests().of(input_files(inputs))
        return stage_record(
            settings=[repr(asked)],
            inputs={str(path): digest for path, digest in digests.items()},
            files=files,
            code=running_code(),
            seconds=seconds,
            about={**about_estimates(result, tables, asked.designs), "store": store.used},
        )

    write_stage("estimates", out, write=write, record=record, audit=result.audit)
    return result


def panel_key(designs: Sequence[Design]) -> tuple[str, str] | None:
    """Columns of city and year of some designs: their own, where all have the same, else the usual.

    A panel of provinces has ``city = "province"`` in its designs. None where all designs are
    cross-sections, which have no key.
    """
    keys = {(design.city, design.year) for design in designs if not design.cross_section}
    if designs and not keys:
        return None
    return keys.pop() if len(keys) == 1 else KEY


def about_estimates(
    result: "EstimationResult", tables: "Mapping[str, ResultTable]", designs: Sequence[Design]
) -> dict[str, Any]:
    """What the manifest says of estimates, and what is read back from there."""
    fits = result.fits
    counts = {"asked": fits.asked, "distinct": fits.distinct, "fitted": fits.fitted}
    return {"fits": counts, "tables": list(tables), "designs": design_records(designs)}


def write_estimates(result: "EstimationResult", folder: Path) -> None:
    """Write estimates, checks and curves, and what of them is for people.

    Parameters
    ----------
    result : EstimationResult
    folder : Path
        An existing folder, normally a staging one.
    """
    write_table(result.estimates, folder / "estimates.parquet")
    write_table(result.checks, folder / "checks.parquet")
    write_table(result.curves, folder / "curves.parquet")
    write_table(result.tuning, folder / "tuning.parquet")
    write_table(result.residuals, folder / "residuals.parquet")
    tables = folder / "tables"
    write_csv(summary_table(result.estimates), tables / "estimates.csv")
    notes = "".join(f"{note}\n" for note in result.notes)
    (tables / "notes.txt").write_text(notes, encoding="utf-8")
