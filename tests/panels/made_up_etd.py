"""Files in the shape of the Economic Transformation Database."""

from pathlib import Path

import numpy as np
import pandas as pd

from panels.sector_groups import SECTORS
from panels.sectors import VARIABLES


def made_up(
    codes: tuple[str, ...] = ("AAA",), years: range = range(2014, 2017), seed: int = 1
) -> pd.DataFrame:
    """Rows of the database: levels between 1 and 10, values added the same in 2015."""
    rng = np.random.default_rng(seed)
    rows = []
    for code in codes:
        base = rng.uniform(1, 10, len(SECTORS))
        for variable in VARIABLES:
            for year in years:
                own = rng.uniform(1, 10, len(SECTORS))
                level = base if year == 2015 and variable != "EMP" else own
                place = {"country": f"Land of {code}", "cnt": code, "var": variable, "year": year}
                total = {"Total": level.sum(), "War flag": 0}
                rows.append({**place, **dict(zip(SECTORS, level, strict=True)), **total})
    return pd.DataFrame(rows)


def written(table: pd.DataFrame, folder: Path, name: str = "etd.csv") -> Path:
    file = folder / name
    if name.endswith("csv"):
        table.to_csv(file, index=False)
    else:
        with pd.ExcelWriter(file) as book:
            pd.DataFrame({"Notes": ["Release", "Units"]}).to_excel(book, sheet_name="Notes")
            table.to_excel(book, sheet_name="Data", index=False)
    return file
