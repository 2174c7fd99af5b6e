"""The parameters of Pan, Li and Gu, with the source of each."""

from estimation.structural.parameters import Parameters

ALPHA_M_PRINTED = 0.959
"""Table 2 as printed; the paper's own results cannot be had with it (see ``ALPHA_M``)."""
ALPHA_M = 0.850
"""What the published shares and integration degrees need: the printed value is a misprint."""
SIGMA_M = 0.587
"""Table 2."""
ALPHA_S = 0.676
"""Table 2."""
SIGMA_S = 1.057
"""Table 2."""
OMEGA = 0.673
"""Table 2."""
EPSILON = 0.0
"""Table 2: zero, so that final goods are used in fixed proportions."""
BETA = (0.614, 0.658, 0.439)
"""Section 4.1, from input-output tables of the CIP data base."""
B = (1.0, 1.0, 1.0)
"""The paper fits them to employment in 1990 and prints none; its results are those of ones."""
GAMMA = (1.0, 0.5, 0.5)
"""Section 4.1."""
DELTA_K = 0.1
"""Section 4.1."""
DELTA_M = 0.0
"""Section 4.1."""
INVESTMENT = 0.40
"""Rate of investment ``s``: section 4.1."""
INFRASTRUCTURE = 0.01
"""Rate of new infrastructure ``s_H``, part of ``s``: section 4.1."""


def published(alpha_M: float = ALPHA_M) -> Parameters:
    """The paper's parameters; ``alpha_M=ALPHA_M_PRINTED`` for Table 2 as printed."""
    return Parameters(
        alpha_M=alpha_M,
        sigma_M=SIGMA_M,
        alpha_S=ALPHA_S,
        sigma_S=SIGMA_S,
        omega=(OMEGA,) * 3,
        epsilon=(EPSILON,) * 3,
        beta=BETA,
        B=B,
        gamma=GAMMA,
        delta_K=DELTA_K,
        delta_M=DELTA_M,
    )
