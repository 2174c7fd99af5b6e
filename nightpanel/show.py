"""What the command line prints: tables for people, on the standard output stream."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.table import Table

from estimation.results import summary_table

if TYPE_CHECKING:
    from estimation.estimate import EstimationResult
    from nightpanel.check_study import Checked
    from nightpanel.run_study import StudyRun

# Tables are printed whole where the output is piped into a file; a terminal folds them.
PIPED_WIDTH = 160
LISTED_CITIES = 30


def say(line: str) -> None:
    """One line, never folded, so that paths can be copied."""
    _console().print(line, soft_wrap=True, markup=False, highlight=False)


def show_estimates(result: "EstimationResult", truth: Mapping[str, float] | None = None) -> None:
    """The table of estimates with its notes.

    Parameters
    ----------
    result : EstimationResult
    truth : mapping of str to float, optional
        The true effect by design, for a made-up country.
    """
    _print_table(summary_table(result.estimates, truth), title="Estimates")
    for row in result.audit:
        say(f"Sample: {row.subject}: {row.detail}")
    for note in result.notes:
        say(f"Note: {note}")


def show_run(result: "StudyRun") -> None:
    """What a run made: light, panel, estimates, flags and times."""
    if result.lights is not None:
        _print_table(light_summary(result.lights.city_years), title="Inequality inside cities")
    if result.panel is not None:
        joined, lost = result.panel.panel, result.panel.unmatched
        say(f"Panel: {len(joined)} city-years of {joined['city_id'].nunique()} cities join.")
        for (side, table), part in lost.groupby(["side", "table"]):
            say(f"  {len(part)} unmatched in {side} of {table}: cities {_cities(part)}")
        if len(lost):
            say("  (all in unmatched.parquet)")
    if result.estimates is not None:
        show_estimates(result.estimates)
    say(f"Audit: {len(result.audit())} rows (audit.parquet).")
    say("Seconds: " + ", ".join(f"{stage} {time:.1f}" for stage, time in result.seconds.items()))


def show_checked(checked: "Checked") -> None:
    """What a check understood of the study."""
    for fact in checked.facts:
        say(fact)
    say("no problems" if not checked.problems else f"problems: {len(checked.problems)}")


def light_summary(city_years: pd.DataFrame) -> pd.DataFrame:
    """Means over cities by product and year.

    Parameters
    ----------
    city_years : pandas.DataFrame
        Columns of ``cities.parquet``.

    Returns
    -------
    pandas.DataFrame
        ``product``, ``year``, ``cities``, ``units``, and the unweighted means of ``gini`` and
        ``mean`` over cities where they are defined.
    """
    grouped = city_years.groupby(["product", "year"], as_index=False)
    return grouped.agg(
        cities=("city_id", "size"),
        units=("n_units", "sum"),
        mean_gini=("gini", "mean"),
        mean_light=("mean", "mean"),
    )


def _cities(keys: pd.DataFrame) -> str:
    """Cities of some keys, the first ones by name."""
    cities = sorted(keys["city_id"].unique())
    more = len(cities) - LISTED_CITIES
    return ", ".join(cities[:LISTED_CITIES]) + (f" and {more} more" if more > 0 else "")


def _print_table(table: pd.DataFrame, *, title: str) -> None:
    drawn = Table(title=title, title_justify="left")
    for name in table.columns:
        numeric = pd.api.types.is_numeric_dtype(table[name])
        drawn.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in table.itertuples(index=False):
        drawn.add_row(*(_cell(value) for value in row))
    _console().print(drawn)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.4f}"
    return str(value)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PIPED_WIDTH)
