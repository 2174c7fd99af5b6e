"""What the command line prints: tables for people, on the standard output stream."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from geo.audit import AuditRow
from geo.errors import NightpanelError
from nightpanel.boundary_warnings import warnings_among

if TYPE_CHECKING:
    # Tables come from the stages; a command that shows none does not wait for pandas.
    import pandas as pd

    from estimation.estimate import EstimationResult
    from nightpanel.effort import Effort
    from nightpanel.explain_row import Explained
    from nightpanel.exports.export import Exported
    from nightpanel.run_cache import Pruned
    from nightpanel.run_study import StudyRun

# Tables are printed whole where the output is piped into a file; a terminal folds them.
PIPED_WIDTH = 160
LISTED_CITIES = 30


def say(line: str) -> None:
    """One line, never folded, so that paths can be copied."""
    _console().print(line, soft_wrap=True, markup=False, highlight=False)


def say_outputs(folder: Path) -> None:
    """Where a command has left its files."""
    say(f"Outputs: {folder.resolve()}")


def complain(error: NightpanelError) -> None:
    """One line on the standard error stream."""
    print(f"{type(error).__name__}: {error}", file=sys.stderr)


def show_estimates(result: "EstimationResult", truth: Mapping[str, float] | None = None) -> None:
    """The table of estimates with its notes.

    Parameters
    ----------
    result : EstimationResult
    truth : mapping of str to float, optional
        The true effect by design, for a made-up country.
    """
    from estimation.tables.tidy import summary_table  # not every command has estimates to show

    print_table(summary_table(result.estimates, truth), title="Estimates")
    for row in result.audit:
        say(f"Sample: {row.subject}: {row.detail}")
    for note in result.notes:
        say(f"Note: {note}")
    say_fits(result)


def show_tables(result: "EstimationResult", texts: Sequence[str]) -> None:
    """The tables of the paper, each with its notes; all estimates where there is none.

    Parameters
    ----------
    result : EstimationResult
    texts : sequence of str
    """
    if not texts:
        show_estimates(result)
        return
    for text in texts:
        say(text)
    designs = result.estimates["design"].nunique()
    say(
        f"Estimates: {len(result.estimates)} rows of {designs} designs (estimates.parquet), "
        f"{len(result.checks)} checks, {len(result.notes)} notes (tables/notes.txt)"
    )
    say_fits(result)


def say_fits(result: "EstimationResult") -> None:
    """How many nuisance fits there were to make, and how many were made."""
    fits = result.fits
    if fits.asked:
        say(
            f"Fits: {fits.asked} asked for, {fits.distinct} of them distinct, {fits.fitted} made "
            "now (the rest were kept)"
        )


def show_run(result: "StudyRun") -> None:
    """What a run made: light, panel, estimates, flags, times and memory."""
    for stage in result.up_to_date:
        say(f"{stage}: nothing to do, its files are up to date.")
    made = result.made
    if "lights" in made:
        for line in warnings_among(made["lights"].audit):
            say(line)
        print_table(light_summary(made["lights"].city_years), title="Inequality inside cities")
        show_seam(made["lights"].city_years)
    if "panel" in made:
        joined, lost = made["panel"].panel, made["panel"].unmatched
        say(f"Panel: {len(joined)} city-years of {joined['city_id'].nunique()} cities join.")
        for (side, table), part in lost.groupby(["side", "table"]):
            say(f"  {len(part)} unmatched in {side} of {table}: cities {_cities(part)}")
        if len(lost):
            say("  (all in unmatched.parquet)")
        gone = made["panel"].tables.get("lost_cities", ())
        say(f"  {len(gone)} cities lost, each with its reasons in tables/lost_cities.csv")
    if "estimates" in made:
        show_tables(made["estimates"], result.table_texts)
    for line in made.get("report", ()):
        say(line)
    if made:
        _show_times(result)


def _show_times(result: "StudyRun") -> None:
    say(f"Audit: {len(result.audit())} rows (audit.parquet).")
    times = ", ".join(f"{stage} {time:.1f}" for stage, time in result.seconds.items())
    say(f"Seconds: {times}, writing {result.effort.write:.1f}")
    if "lights" in result.made:
        parts = result.made["lights"].seconds.items()
        say(f"Light: {', '.join(f'{part} {time:.1f} s' for part, time in parts)}")
    _show_effort(result.effort)


def show_seam(city_years: "pd.DataFrame") -> None:
    """What years that a product has twice do to mean light and Gini; nothing if there are none."""
    from nightpanel.seam import seam_summary, seam_table

    seam = seam_table(city_years)
    if len(seam):
        print_table(seam_summary(seam), title="Seam, means over cities that both versions show")
        say("  (by city in seam.csv)")


def _show_effort(effort: "Effort") -> None:
    if effort.tiles_read or effort.tiles_kept:
        say(
            f"Tiles: {effort.tiles_read} read, {effort.tiles_kept} from the cache; "
            f"reading {effort.read:.1f} s, adding {effort.add:.1f} s, summed over threads"
        )
    say(f"Peak memory: {_peaks(effort)}")


def _peaks(effort: "Effort") -> str:
    here = f"{effort.peak_bytes / 2**20:.0f} MiB"
    if not effort.worker_peak_bytes:
        return here
    return f"{here} here, {effort.worker_peak_bytes / 2**20:.0f} MiB in the largest worker"


def show_explained(explained: "Explained") -> None:
    """Everything that made one row of the city-year table and of the panel."""
    for title, facts in (
        ("City-year", explained.city_year),
        ("Panel", explained.panel),
        ("Tile", explained.tile),
        ("Grid", explained.grid),
        ("Boundary", explained.boundary),
        ("Settings", explained.settings),
        ("Versions", {**explained.versions, "code": explained.code}),
    ):
        if facts:
            say(title)
        for name, value in facts.items():
            if value is not None and value != "":
                say(f"  {name}: {value}")
    for reason in explained.dropped:
        say(f"Not in the panel: {reason}")
    for title, table in (("Matches", explained.matches), ("Units", explained.units)):
        if len(table):
            print_table(table, title=f"{title}, {len(table)}")
    say(f"Audit rows: {len(explained.audit)}")
    for row in explained.audit:
        at = f"; {row.file} row {row.row}" if row.row is not None else ""
        say(f"  {row.rule}, {row.subject}: {row.detail} ({row.count}){at}")


def show_entries(entries: "pd.DataFrame", *, one_by_one: bool) -> None:
    """The entries of a cache folder, each or by kind, and their size."""
    if one_by_one:
        used = entries["last_used"].dt.strftime("%Y-%m-%d %H:%M")
        in_use = entries["in_use"].fillna(value=False).map({True: "  in use", False: ""})
        damaged = entries["damaged"].map({True: "  damaged", False: ""})
        size = entries["bytes"].astype("str") + " bytes"
        name = entries["kind"] + "/" + entries["key"]
        for line in name + "  " + size + "  " + used + in_use + damaged:
            say(line)
    grouped = entries.assign(in_use=entries["in_use"].fillna(value=False)).groupby("kind")
    summary = grouped.agg(
        entries=("key", "size"),
        megabytes=("bytes", lambda sizes: sizes.sum() / 1e6),
        in_use=("in_use", "sum"),
        damaged=("damaged", "sum"),
        last_used=("last_used", "max"),
    )
    print_table(summary.reset_index(), title="Cache")
    say(f"{len(entries)} entries, {entries['bytes'].sum() / 1e6:.1f} MB")


def show_pruned(pruned: "Pruned") -> None:
    """What pruning removed."""
    freed = pruned.removed["bytes"].sum() / 1e6
    say(
        f"Removed {len(pruned.removed)} entries ({freed:.1f} MB) and {pruned.drafts} unfinished "
        f"files; {pruned.kept_bytes / 1e6:.1f} MB are kept."
    )


def show_exported(exported: "Exported") -> None:
    """Where a file is, and what in it is otherwise than in the run's table."""
    for (rule, subject), rows in _grouped(exported.audit).items():
        first = rows[0]
        count = sum(row.count for row in rows)
        changed = f" {first.old!r} is {first.new!r}" if first.new else ""
        say(f"Note: {rule}: {subject}: {count} x {first.detail}.{changed}")
    say(f"Written: {exported.path.resolve()}")


