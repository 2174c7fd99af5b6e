"""`nightpanel panel`: the panel of a study by itself, and the mapping of a table proposed."""

from pathlib import Path

from nightpanel.inputs import naming, required
from nightpanel.run_study import StudyRun, run
from nightpanel.study_file import load_study
from nightpanel.suggest_text import suggested_block
from panels.tables.suggest import suggest


def panel_of_study(study: Path, *, out: Path, quiet: bool = True) -> StudyRun:
    """Make the panel of a study without its other stages.

    Where the output folder has the study's light, the tables join it; else they join each other,
    and the panel is of the yearbooks alone.

    Parameters
    ----------
    study : Path
        A study file with a ``[panel]`` section.
    out : Path
        Output folder.
    quiet : bool
        No progress bars.

    Returns
    -------
    StudyRun
        With the panel alone.

    Raises
    ------
    NightpanelError
        A named problem in the study or its tables; or light that other settings made.
    """
    loaded = load_study(study)
    with naming(study):
        required(loaded.panel, "panel")
    if loaded.lights is not None and not (out / "cities.parquet").is_file():
        loaded = loaded.model_copy(update={"lights": None, "units": None})
    with naming(study):
        return run(loaded, out=out, only=["panel"], quiet=quiet)


def suggest_table(file: Path, *, sheet: str | None = None) -> str:
    """Propose how a table's columns map, as a block of a study file.

    Parameters
    ----------
    file : Path
        csv, xlsx, xls, dta or parquet.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    str
        A ``[[panel.tables]]`` block with comments.

    Raises
    ------
    TableFileError
        The file cannot be read, or holds no table.
    """
    return suggested_block(suggest(file, sheet=sheet))
