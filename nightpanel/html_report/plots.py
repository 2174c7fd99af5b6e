"""Pieces of plotly figures, as the dictionaries that plotly's script reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from nightpanel.html_report.words import label

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f98")
"""Okabe and Ito's, which colour-blind readers tell apart and which stand on light and dark."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "x")
"""One for each colour: nothing is told by colour alone."""
DIVERGING = ((0.0, "#0072b2"), (0.5, "#f0f0f0"), (1.0, "#d55e00"))
SEQUENTIAL = ((0.0, "#f0f0f0"), (1.0, "#5b2a86"))

Trace = dict[str, Any]


def figure(traces: Sequence[Mapping[str, Any]], **layout: Any) -> dict[str, Any]:
    """A figure with the report's margins; colours of text and grid are the page's."""
    plain = {
        "margin": {"l": 60, "r": 16, "t": 16, "b": 48},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "showlegend": len(traces) > 1,
    }
    return {"data": [dict(trace) for trace in traces], "layout": plain | layout}


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis with its title."""
    return {
        "title": {"text": label(title), "standoff": 12},
        "automargin": True,
        "zeroline": False,
    } | more


def line(
    x: Sequence[float], y: Sequence[float | None], name: str, number: int = 0, **more: Any
) -> Trace:
    """A line with markers in the colour and symbol of its number."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(x),
        "y": list(y),
        "name": label(name),
        "line": {"color": colour(number), "width": 2},
        "marker": marker(number, size=7),
    } | more


def intervals(
    x: Sequence[Any],
    y: Sequence[Any],
    low: Sequence[float],
    high: Sequence[float],
    name: str,
    number: int = 0,
    *,
    along: str = "x",
    **more: Any,
) -> Trace:
    """Points with their intervals, along x or y."""
    middle = list(x if along == "x" else y)
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [after - at for at, after in zip(middle, high, strict=True)],
        "arrayminus": [at - before for at, before in zip(middle, low, strict=True)],
        "color": colour(number),
        "thickness": 1.4,
        "width": 3,
    }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "name": label(name),
        "marker": marker(number, size=8),
        f"error_{along}": bars,
    } | more


def band(
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    name: str,
    number: int = 0,
    *,
    strength: float = 0.18,
) -> Trace:
    """A band between two lines."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": faded(colour(number), strength),
        "line": {"width": 0},
        "name": label(name),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def marker(number: int, *, size: int) -> dict[str, Any]:
    """The marker of a series by its number."""
    return {"color": colour(number), "symbol": SYMBOLS[number % len(SYMBOLS)], "size": size}


def colour(number: int) -> str:
    """The colour of a series by its number."""
    return COLOURS[number % len(COLOURS)]


def faded(colour_text: str, strength: float) -> str:
    """A colour with some of it, as css writes it."""
    red, green, blue = (int(colour_text[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength:g})"


def zero_line(along: str = "x") -> dict[str, Any]:
    """A dashed line at nought, for ``layout.shapes``."""
    other = "y" if along == "x" else "x"
    return {
        "type": "line",
        f"{along}0": 0, f"{along}1": 0,
        f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1,
        "line": {"color": "#8a8f98", "width": 1, "dash": "dash"},
    }  # fmt: skip
