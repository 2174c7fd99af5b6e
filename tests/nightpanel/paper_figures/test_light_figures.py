"""Lorenz curves and the Gini over time: what is drawn is what the tables hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nightpanel.paper_figures.chosen_cities import chosen_cities
from nightpanel.paper_figures.drawn import Material, NotDrawn
from nightpanel.paper_figures.gini_years import gini_over_time
from nightpanel.paper_figures.lorenz_curves import lorenz_curves


def cities(ginis: list[float], units: list[int] | None = None) -> pd.DataFrame:
    ids = [f"{number:04d}" for number in range(len(ginis))]
    last = pd.DataFrame({"city_id": ids, "year": 2020, "gini": ginis})
    last["n_units"] = units or [9] * len(ids)
    return pd.concat([last.assign(year=2019, gini=0.5), last], ignore_index=True)


def test_cities_are_chosen_by_rank_in_the_last_year():
    found = chosen_cities(cities([0.5, 0.1, 0.3, 0.2, 0.4]))
    assert [(one.city_id, one.rank, one.gini) for one in found] == [
        ("0001", "lowest", 0.1),
        ("0003", "lower quartile", 0.2),
        ("0002", "median", 0.3),
        ("0004", "upper quartile", 0.4),
        ("0000", "highest", 0.5),
    ]


def test_cities_of_few_units_and_without_a_gini_are_not_chosen():
    table = cities([0.9, 0.1, 0.3, np.nan], [4, 5, 6, 9])
    assert [one.city_id for one in chosen_cities(table)] == ["0001", "0002"]
    assert chosen_cities(cities([np.nan])) == ()


def test_a_city_is_chosen_once():
    assert [one.rank for one in chosen_cities(cities([0.2]))] == ["lowest"]
    ranks = [one.rank for one in chosen_cities(cities([0.2, 0.3]), ("lowest", "highest"))]
    assert ranks == ["lowest", "highest"]


def test_the_area_under_a_drawn_curve_is_the_gini_of_the_table(material: Material):
    drawing = lorenz_curves(material)
    assert isinstance(drawing, tuple)
    axes = drawing[0].figure.axes[0]
    table = material.folder.cities
    assert table is not None
    gini = table[table["year"] == 2021].set_index("city_id")["gini"]
    _, *curves = axes.lines  # the first is equality
    assert len(curves) == len(gini)
    for line in curves:
        shares, light = line.get_xdata(), line.get_ydata()
        area = 1.0 - float(np.sum(np.diff(shares) * (light[1:] + light[:-1])))
        city = str(line.get_label()).split("\n", maxsplit=1)[0]
        assert area == pytest.approx(gini[city], abs=1e-12)
        assert f"Gini {gini[city]:.3f}" in str(line.get_label())


def test_the_fan_is_of_quantiles_and_intervals_are_those_of_the_table(material: Material):
    drawing = gini_over_time(material)
    assert isinstance(drawing, tuple)
    left, right = drawing[0].figure.axes[:2]
    table = material.folder.cities
    assert table is not None
    median = [np.median(table.loc[table["year"] == year, "gini"]) for year in (2019, 2020, 2021)]
    assert left.lines[0].get_ydata() == pytest.approx(median)
    chosen = chosen_cities(table, ("lowest", "median", "highest"))
    for city, line, bars in zip(chosen, right.lines, right.collections, strict=True):
        own = table[table["city_id"] == city.city_id].sort_values("year")
        assert line.get_ydata() == pytest.approx(own["gini"].to_numpy())
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        assert ends == pytest.approx(own[["gini_low", "gini_high"]].to_numpy())


def test_without_a_city_to_choose_there_is_a_reason(material: Material):
    table = material.folder.cities
    assert table is not None
    few = replace(material.folder, cities=table.assign(n_units=2))
    found = lorenz_curves(replace(material, folder=few))
    assert found == NotDrawn("no city with enough units and a Gini in the last year")
    dark = replace(material.folder, cities=table.assign(gini=np.nan))
    assert isinstance(gini_over_time(replace(material, folder=dark)), NotDrawn)
