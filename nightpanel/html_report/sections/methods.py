"""The methods text, with citations of what was run."""

from nightpanel.html_report.section import Piece, Section, Text
from nightpanel.methods.bibliography import bibtex
from nightpanel.methods.text import methods_text
from nightpanel.output_folder import OutputFolder

TITLE = "Methods"


def section(folder: OutputFolder) -> Section:
    """What a paper would say of the methods, from the recorded settings.

    Parameters
    ----------
    folder : OutputFolder
    """
    told = methods_text(folder)
    if not told.paragraphs:
        missing = "No methods text: the folder does not record what was run."
        return Section("methods", TITLE, missing=missing)
    parts: list[Piece] = [Text((one.text,), title=one.heading) for one in told.paragraphs]
    if told.citations:
        cited = bibtex(told.citations)
        parts.append(Text(told.references, points=True, title="References", code=cited))
    return Section("methods", TITLE, tuple(parts))
