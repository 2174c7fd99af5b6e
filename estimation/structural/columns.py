"""What the loops write of each period."""

COLUMNS = (
    "l",
    "ln_K",
    "ln_M",
    "labour_m",
    "labour_x",
    "labour_s",
    "output_m",
    "output_xM",
    "output_xS",
    "output_s",
    "ln_P_M",
    "ln_P_S",
    "industrial_C",
    "industrial_I",
    "industrial_H",
    "ln_income",
    "ln_I",
    "ln_H",
    "F",
    "slope",
    "iterations",
    "ln_theta_M",
    "ln_theta_S",
    "ln_eta",
)
"""Names in the order of the columns: see :class:`estimation.structural.simulate.Simulated`."""
WIDTH = len(COLUMNS)
"""How many there are."""
