"""Residuals of the designs: how they are distributed, and the effect as the line through them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kurtosis, norm, skew

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, data_table
from nightpanel.html_report.sections.effects import series_of
from nightpanel.html_report.words import shown

BINS = 20
"""Groups of rows of an added-variable plot, of equal size."""
PROBABILITIES = np.linspace(0.01, 0.99, 50)

Floats = NDArray[np.float64]


def error_summary(residuals: pd.DataFrame) -> pd.DataFrame:
    """What the errors of each design and variant look like.

    Parameters
    ----------
    residuals : pandas.DataFrame
        ``residuals.parquet``.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``variant``, ``rows``, ``sd``, ``skewness``, ``excess kurtosis``, ``largest, in
        sd`` with its city and year, and ``with the year before``: the correlation of a city's
        errors with those of the year before.
    """
    rows = [
        {"design": design, "variant": str(variant).replace("_", " "), **_summary(some)}
        for (design, variant), some in residuals.groupby(["design", "variant"], sort=False)
    ]
    return pd.DataFrame(rows)


def _summary(rows: pd.DataFrame) -> dict[str, object]:
    error = rows["error"].to_numpy()
    deviation = float(np.std(error))
    moves = deviation > 0
    at = int(np.argmax(np.abs(error)))
    return {
        "rows": len(rows),
        "sd": deviation,
        "skewness": float(skew(error)) if moves else np.nan,
        "excess kurtosis": float(kurtosis(error)) if moves else np.nan,
        "largest, in sd": abs(float(error[at])) / deviation if moves else np.nan,
        "of": f"{rows['city_id'].iloc[at]}, {rows['year'].iloc[at]}",
        "with the year before": _serial(rows),
    }


def _serial(rows: pd.DataFrame) -> float:
    before = rows[["city_id", "year", "error"]].assign(year=rows["year"] + 1)
    pairs = rows.merge(before, on=["city_id", "year"], suffixes=("", "_before"))
    if len(pairs) < 3 or not pairs["error"].std() > 0 or not pairs["error_before"].std() > 0:
        return float("nan")
    return float(np.corrcoef(pairs["error"], pairs["error_before"])[0, 1])


def quantile_plot(rows: pd.DataFrame, design: str, number: int) -> Chart:
    """Quantiles of a design's errors beside those of the normal distribution, by variant."""
    normal = norm.ppf(PROBABILITIES)
    traces, table = [], {"normal": normal}
    numbers = series_of(rows["variant"])
    for variant, some in rows.groupby("variant", sort=False):
        error = some["error"].to_numpy()
        scale = float(np.std(error)) or 1.0
        found = np.quantile((error - error.mean()) / scale, PROBABILITIES)
        name = str(variant).replace("_", " ")
        traces.append(plots.line(normal.tolist(), found.tolist(), name, numbers[str(variant)]))
        table[name] = found
    ends = [float(normal[0]), float(normal[-1])]
    even = {
        "type": "scatter", "mode": "lines", "x": ends, "y": ends, "name": "normal",
        "line": {"color": plots.colour(6), "dash": "dash", "width": 1},
    }  # fmt: skip
    tails = "; ".join(
        f"{name} {shown(float(values[0]))} and {shown(float(values[-1]))}"
        for name, values in table.items()
        if name != "normal"
    )
    return Chart(
        id=f"quantiles-{number}",
        title=f"Quantiles of errors: {design}",
        text=f"Standardised errors of the design {design} by quantiles of the normal distribution. "
        f"At 1 % and 99 %, where the normal one has {shown(ends[0])} and {shown(ends[1])}: "
        f"{tails}.",
        figure=plots.figure(
            [*traces, even],
            xaxis=plots.axis("normal quantile"),
            yaxis=plots.axis("quantile of errors"),
        ),
        table=data_table(pd.DataFrame(table), "Quantiles of standardised errors"),
    )


def added_variable_plot(rows: pd.DataFrame, design: str, number: int) -> Chart:
    """Means of the outcome's residuals in groups of equal size by the treatment's, by variant."""
    traces, parts = [], []
    numbers = series_of(rows["variant"])
    for variant, some in rows.groupby("variant", sort=False):
        treatment, outcome = some["treatment"].to_numpy(), some["outcome"].to_numpy()
        name, slope = str(variant).replace("_", " "), _slope(treatment, outcome)
        means = binned(treatment, outcome)
        traces += _means_with_line(means, slope, name, numbers[str(variant)])
        parts.append(means.assign(variant=name, slope=slope))
    table = pd.concat(parts, ignore_index=True)
    slopes = table.drop_duplicates("variant")[["variant", "slope"]].to_numpy().tolist()
    said = "; ".join(f"{name} {shown(float(slope))}" for name, slope in slopes)
    return Chart(
        id=f"added-{number}",
        title=f"Outcome by treatment, both without what is controlled for: {design}",
        text=f"Means of the outcome's residuals of the design {design} in {BINS} groups of equal "
        f"size by the treatment's residual, with the line through all rows. Slopes: {said}.",
        figure=plots.figure(
            traces,
            showlegend=True,
            xaxis=plots.axis("residual of the treatment"),
            yaxis=plots.axis("residual of the outcome"),
        ),
        table=data_table(
            table[["variant", "treatment", "outcome", "rows"]], "Means by group", rows=400
        ),
    )


def _means_with_line(
    means: pd.DataFrame, slope: float, name: str, number: int
) -> list[plots.Trace]:
    x, y = means["treatment"].tolist(), means["outcome"].tolist()
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [x[0], x[-1]],
        "y": [slope * x[0], slope * x[-1]],
        "line": {"color": plots.colour(number), "width": 1.5},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [plots.line(x, y, name, number) | {"mode": "markers"}, line]


def binned(x: Floats, y: Floats) -> pd.DataFrame:
    """Means of x and y in groups of equal size by x.

    Parameters
    ----------
    x, y : float array, shape (n,)

    Returns
    -------
    pandas.DataFrame
        ``treatment``, ``outcome``, ``rows``; fewer than :data:`BINS` rows where n is less.
    """
    order = np.argsort(x, kind="stable")
    groups = [one for one in np.array_split(order, BINS) if one.size]
    return pd.DataFrame(
        {
            "treatment": [float(x[one].mean()) for one in groups],
            "outcome": [float(y[one].mean()) for one in groups],
            "rows": [one.size for one in groups],
        }
    )


def _slope(x: Floats, y: Floats) -> float:
    square = float(x @ x)
    return float(x @ y) / square if square > 0 else float("nan")
