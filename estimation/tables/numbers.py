"""How numbers are rounded in every table: one rule, here and nowhere else.

An effect, its standard error and the ends of its intervals have the decimals that show two figures
of the standard error, from 3 to 9: no more is printed than the error lets one know. The mean of a
column has those that its standard deviation gives. Every other figure has four significant digits.
Rounding is that of the exact binary value, ties to even, and a nought has no sign.
"""

import numpy as np

LEAST_PLACES = 3
MOST_PLACES = 9
FIGURES = 4
"""Significant digits of a figure that has no standard error."""
REPEATED = 6
"""Those of the factors of arithmetic that a reader repeats."""
LEAST_P = 0.0005
"""Smaller p values would be printed as nought."""


def decimals(std_error: float) -> int:
    """Decimals that show two figures of a standard error, from 3 to 9; 3 where there is none."""
    if not (np.isfinite(std_error) and std_error > 0):
        return LEAST_PLACES
    return int(np.clip(1 - np.floor(np.log10(std_error)), LEAST_PLACES, MOST_PLACES))


def rounded(value: float, places: int) -> str:
    """A number with so many decimals; empty for NaN."""
    return "" if np.isnan(value) else f"{value:z.{places}f}"


def in_parentheses(value: float, places: int) -> str:
    """``(0.035)``, as standard errors stand; empty for NaN."""
    return "" if np.isnan(value) else f"({rounded(value, places)})"


def interval(low: float, high: float, places: int) -> str:
    """``[-0.168, -0.030]``; empty where neither end is known."""
    if np.isnan(low) and np.isnan(high):
        return ""
    return f"[{rounded(low, places)}, {rounded(high, places)}]"


def figure(value: float, digits: int = FIGURES) -> str:
    """A figure with significant digits; empty for NaN."""
    return "" if np.isnan(value) else f"{value:z.{digits}g}"


def p_value(value: float) -> str:
    """``0.012`` or ``< 0.001``; empty for NaN."""
    if np.isnan(value):
        return ""
    return "< 0.001" if value < LEAST_P else f"{value:.3f}"


def p_text(value: float) -> str:
    """A p value with its sign, within a sentence: ``= 0.012`` or ``< 0.001``."""
    return "< 0.001" if value < LEAST_P else f"= {value:.3f}"
