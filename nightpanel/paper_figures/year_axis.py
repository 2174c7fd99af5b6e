"""An axis of years: whole ones, no more of them than there is room for."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

ROOM = 0.5
"""Years beside the first and the last."""


def year_axis(axes: Axes, years: pd.Series) -> None:
    """Make the lower axis one of years.

    Parameters
    ----------
    axes : Axes
    years : pandas.Series of int
    """
    axes.set_xlim(float(years.min()) - ROOM, float(years.max()) + ROOM)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
