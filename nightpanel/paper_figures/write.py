"""Write all figures of an output folder, whole or not at all."""

from collections.abc import Callable
from pathlib import Path

from nightpanel.output_folder import OutputFolder
from nightpanel.outputs import staged
from nightpanel.paper_figures.catalogue import FIGURES
from nightpanel.paper_figures.drawn import Material, NotDrawn
from nightpanel.paper_figures.save import as_pdf, as_png
from nightpanel.paper_figures.style import paper_style
from nightpanel.paper_figures.words import words_of

LIST = "figures.txt"
"""File with the captions, and the reasons why a figure is not there."""


def silent(line: str) -> None:
    """Say nothing."""
    del line


def write_figures(
    folder: OutputFolder, to: Path, *, say: Callable[[str], None] = silent
) -> tuple[Path, ...]:
    """Write every figure that an output folder has something for, as PDF and PNG.

    Equal tables, libraries and fonts give equal bytes.

    Parameters
    ----------
    folder : OutputFolder
    to : Path
        The folder of the figures; made when it is not there. Figures of an earlier run in it that
        are not drawn now go.
    say : callable
        Gets a line for each kind of figure that is not drawn, with the reason, and for names that
        no font of this machine can write.

    Returns
    -------
    tuple of Path
        The files: two for each figure, and :data:`LIST` with their captions and these lines.

    Raises
    ------
    OutputError
        The folder cannot be written or is full, and nothing in it has changed; or shapes of the
        output folder cannot be read.
    """
    material = Material(folder, words_of(folder))
    captions, lines, names = list[str](), list(material.words.notes), list[str]()
    with staged(to, stale=_earlier(to)) as staging:
        for kind, draw in FIGURES.items():
            with paper_style(material.words.font):
                drawing = draw(material)
                if isinstance(drawing, NotDrawn):
                    lines.append(f"No figure {kind}: {drawing.reason}")
                    continue
                for number, one in enumerate(drawing, start=1):
                    name = kind if len(drawing) == 1 else f"{kind}-{number}"
                    (staging / f"{name}.pdf").write_bytes(as_pdf(one.figure))
                    (staging / f"{name}.png").write_bytes(as_png(one.figure))
                    captions.append(" ".join(f"{name}: {one.caption}".split()))
                    names += [f"{name}.pdf", f"{name}.png"]
        text = "\n\n".join([*captions, *lines])
        (staging / LIST).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    for line in lines:
        say(line)
    return tuple(to / name for name in [*names, LIST])


def _earlier(to: Path) -> list[str]:
    """Files in a folder that have the names of figures."""
    return [
        path.name
        for kind in FIGURES
        for ending in ("pdf", "png")
        for pattern in (f"{kind}.{ending}", f"{kind}-[0-9]*.{ending}")
        for path in to.glob(pattern)
    ]
