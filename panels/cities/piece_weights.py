"""Weights of a crosswalk from a table of pieces: where old and new divisions overlap."""

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import CrosswalkError
from panels.cities.crosswalks import CROSSWALK_COLUMNS, Crosswalk, make_crosswalk


def crosswalk_of_pieces(
    pieces: pd.DataFrame,
    *,
    measure: str,
    year: int | None,
    instead: str | None = None,
    source: str = "pieces",
) -> tuple[Crosswalk, tuple[AuditRow, ...]]:
    """Weigh the pieces of every old division by what is in them.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``old``, ``new`` and the measure, a row for each piece; several rows of a pair are added.
    measure : str
        Column to weigh by: area, light, people; finite and not negative.
    year : int or None
        First year of the new divisions; None where the two only name the same places otherwise.
    instead : str, optional
        Column to weigh by the pieces of an old division whose measure is zero throughout, as light
        may be. They are refused without it.
    source : str
        For errors and the audit.

    Returns
    -------
    crosswalk : Crosswalk
        ``weight`` is the piece's measure over that of all pieces of its old division.
    audit : tuple of AuditRow
        A ``weighed_instead`` row for each old division weighed by ``instead``.

    Raises
    ------
    CrosswalkError
        A value is negative or missing, or the pieces of an old division have none at all.
    """
    named = [measure] if instead is None else [measure, instead]
    values = pieces[named].to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0.0)).all(axis=1)
    if wrong.any():
        first = pieces[wrong].iloc[0]
        raise CrosswalkError(
            f"{source}: {' or '.join(named)}",
            expected="finite values, none below zero",
            found=f"{first[measure]} for {first['old']} in {first['new']}",
            hint="correct the table of pieces",
        )
    sums = pieces.groupby(["old", "new"])[named].sum().reset_index()
    totals = sums.groupby("old")[named].transform("sum")
    chosen, total = sums[measure].copy(), totals[measure].copy()
    empty = total == 0.0
    audit: list[AuditRow] = []
    if empty.any():
        ids = sorted(set(sums.loc[empty, "old"]))
        if instead is None or (totals.loc[empty, instead] == 0.0).any():
            raise CrosswalkError(
                f"{source}: {measure}",
                expected="a value above zero in some piece of each old division",
                found=f"none in {', '.join(ids[:5])} ({len(ids)} in all)",
                hint="weigh by area",
            )
        chosen[empty], total[empty] = sums.loc[empty, instead], totals.loc[empty, instead]
        audit = [
            AuditRow("panel", "weighed_instead", f"{source}: {one}", f"no {measure}: by {instead}")
            for one in ids
        ]
    table = sums.assign(weight=chosen / total, year=year)[list(CROSSWALK_COLUMNS)]
    return make_crosswalk(table[table["weight"] > 0.0], source=source), tuple(audit)
