"""Figures as bytes: the same figure gives the same bytes, wherever and whenever it is saved."""

import io

from matplotlib.figure import Figure

PRINT, PIXELS = 450, 300
"""Dots per inch: of what is pixels in a PDF, and of a PNG."""
WITHOUT_TIME = {"CreationDate": None, "Creator": "nightpanel", "Producer": "matplotlib"}
WITHOUT_VERSION = {"Software": None}


def as_pdf(figure: Figure) -> bytes:
    """A figure as PDF, without the time of its making."""
    with io.BytesIO() as stream:
        figure.savefig(stream, format="pdf", dpi=PRINT, metadata=WITHOUT_TIME)
        return stream.getvalue()


def as_png(figure: Figure, *, dpi: float = PIXELS) -> bytes:
    """A figure as PNG, without the version of the program that made it.

    Parameters
    ----------
    figure : Figure
    dpi : float
        Dots per inch.

    Returns
    -------
    bytes
    """
    with io.BytesIO() as stream:
        figure.savefig(stream, format="png", dpi=dpi, metadata=WITHOUT_VERSION)
        return stream.getvalue()
