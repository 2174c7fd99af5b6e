"""What all figures of the structural model share: colours, lines, and files without a date."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
"""Of Okabe and Ito (2008), told apart by the colour-blind; black for what others are held to."""
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 3)),
                           (0, (3, 1, 1, 1, 1, 1)))  # fmt: skip
"""One to each colour, so that figures can be read without any."""
SECTORS = {"m": "manufacturing", "x": "producer services", "s": "consumer services"}
SECTOR_COLOURS = {"m": "#0072B2", "x": "#D55E00", "s": "#009E73"}
SECTOR_MARKERS = {"m": "o", "x": "^", "s": "s"}
LABELS = {
    "integration_M": r"integration of manufacturing, $1/\theta_M$",
    "integration_S": r"integration of consumer services, $1/\theta_S$",
    "eta": r"industrial over service goods, $\eta$",
    **{f"labour_{key}": f"employment, {name}" for key, name in SECTORS.items()},
    **{f"output_{key}": f"output, {name}" for key, name in SECTORS.items()},
}
"""Titles of panels by variable."""
UNITS = {"integration_M": "ratio", "integration_S": "ratio", "eta": "ratio"}
"""Of the scales that are no shares."""
FORMATS = ("pdf", "png")
DOTS_PER_INCH = 200
SETTINGS: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.92",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "pdf.fonttype": 42,
}


@contextmanager
def drawing(rows: int, columns: int, *, width: float, height: float) -> Iterator[Any]:
    """A figure of panels, drawn in the style of all.

    Parameters
    ----------
    rows, columns : int
        Panels.
    width, height : float
        In inches.

    Yields
    ------
    (Figure, array of Axes, shape (rows, columns))
    """
    import matplotlib as mpl  # takes half a second, which only figures wait for
    from matplotlib.figure import Figure

    # Whatever a user's own settings are, figures have the same bytes.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, squeeze=False)


def save(figure: "Figure", folder: Path, name: str) -> list[Path]:
    """Write a figure as pdf and png, without dates or versions in them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    folder : Path
        An existing folder.
    name : str
        Of the files, without an ending.

    Returns
    -------
    list of Path
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    nothing: dict[str, dict[str, None]] = {
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        "png": {"Software": None},
    }
    files = [folder / f"{name}.{ending}" for ending in FORMATS]
    with mpl.rc_context(SETTINGS):
        # Panels are laid out once: it takes longer than drawing them.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for path, ending in zip(files, FORMATS, strict=True):
            figure.savefig(path, format=ending, dpi=DOTS_PER_INCH, metadata=nothing[ending])
    return files


def title(axis: "Axes", variable: str) -> None:
    """Name a panel after its variable and its scale after the unit; let it begin at zero."""
    axis.set(title=LABELS[variable], ylabel=UNITS.get(variable, "share"))
    from_zero(axis)


def from_zero(axis: "Axes") -> None:
    """A scale from zero to a little above the largest value, so that no share looks like a leap."""
    axis.set_ylim(0.0, 1.06 * float(axis.dataLim.y1))


def colourless(form: str) -> "Line2D":
    """A line (``-``) or a hollow mark (``o``) for the legend of panels of many colours."""
    from matplotlib.lines import Line2D

    if form == "-":
        return Line2D([], [], color="0.3")
    return Line2D([], [], color="0.3", marker=form, linestyle="none", markerfacecolor="none")


def legend_below(figure: "Figure", handles: Sequence[Any], labels: Sequence[str]) -> None:
    """One legend for all panels, under them."""
    legend = figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
    for text in legend.get_texts():
        text.set_parse_math(False)  # a scenario's name may have a dollar sign
