"""Lorenz curves of chosen cities in the last year."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geo.lorenz import lorenz_curve
from nightpanel.paper_figures.chosen_cities import RULE, Chosen, chosen_cities
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, VERMILION
from nightpanel.paper_figures.words import Words

LOOKS = ((BLUE, "-"), (GREEN, "--"), (BLACK, "-"), (ORANGE, "-."), (VERMILION, "-"))
"""Colour and dashes, in order of the cities' Ginis."""


def lorenz_curves(material: Material) -> Drawing:
    """A figure for each light product.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    units, cities = material.folder.units, material.folder.cities
    if units is None or cities is None or units.empty or cities.empty:
        return NotDrawn("no light by unit and city (units.parquet, cities.parquet)")
    figures = []
    for product, table in cities.groupby("product", sort=True):
        chosen = chosen_cities(table)
        if chosen:
            year = int(table["year"].max())
            light = units[(units["product"] == product) & (units["year"] == year)]
            figures.append(_drawn(str(product), year, light, chosen, material.words))
    return tuple(figures) or NotDrawn("no city with enough units and a Gini in the last year")


def _drawn(
    product: str, year: int, light: pd.DataFrame, chosen: tuple[Chosen, ...], words: Words
) -> Drawn:
    figure = Figure(figsize=(5.4, 3.6))
    axes, beside = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.75, 1.0]})
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    axes.annotate("equality", (0.42, 0.44), rotation=45, color=GREY, ha="center", va="bottom",
                  rotation_mode="anchor", transform_rotates_text=True)  # fmt: skip
    for city, (colour, dashes) in zip(chosen, _looks(len(chosen)), strict=True):
        values = light.loc[light["city_id"] == city.city_id, "mean"].to_numpy(dtype=np.float64)
        curve = lorenz_curve(values)
        label = f"{words.city(city.city_id)}\n{city.rank}, Gini {city.gini:.3f}"
        axes.plot(curve.units, curve.light, color=colour, linestyle=dashes, label=label)
    _square(axes)
    handles, labels = axes.get_legend_handles_labels()
    beside.set_axis_off()
    beside.legend(handles[::-1], labels[::-1], loc="center left", labelspacing=0.9)
    return Drawn(
        figure,
        f"Lorenz curves of light by {product} in {year}: the share of a city's light in its "
        "darkest units, each unit counted once; twice the area between a curve and the line of "
        "equality is the Gini. "
        f"{RULE}.",
    )


def _looks(number: int) -> tuple[tuple[str, str], ...]:
    """Looks of some cities: the ends of the order first."""
    places = np.rint(np.linspace(0, len(LOOKS) - 1, number)).astype(int)
    return tuple(LOOKS[place] for place in places)


def _square(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="Share of units, from the darkest",
             ylabel="Share of light")  # fmt: skip
    axes.set_aspect("equal")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.grid(color=PALE, linewidth=0.4)
