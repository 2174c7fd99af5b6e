"""What the command line prints about the tables behind a panel."""

from typing import TYPE_CHECKING

from nightpanel.show import print_table, say, show_run

if TYPE_CHECKING:
    import pandas as pd

    from nightpanel.run_study import StudyRun

SHOWN = 10
"""Differences that are printed."""


def show_panel_run(result: "StudyRun") -> None:
    """What a run of the panel alone made."""
    if "panel" in result.made:
        made = result.made["panel"]
        light = "gini" in made.panel.columns
        say(
            "Tables joined with the light." if light else "Tables joined with each other; no light."
        )
        show_reconciliation(made.reconciliation)
    show_run(result)


def show_reconciliation(compared: "pd.DataFrame") -> None:
    """How far two sources of each column are apart; nothing where none has two.

    Parameters
    ----------
    compared : pandas.DataFrame
        Columns of `panels.reconcile.RECONCILIATION`.
    """
    if not len(compared):
        return
    apart = compared.assign(difference=compared["relative_difference"].abs())
    grouped = apart.groupby(["column", "table_a", "table_b"], sort=False)
    summary = grouped.agg(
        both=("difference", "count"),
        above=("above", "sum"),
        median=("difference", "median"),
        largest=("difference", "max"),
    )
    print_table(summary.reset_index(), title="Two sources, relative difference")
    used = compared[compared["chosen"] != ""].groupby(["column", "chosen"], sort=False)
    for row in used.size().reset_index(name="values").itertuples():
        say(f"  {row.column}: {row.values} values of {row.chosen}")
    far = apart[apart["above"]].sort_values("difference", ascending=False)
    shown = far[["column", "city_id", "year", "value_a", "value_b", "relative_difference"]]
    if len(far):
        print_table(shown.head(SHOWN), title=f"Above the tolerance: {len(far)}")
    say("  (all in reconciliation.parquet of a run)")
