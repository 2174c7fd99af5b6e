"""Tables of a study that asks for none: the panel's columns, and every estimate."""

import pandas as pd

from estimation.tables.numbers import decimals, rounded
from estimation.tables.result_table import ResultTable
from estimation.tables.tidy import summary_table
from nightpanel.output_folder import OutputFolder

DESCRIPTIVES = "descriptives"
FIGURES = ("Mean", "Std.", "Min", "Max")


def unasked_tables(folder: OutputFolder) -> dict[str, ResultTable]:
    """Descriptive statistics and estimates, where the folder has them, by name of their files.

    Parameters
    ----------
    folder : OutputFolder
    """
    made = {}
    described = folder.panel_tables.get(DESCRIPTIVES)
    if described is not None and len(described):
        made[DESCRIPTIVES] = _descriptives(described)
    if folder.estimates is not None and len(folder.estimates):
        made["estimates"] = _estimates(folder.estimates, folder.notes)
    return made


def _descriptives(table: pd.DataFrame) -> ResultTable:
    rows = []
    for row in table.to_dict("records"):
        places = decimals(float(row["Std."]))
        figures = [rounded(float(row[name]), places) for name in FIGURES]
        rows.append((str(row["Type"]), str(row["Variable"]), str(row["Obs"]), *figures))
    header = ("Type", "Variable", "Obs", *FIGURES)
    return ResultTable("Descriptive statistics", "", (header,), tuple(rows), ())


def _estimates(estimates: pd.DataFrame, notes: tuple[str, ...]) -> ResultTable:
    table = summary_table(estimates).astype("str")
    rows = tuple(tuple(map(str, row)) for row in table.to_numpy().tolist())
    return ResultTable("Estimates", "", (tuple(map(str, table.columns)),), rows, notes)
