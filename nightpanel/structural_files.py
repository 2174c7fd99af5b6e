"""The files that a simulation leaves in its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nightpanel.digests import FileDigests
from nightpanel.made_by import running_code
from nightpanel.manifest import MANIFEST, read_manifest, stage_record
from nightpanel.outputs import staged, write_csv, write_manifest, write_table
from nightpanel.structural_tables import calibration_table, markdown, tidy

if TYPE_CHECKING:
    import pandas as pd

    from nightpanel.run_simulate import Simulation

STAGE = "simulate"
"""The run's name in the manifest."""


def write_simulation(
    result: "Simulation",
    out: Path,
    *,
    inputs: Mapping[str, str],
    periods: int,
    figures: bool,
    seconds: float,
) -> None:
    """Write tables, figures and the manifest; they take their places together or not at all.

    Parameters
    ----------
    result : Simulation
    out : Path
        Output folder; files of an earlier simulation that this one does not make are removed.
    inputs : mapping of str to str
        SHA-256 of what was read, by absolute path.
    periods : int
        Of every scenario.
    figures : bool
        Whether they are drawn.
    seconds : float
        Wall time until here.

    Raises
    ------
    OutputError
        The folder cannot be written, or is full; nothing in it has changed.
    """
    stale = read_manifest(out).get("stages", {}).get(STAGE, {}).get("files", {})
    with staged(out, stale=list(stale)) as folder:
        _write_tables(result, folder)
        if figures:
            # takes half a second, which only figures wait for
            from nightpanel.structural_figures.paper import draw_figures

            drawn = folder / "figures"
            drawn.mkdir()
            own = result.model.figures or ()
            draw_figures(result.paths, result.frictions.observed, drawn, own=own)
        names = sorted(path for path in folder.rglob("*") if path.is_file())
        digests = FileDigests().of(names)
        record = stage_record(
            settings=result.model.model_dump(mode="json") | {"periods": periods},
            inputs=inputs,
            files={str(path.relative_to(folder)): digest for path, digest in digests.items()},
            code=running_code(),
            seconds=seconds,
            about={"wage_gaps": result.frictions.said, "scenarios": list(result.paths)},
        )
        write_manifest({"stages": {STAGE: record}}, folder / MANIFEST)


def _write_tables(result: "Simulation", folder: Path) -> None:
    write_table(tidy(result.paths), folder / "simulation.parquet")
    write_table(result.checked.every, folder / "residuals.parquet")
    if result.frictions.observed is not None:
        write_table(result.frictions.observed.reset_index(), folder / "observed.parquet")
    if len(result.grids.table):
        write_table(result.grids.table, folder / "grids.parquet")
        _both(result.grids.largest, folder / "tables" / "grids")
    if result.calibrated:
        _both(calibration_table(result.calibrated), folder / "tables" / "calibration")
    _both(result.changes, folder / "tables" / "table_3")
    _both(result.margins, folder / "tables" / "margins")
    _both(result.checked.largest, folder / "tables" / "residuals")


def _both(table: "pd.DataFrame", path: Path) -> None:
    """A table as csv, all digits, and as Markdown, few."""
    write_csv(table, path.with_suffix(".csv"))
    path.with_suffix(".md").write_text(markdown(table), encoding="utf-8")
