"""Effects along something: a moderator, any shape, windows of years, years since adoption."""

from collections.abc import Mapping, Sequence

import pandas as pd

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, data_table
from nightpanel.html_report.sections.effects import NO_ESTIMATES, ends, series_of
from nightpanel.html_report.words import shown
from nightpanel.output_folder import OutputFolder

ALONG = {
    "marginal_effect": "Marginal effect, linear in the moderator",
    "cate": "Effect along a variable, of any shape",
    "rolling_window": "Effect in rolling windows of years",
    "error_correlation": "Indirect effect by correlation of errors",
}
SINCE = {
    "event_study": "Event study",
    "slope_event_study": "Event study of the slope",
}
APART = 0.14
"""Years between estimators that are drawn at the same year."""
ADOPTION_CHECKS = (
    "pre_trend", "pre_trend_power", "slope_pre_trend", "slope_pre_trend_power", "level_pre_trend",
    "level_pre_trend_power", "honest_bounds",
)  # fmt: skip


def marginal_effects(folder: OutputFolder) -> Section:
    """Effects along moderators and years.

    Parameters
    ----------
    folder : OutputFolder
    """
    nothing = "No design asks for an effect along a variable (moderator, along, windows)."
    return _section(folder, "marginal", "Results: marginal effects", ALONG, nothing)


def event_study(folder: OutputFolder) -> Section:
    """Effects by years since adoption, and what the years before it tell.

    Parameters
    ----------
    folder : OutputFolder
    """
    nothing = "No design has a staggered adoption, hence no event study."
    made = _section(folder, "event-study", "Results: event study", SINCE, nothing)
    if made.missing or folder.checks is None:
        return made
    tests = folder.checks[folder.checks["check"].isin(ADOPTION_CHECKS)]
    if tests.empty:
        return made
    columns = ["design", "variant", "check", "subject", "statistic", "value", "reference"]
    columns += ["p_value", "verdict"]
    table = data_table(tests[columns], "Trends before adoption, and bounds where they differ")
    return Section(made.id, made.title, (*made.parts, table))


def _section(
    folder: OutputFolder, name: str, title: str, kinds: Mapping[str, str], nothing: str
) -> Section:
    if folder.estimates is None:
        return Section(name, title, missing=NO_ESTIMATES)
    if folder.curves is None:
        return Section(name, title, missing="The folder lacks curves.parquet.")
    found = folder.curves[folder.curves["curve"].isin(list(kinds))]
    groups = list(found.groupby(["design", "curve", "along"], sort=False))
    parts: Sequence[Piece] = [
        _curve(rows, str(design), kinds[str(curve)], f"{name}-{number}", since=str(curve) in SINCE)
        for number, ((design, curve, _), rows) in enumerate(groups)
    ]
    return Section(name, title, tuple(parts), "" if parts else nothing)


def _curve(rows: pd.DataFrame, design: str, title: str, name: str, *, since: bool) -> Chart:
    term, along = str(rows["term"].iloc[0]), str(rows["along"].iloc[0])
    traces, said = list[plots.Trace](), list[str]()
    numbers = series_of(rows["variant"])
    variants = list(rows.groupby("variant", sort=False))
    for place, (variant, some) in enumerate(variants):
        number = numbers[str(variant)]
        ordered = some.sort_values("at", kind="stable")
        called = str(variant).replace("_", " ")
        if since:
            aside = APART * (place - (len(variants) - 1) / 2)
            traces += _years(ordered, called, number, aside)
        else:
            traces += _line(ordered, called, number)
        first, last = ordered.iloc[0], ordered.iloc[-1]
        said.append(
            f"{called} from {shown(float(first['effect']))} at {shown(float(first['at']))} to "
            f"{shown(float(last['effect']))} at {shown(float(last['at']))}"
        )
    shapes = [plots.zero_line("y")]
    if since:
        shapes.append(plots.zero_line() | {"x0": -0.5, "x1": -0.5})
    columns = ["variant", "at", "effect", "std_error", "ci_low", "ci_high", "band_low", "band_high"]
    return Chart(
        id=name,
        title=f"{title}: {design}",
        text=f"{title} of {term} in the design {design}, along {along}, with intervals and the "
        f"band that holds the whole curve with 95 %: {'; '.join(said)}.",
        figure=plots.figure(
            traces,
            showlegend=True,
            shapes=shapes,
            xaxis=plots.axis(along),
            yaxis=plots.axis(f"effect of {term}"),
        ),
        table=data_table(rows[columns], f"Points of the curve: {design}", rows=400),
    )


def _line(rows: pd.DataFrame, name: str, number: int) -> list[plots.Trace]:
    """A line over the band that holds all of it."""
    whole = rows.dropna(subset=["band_low", "band_high"])
    line = plots.line(rows["at"].tolist(), rows["effect"].tolist(), name, number)
    if len(whole) < 2:
        return [line]
    low, high = whole["band_low"].tolist(), whole["band_high"].tolist()
    return [plots.band(whole["at"].tolist(), low, high, f"{name}, band", number), line]


def _years(rows: pd.DataFrame, name: str, number: int, aside: float) -> list[plots.Trace]:
    """Points with their intervals, and thinner those of the band; variants beside each other."""
    at, effect = [year + aside for year in rows["at"].tolist()], rows["effect"]
    traces = [
        plots.intervals(
            at, effect.tolist(),
            ends(rows[f"{kind}_low"], effect), ends(rows[f"{kind}_high"], effect),
            name, number, along="y",
        )
        for kind in ("band", "ci")
    ]  # fmt: skip
    outer, inner = traces
    outer["showlegend"], outer["hoverinfo"], outer["marker"]["size"] = False, "skip", 1
    outer["error_y"] |= {"thickness": 0.8, "width": 0}
    inner["error_y"] |= {"thickness": 2.2}
    inner |= {"customdata": rows["at"].tolist(), "hovertemplate": "%{customdata}: %{y:.4g}"}
    return traces
