"""The methods text of an output folder: paragraphs with citations, and their references.

Every sentence follows from an entry of the manifest or a row of a table; what is not recorded is
not claimed.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from nightpanel.drafts import write_whole
from nightpanel.methods.bibliography import bibtex
from nightpanel.methods.designs import (
    control_sentences,
    difference_sentences,
    model_sentences,
    sample_sentences,
)
from nightpanel.methods.inference import check_sentences, error_sentences
from nightpanel.methods.light import coverage_sentences, light_sentences
from nightpanel.methods.panel import panel_sentences
from nightpanel.methods.said import Methods, Paragraph, methods, paragraph
from nightpanel.methods.software import software_sentences
from nightpanel.methods.special import (
    adoption_sentences,
    composite_sentences,
    exposure_sentences,
    instrument_sentences,
    mediation_sentences,
)
from nightpanel.output_folder import OutputFolder

TEXT, REFERENCES = "methods.md", "references.bib"


def methods_text(folder: OutputFolder) -> Methods:
    """What was run, in paragraphs for a paper.

    Parameters
    ----------
    folder : OutputFolder
        Stages that did not run have no paragraph.

    Returns
    -------
    nightpanel.methods.said.Methods
    """
    return methods(_paragraphs(folder))


def write_methods(told: Methods, to: Path) -> tuple[Path, ...]:
    """Write the text as Markdown, and beside it BibTeX entries of what it cites, and no others.

    Parameters
    ----------
    told : Methods
    to : Path
        Folder; made if it is not there.

    Returns
    -------
    tuple of Path
        ``methods.md`` and ``references.bib``.
    """
    to.mkdir(parents=True, exist_ok=True)
    made = ((to / TEXT, told.markdown()), (to / REFERENCES, bibtex(told.citations)))
    for path, text in made:
        write_whole(path, partial(_put, text))
    return tuple(path for path, _ in made)


def _put(text: str, file: IO[bytes]) -> None:
    file.write(text.encode())


def _paragraphs(folder: OutputFolder) -> Iterator[Paragraph | None]:
    stages = folder.stages
    if "lights" in stages:
        yield paragraph("Light", light_sentences(stages["lights"]))
        yield paragraph(
            "Light of units and inequality", coverage_sentences(stages["lights"], folder)
        )
    if "panel" in stages:
        yield paragraph("Panel", panel_sentences(stages["panel"], folder))
    estimates = folder.estimates
    if "estimates" in stages and estimates is not None and len(estimates):
        designs = stages["estimates"].get("designs") or []
        told = model_sentences(estimates, folder.tuning)
        yield paragraph("Designs", [*told, *control_sentences(designs)])
        yield paragraph("Samples", sample_sentences(designs, folder.audit))
        yield paragraph("Heterogeneity", difference_sentences(designs, estimates))
        yield paragraph("Instruments", instrument_sentences(designs, folder.checks))
        yield paragraph("Exposure to shocks", exposure_sentences(designs, estimates))
        yield paragraph("Mediation", mediation_sentences(designs, estimates))
        yield paragraph("Staggered adoption", adoption_sentences(designs, estimates))
        yield paragraph("Composites", composite_sentences(designs, folder.checks))
        yield paragraph("Inference", error_sentences(estimates))
        yield paragraph("Checks and curves", check_sentences(folder.checks, folder.curves))
    yield paragraph("Software", software_sentences(stages, estimates, folder.tuning))