def _grouped(audit: Iterable[AuditRow]) -> dict[tuple[str, str], list[AuditRow]]:
    groups: dict[tuple[str, str], list[AuditRow]] = {}
    for row in audit:
        groups.setdefault((row.rule, row.subject), []).append(row)
    return groups


def light_summary(city_years: "pd.DataFrame") -> "pd.DataFrame":
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


def _cities(keys: "pd.DataFrame") -> str:
    """Cities of some keys, the first ones by name."""
    cities = sorted(keys["city_id"].unique())
    more = len(cities) - LISTED_CITIES
    return ", ".join(cities[:LISTED_CITIES]) + (f" and {more} more" if more > 0 else "")


def print_table(table: "pd.DataFrame", *, title: str) -> None:
    """A table with a title; numbers to the right."""
    drawn = Table(title=title, title_justify="left")
    numbers = set(table.select_dtypes("number").columns)
    for name in table.columns:
        drawn.add_column(str(name), justify="right" if name in numbers else "left", overflow="fold")
    for row in table.itertuples(index=False):
        drawn.add_row(*(_cell(value) for value in row))
    _console().print(drawn)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4f}"
    return str(value)


def _console() -> Console:
    # Its table of emoji takes longer to load than a table to print.
    console = Console(emoji=False)
    return console if console.is_terminal else Console(emoji=False, width=PIPED_WIDTH)
