"""The Gini over time: all cities as a fan, and some with their intervals."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nightpanel.paper_figures.chosen_cities import RULE, THREE, Chosen, chosen_cities
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.style import BLACK, BLUE, VERMILION, WIDTH
from nightpanel.paper_figures.words import Words
from nightpanel.paper_figures.year_axis import year_axis

BANDS = ((0.05, 0.95, 0.15), (0.25, 0.75, 0.35))
"""Shares of the cities below and above, and how dark the band between is."""
LOOKS = ((BLUE, "o"), (BLACK, "s"), (VERMILION, "^"))


def gini_over_time(material: Material) -> Drawing:
    """A figure for each light product.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    cities = material.folder.cities
    if cities is None or cities["gini"].notna().sum() == 0:
        return NotDrawn("no Gini of any city (cities.parquet)")
    figures = [
        _drawn(str(product), table, material.words)
        for product, table in cities[cities["gini"].notna()].groupby("product", sort=True)
        if table["year"].nunique() > 1
    ]
    return tuple(figures) or NotDrawn("one year only")


def _drawn(product: str, table: pd.DataFrame, words: Words) -> Drawn:
    chosen = chosen_cities(table, THREE)
    figure = Figure(figsize=(WIDTH, 3.0))
    grid = figure.add_gridspec(2, 2, height_ratios=[1.0, 0.17])
    left = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[0, 1], sharey=left)
    _fan(left, table)
    left.set_title(f"a  All cities (n = {table['city_id'].nunique()})")
    left.set_ylabel("Gini of light over units")
    for number, (city, look) in enumerate(zip(chosen, LOOKS, strict=False)):
        shift = (number - (len(chosen) - 1) / 2) * 0.12
        _city(right, table[table["city_id"] == city.city_id], city, look, shift, words)
    right.set_title("b  Chosen cities, with 95 % intervals")
    right.tick_params(labelleft=False)
    for column, axes in enumerate((left, right)):
        below = figure.add_subplot(grid[1, column])
        below.set_axis_off()
        handles, labels = axes.get_legend_handles_labels()
        below.legend(handles, labels, loc="upper left", borderpad=0, labelspacing=0.35)
        year_axis(axes, table["year"])
        axes.grid(axis="y")
    return Drawn(
        figure,
        f"Gini of light inside cities by {product}. a: median over cities, with the bands that "
        "hold half and nine tenths of them. b: intervals are the bootstrap over a city's units: "
        f"how the index hangs on which units there are, not sampling error. {RULE}.",
    )


def _fan(axes: Axes, table: pd.DataFrame) -> None:
    by_year = table.groupby("year")["gini"]
    years = np.array(sorted(table["year"].unique()), dtype=np.float64)
    for low, high, dark in BANDS:
        ends = by_year.quantile(low).to_numpy(), by_year.quantile(high).to_numpy()
        label = f"{high - low:.0%} of cities".replace("%", " %")
        axes.fill_between(years, *ends, color=BLUE, alpha=dark, linewidth=0, label=label)
    axes.plot(years, by_year.median().to_numpy(), color=BLUE, marker="o", markersize=3,
              label="median")  # fmt: skip


def _city(
    axes: Axes,
    table: pd.DataFrame,
    city: Chosen,
    look: tuple[str, str],
    shift: float,
    words: Words,
) -> None:
    colour, marker = look
    rows = table.sort_values("year")
    gini, low, high = (
        rows[name].to_numpy(dtype=np.float64) for name in ("gini", "gini_low", "gini_high")
    )
    # The Gini of a resample is lower on average, so that an interval may lie below its own Gini.
    axes.vlines(rows["year"] + shift, low, high, color=colour, linewidth=0.9)
    axes.plot(rows["year"] + shift, gini, color=colour, marker=marker, markersize=3,
              linewidth=0.9, label=f"{words.city(city.city_id)}, {city.rank}")  # fmt: skip
