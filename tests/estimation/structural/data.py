"""China's sectors read straight from the file, without the project's reader."""

from pathlib import Path

import numpy as np
import openpyxl

GROUPS = {
    "m": ("Mining", "Manufacturing", "Utilities", "Construction"),
    "x": ("Transport services", "Business services", "Financial services", "Real estate"),
    "s": ("Trade services", "Government services", "Other services"),
}
BETA = (0.614, 0.658, 0.439)


YEARS = range(1990, 2019)


def _totals(data_dir: Path, variable: str) -> np.ndarray:
    """A variable by year and sector (m, x, s), shape (29, 3)."""
    book = openpyxl.load_workbook(data_dir / "sectors" / "ETD_230918.xlsx", read_only=True)
    rows = book["Data"].iter_rows(values_only=True)
    header = [str(name) for name in next(rows)]
    cells = {
        row[3]: dict(zip(header, row, strict=True))
        for row in rows
        if row[1] == "CHN" and row[2] == variable
    }
    book.close()
    return np.array(
        [[sum(float(cells[y][name]) for name in group) for group in GROUPS.values()] for y in YEARS]
    )


def chinese_wage_gaps(data_dir: Path) -> np.ndarray:
    """xi_m and xi_s by equation (39), 1990 to 2018, shape (29, 2)."""
    wage = _totals(data_dir, "VA") * (1 - np.array(BETA)) / _totals(data_dir, "EMP")
    return wage[:, 1:2] / wage[:, [0, 2]]


def chinese_shares(data_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    """Employment and nominal output shares of (m, x, s), each of shape (29, 3)."""
    people, value = _totals(data_dir, "EMP"), _totals(data_dir, "VA")
    return people / people.sum(axis=1, keepdims=True), value / value.sum(axis=1, keepdims=True)
