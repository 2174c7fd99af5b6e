"""The panel: balance, missing values, distributions, correlations."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, Text, data_table
from nightpanel.html_report.words import label, plural, shown, years_shown
from nightpanel.output_folder import OutputFolder

SHOWN = 12
"""Columns whose distributions and correlations are drawn."""
BINS = 24
KEY = ("city_id", "year")
Floats = NDArray[np.float64]
ABSENT = "There is no panel in this folder: the study has none, or the panel stage has not run."


def section(folder: OutputFolder) -> Section:
    """The joined panel.

    Parameters
    ----------
    folder : OutputFolder
    """
    panel = folder.panel
    if panel is None:
        return Section("panel", "Panel", missing=ABSENT)
    if panel.empty or not set(KEY) <= set(panel):
        return Section("panel", "Panel", missing="The panel has no row of a city and year.")
    columns = shown_columns(folder)
    parts: list[Piece] = [_balance(panel), _missing(panel)]
    if columns:
        parts.append(_distributions(panel, columns))
    if len(columns) > 1:
        parts.append(_correlations(panel, columns))
    if "descriptives" in folder.panel_tables:
        table = folder.panel_tables["descriptives"]
        filled = [name for name in table if not (table[name].isna() | table[name].eq("")).all()]
        parts.append(data_table(table[filled], "Descriptive statistics"))
    if folder.dropped is not None and len(folder.dropped):
        parts.append(_lost(folder.dropped))
    return Section("panel", "Panel", tuple(parts))


def shown_columns(folder: OutputFolder) -> list[str]:
    """Columns that designs name, outcome and treatment first; of a panel without, its numbers."""
    if folder.panel is None:
        return []
    panel = folder.panel
    numbers = [
        str(name)
        for name in panel.select_dtypes("number").columns
        if name not in KEY and panel[name].nunique() > 1
    ]
    named: list[str] = []
    if folder.estimates is not None:
        settings = folder.estimates[["outcome", "treatment", "controls"]].drop_duplicates()
        for row in settings.to_numpy():
            outcome, treatment, controls = (str(one) for one in row)
            named += [outcome, treatment, *controls.split(";")]
    wanted = [name for name in dict.fromkeys(named) if name in numbers]
    return (wanted or numbers)[:SHOWN]


def _balance(panel: pd.DataFrame) -> Chart:
    """How many cities each year has, and how many have all years."""
    cities = panel.groupby("year")["city_id"].nunique()
    years_of_city = panel.groupby("city_id")["year"].nunique()
    whole = int((years_of_city == len(cities)).sum())
    table = pd.DataFrame({"year": cities.index, "cities": cities.to_numpy()})
    bars = {
        "type": "bar",
        "x": table["year"].tolist(),
        "y": table["cities"].tolist(),
        "marker": {"color": plots.colour(0)},
    }
    return Chart(
        id="panel-balance",
        title="Balance",
        text=f"Bars of the number of cities in each year. "
        f"{whole} of {plural(len(years_of_city), 'city', 'cities')} have all of "
        f"{years_shown(panel['year'].tolist())}.",
        figure=plots.figure(
            [bars], xaxis=plots.axis(tickformat="d"), yaxis=plots.axis("cities")
        ),
        table=data_table(table, "Cities by year"),
        height=260,
    )  # fmt: skip


def _missing(panel: pd.DataFrame) -> Chart | Text:
    columns = [name for name in panel.columns if name not in KEY]
    absent = panel[columns].isna().groupby(panel["year"]).mean()
    some = [name for name in columns if absent[name].to_numpy().any()]
    if not some:
        return Text(
            (f"No value is missing in any of {plural(len(columns), 'column')}.",),
            title="Missing values",
        )
    worst = absent[some].mean().sort_values(ascending=False, kind="stable")
    heat = {
        "type": "heatmap",
        "x": absent.index.tolist(),
        "y": [label(name) for name in some],
        "z": absent[some].T.to_numpy().tolist(),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [list(stop) for stop in plots.SEQUENTIAL],
        "hovertemplate": "%{y}, %{x}: %{z:.1%}<extra></extra>",
        "colorbar": {"tickformat": ".0%"},
    }
    table = absent[some].T
    table.columns = [str(year) for year in table.columns]
    table.insert(0, "column", table.index)
    return Chart(
        id="panel-missing",
        title="Missing values",
        text=f"Heat map of the share of cities without a value, by column and year. Of "
        f"{plural(len(columns), 'column')} {len(some)} have gaps; the largest: {worst.index[0]}, "
        f"{worst.iloc[0]:.1%} on average.",
        figure=plots.figure(
            [heat], xaxis=plots.axis(tickformat="d"), yaxis=plots.axis(autorange="reversed")
        ),
        table=data_table(table, "Share of cities without a value, by column and year"),
        height=120 + 24 * len(some),
    )


def _distributions(panel: pd.DataFrame, columns: list[str]) -> Chart:
    """Small histograms, three in a row."""
    across = min(3, len(columns))
    down = -(-len(columns) // across)
    values = {name: _finite(panel[name]) for name in columns}
    traces, layout = [], {}
    for number, name in enumerate(columns):
        suffix = "" if number == 0 else str(number + 1)
        traces.append(_histogram(values[name], name, suffix))
        layout[f"xaxis{suffix}"] = plots.axis(name, anchor=f"y{suffix}")
        layout[f"yaxis{suffix}"] = plots.axis(anchor=f"x{suffix}", showticklabels=False)
    table = _quantiles(values)
    medians = table[["column", "median"]].to_numpy().tolist()
    return Chart(
        id="panel-distributions",
        title="Distributions",
        text=f"Histograms of {', '.join(columns)}. Medians: "
        + "; ".join(f"{name} {shown(float(median))}" for name, median in medians)
        + ".",
        figure=plots.figure(
            traces,
            grid={"rows": down, "columns": across, "pattern": "independent", "ygap": 0.45},
            showlegend=False,
            bargap=0,
            **layout,
        ),
        table=data_table(table, "Quantiles"),
        height=80 + 190 * down,
    )


def _finite(column: pd.Series) -> Floats:
    values = column.dropna().to_numpy(dtype=np.float64)
    return np.asarray(values[np.isfinite(values)])


def _histogram(values: Floats, name: str, suffix: str) -> plots.Trace:
    counts, edges = np.histogram(values, bins=BINS)
    return {
        "type": "bar",
        "x": ((edges[1:] + edges[:-1]) / 2).tolist(),
        "y": counts.tolist(),
        "width": np.diff(edges).tolist(),
        "marker": {"color": plots.colour(0)},
        "name": label(name),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


def _quantiles(values: Mapping[str, Floats]) -> pd.DataFrame:
    at = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
    heads = ["column", "n", "least", "5 %", "25 %", "median", "75 %", "95 %", "largest"]
    rows = [
        (name, own.size, *(np.quantile(own, at) if own.size else [np.nan] * len(at)))
        for name, own in values.items()
    ]
    return pd.DataFrame(rows, columns=heads)


def _correlations(panel: pd.DataFrame, columns: list[str]) -> Chart:
    found = panel[columns].corr()
    values = found.to_numpy().copy()
    apart = np.abs(np.where(np.eye(len(columns), dtype=bool), 0.0, np.nan_to_num(values)))
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    heat = {
        "type": "heatmap",
        "x": [label(name) for name in columns],
        "y": [label(name) for name in columns],
        "z": np.round(values, 3).tolist(),
        "zmin": -1,
        "zmax": 1,
        "colorscale": [list(stop) for stop in plots.DIVERGING],
        "texttemplate": "%{z:.2f}",
    }
    table = found.copy()
    table.insert(0, "column", table.index)
    return Chart(
        id="panel-correlations",
        title="Correlations",
        text=f"Heat map of Pearson correlations of {len(columns)} columns over city-years. The "
        f"strongest: {columns[first]} and {columns[second]}, {values[first, second]:.2f}.",
        figure=plots.figure([heat], yaxis=plots.axis(autorange="reversed"), xaxis=plots.axis()),
        table=data_table(table, "Pearson correlations over city-years"),
        height=160 + 34 * len(columns),
    )


def _lost(dropped: pd.DataFrame) -> Piece:
    by = dropped.groupby(["place", "reason"], as_index=False).agg(
        city_years=("year", "size"), cities=("city_id", "nunique")
    )
    ordered = by.sort_values("city_years", ascending=False, kind="stable")
    return data_table(ordered, "City-years that the panel lost, by reason")
