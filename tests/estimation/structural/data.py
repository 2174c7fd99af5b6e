"""China's sectors read straight from the file, without the project's reader."""

from pathlib import Path

import numpy as np
import openpyxl

GROUPS = {
    "m": ("Mining", "Manufacturing", "Utilities", "Construction"),
    "x": ("Transport services", "Business services", "Financial services", "Real estate"),
    "s": ("Trade services", "Government services", "Other services"),
}
BETA = {"m": 0.614, "x": 0.658, "s": 0.439}


def chinese_wage_gaps(data_dir: Path) -> np.ndarray:
    """xi_m and xi_s by equation (39), 1990 to 2018, shape (29, 2)."""
    book = openpyxl.load_workbook(data_dir / "sectors" / "ETD_230918.xlsx", read_only=True)
    rows = book["Data"].iter_rows(values_only=True)
    header = [str(name) for name in next(rows)]
    cells = {
        (row[2], row[3]): dict(zip(header, row, strict=True)) for row in rows if row[1] == "CHN"
    }
    book.close()

    def wage(year: int, group: str) -> float:
        value, people = (
            sum(float(cells[variable, year][name]) for name in GROUPS[group])
            for variable in ("VA", "EMP")
        )
        return (1 - BETA[group]) * value / people

    return np.array([[wage(y, "x") / wage(y, j) for j in "ms"] for y in range(1990, 2019)])
