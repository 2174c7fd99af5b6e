"""What a simulation prints: where wage gaps come from, changes by scenario, largest residuals."""

from typing import TYPE_CHECKING

from nightpanel.show import print_table, say
from nightpanel.structural_tables import TABLE_3

if TYPE_CHECKING:
    from nightpanel.run_simulate import Simulation

SHORT = {
    "labour_m": "L_m",
    "labour_x": "L_x",
    "labour_s": "L_s",
    "output_m": "y_m",
    "output_x": "y_x",
    "output_s": "y_s",
    "integration_M": "1/theta_M",
    "eta": "eta",
}
"""Symbols of the paper, so that the table fits a terminal."""


def show_simulated(result: "Simulation") -> None:
    """The table of changes, the largest residual of each scenario and grid, and what is doubtful.

    Parameters
    ----------
    result : Simulation
    """
    say(result.frictions.said)
    if len(result.changes):
        table = result.changes[["scenario", "row", *TABLE_3]].rename(columns=SHORT)
        print_table(table[["scenario", "row", *SHORT.values()]], title="Changes, as in Table 3")
    for name, found in result.calibrated.items():
        productivities = ", ".join(f"{one:.4f}" for one in found.B)
        met = ", ".join(f"{one:.3f}" for one in found.target)
        say(
            f"{name}: B = {productivities} (level {found.level:g}, a choice) gives employment "
            f"{met} in period 1; other roots: {len(found.others)} (tables/calibration)"
        )
    for row in result.checked.largest.to_dict("records"):
        say(
            f"Largest residual of {row['scenario']}: {row['largest']:.1e} of income "
            f"({row['equation']}, period {row['period']})"
        )
        if row["uncertain"]:
            say(f"  in {row['uncertain']} periods F does not rise: there may be other equilibria")
    for row in result.grids.largest.to_dict("records"):
        say(
            f"Grid {row['grid']}: {row['combinations']} combinations, {row['unsolved']} without a "
            f"solution (status in grids.parquet); largest residual of {row['looked_at']} of them: "
            f"{row['largest']:.1e} of income"
        )
