"""What is shown of an output folder: its figures, tables, methods and report, written as a stage.

A stage like the others, so that what is shown is removed when what it shows is made anew; but one
of the output folder alone: no study is needed to make it.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightpanel.digests import FileDigests
from nightpanel.made_by import running_code
from nightpanel.manifest import CACHE, REPORT, stage_record
from nightpanel.output_folder import OutputFolder, read_output_folder, require_output_folder
from nightpanel.outputs import LOCK, check_writable
from nightpanel.store import Store
from nightpanel.write_stage import AUDIT, write_stage

if TYPE_CHECKING:
    from nightpanel.stages import Stage

PAGE = "report.html"
FIGURES, TABLES = "figures", "tables"


def report_stage(out: Path, digests: FileDigests) -> "Stage":
    """The stage of a folder's report.

    Parameters
    ----------
    out : Path
        The output folder of a run.
    digests : FileDigests

    Returns
    -------
    Stage
        Its value is a list that gets a line for each kind of figure that is not drawn, with the
        reason, when the files are written.

    Raises
    ------
    OutputError
        There is nothing to report on.
    """
    from nightpanel.stages import Made, Stage

    inputs = shown_files(out, digests)

    def make() -> Made:
        shown = read_output_folder(out)
        lines = list[str]()

        def write(*, folder: Path) -> Mapping[str, str]:
            write_shown(shown, folder, say=lines.append)
            return _written(folder)

        return Made(lines, (), write)

    return Stage({}, inputs, make)


def report(out: Path, *, say: Callable[[str], object] = lambda _: None) -> Path:
    """Write figures, tables, methods text and the offline report of an output folder.

    Parameters
    ----------
    out : Path
        Output folder of a run.
    say : callable
        Gets a line for each kind of figure that is not drawn, with the reason.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    OutputError
        There is no such folder, it holds nothing that this version can show, or it cannot be
        written; what is in it is as it was.
    """
    began = time.perf_counter()
    require_output_folder(out)
    check_writable(out)
    stage = report_stage(out, FileDigests(Store(out / CACHE)))
    made = stage.make()

    def record(files: Mapping[str, str]) -> Mapping[str, Any]:
        return stage_record(
            settings=stage.settings,
            inputs=stage.inputs,
            files=files,
            code=running_code(),
            seconds=round(time.perf_counter() - began, 3),
            about={"store": {}},
        )

    write_stage(REPORT, out, write=made.write, record=record, audit=())
    for line in made.value:
        say(line)
    return out / PAGE


def shown_files(out: Path, digests: FileDigests) -> dict[str, str]:
    """SHA-256 of the files that are shown, by their names in the output folder."""
    stages = require_output_folder(out)["stages"]
    names = {
        name for stage, record in stages.items() if stage != REPORT for name in record["files"]
    } | {AUDIT}
    paths = {name: out / name for name in sorted(names) if (out / name).is_file()}
    found = digests.of(paths.values(), watched=False)
    return {name: found[path] for name, path in paths.items()}


def write_shown(shown: OutputFolder, folder: Path, *, say: Callable[[str], None]) -> None:
    """Write what is shown of an output folder into another.

    Parameters
    ----------
    shown : OutputFolder
    folder : Path
        An existing folder, normally a staging one.
    say : callable
        As `report` has it.
    """
    # Plotly, matplotlib and Word take seconds to load.
    from nightpanel.html_report.report import report_html
    from nightpanel.methods.text import methods_text, write_methods
    from nightpanel.paper_figures.write import write_figures
    from nightpanel.paper_tables.write import write_paper_tables

    write_figures(shown, folder / FIGURES, say=say)
    (folder / FIGURES / LOCK).unlink(missing_ok=True)
    write_paper_tables(shown, folder / TABLES)
    write_methods(methods_text(shown), folder)
    (folder / PAGE).write_text(report_html(shown), encoding="utf-8", newline="\n")


def _written(folder: Path) -> dict[str, str]:
    """SHA-256 of all that was written, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = FileDigests().of(files)
    return {path.relative_to(folder).as_posix(): digests[path] for path in files}
