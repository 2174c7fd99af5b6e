"""Effects along a variable as rows of a table: value, effect, interval and band."""

from collections.abc import Sequence

import pandas as pd

from estimation.designs import Design
from estimation.estimate import EstimationResult
from estimation.tables.numbers import decimals, figure, in_parentheses, interval, rounded
from estimation.tables.result_table import ResultTable
from estimation.tables.table_columns import shown_variants

HEAD = ("effect", "(se)", "95 % interval", "95 % band")
EVERY = {"marginal_effect": 3, "cate": 3, "error_correlation": 3}
"""Of the points of a smooth curve, every third is shown; curves.parquet has all."""
KINDS = {
    "marginal_effect": "linear in it",
    "cate": "any smooth shape",
    "error_correlation": "what an unseen cause of both would leave of the indirect effect",
    "rolling_window": "windows at their middle years, which overlap; bands by Bonferroni's rule",
    "event_study": "an effect for each",
    "slope_event_study": "a change of the treatment's slope for each",
}


def curve_table(
    title: str,
    caption: str,
    designs: Sequence[Design],
    result: EstimationResult,
    *,
    variants: Sequence[str] = (),
) -> ResultTable:
    """The effect at quantiles of a variable, by design and variant.

    Parameters
    ----------
    title, caption : str
    designs : sequence of Design
        Those with a moderator, a variable to tell the effect along or an adoption; others have no
        curve, and a note says so.
    result : EstimationResult
    variants : sequence of str
        As in :class:`estimation.tables.table_columns.TableSpec`.

    Returns
    -------
    ResultTable
        The interval holds the effect at one value, the band the whole curve, with 95 %.
    """
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for design in designs:
        own = result.estimates[result.estimates["design"] == design.name]
        curves = result.curves[result.curves["design"] == design.name]
        shown = shown_variants(own, variants)
        told = curves[curves["variant"].isin(shown)]
        if told.empty:
            notes.append(f"{design.name}: no curve")
        for (variant, kind, along), points in told.groupby(
            ["variant", "curve", "along"], sort=False
        ):
            rows += _points(f"{design.name}, {variant}", points.iloc[:: EVERY.get(str(kind), 1)])
            notes.append(f"{design.name}, {variant}: along {along}, {KINDS[str(kind)]}")
    return ResultTable(
        title=title,
        caption=caption,
        header=(("", "at", *HEAD),),
        rows=tuple(rows),
        notes=(
            *notes,
            "the interval is for one value, the band for the whole curve, both 95 % and clustered",
        ),
    )


def _points(label: str, points: pd.DataFrame) -> list[tuple[str, ...]]:
    columns = ["at", "effect", "std_error", "ci_low", "ci_high", "band_low", "band_high"]
    return [(label, *_cells(values)) for values in points[columns].to_numpy().tolist()]


def _cells(values: Sequence[float]) -> tuple[str, ...]:
    at, effect, error, low, high, band_low, band_high = values
    places = decimals(error)
    return (
        figure(at),
        rounded(effect, places),
        in_parentheses(error, places),
        interval(low, high, places),
        interval(band_low, band_high, places),
    )
