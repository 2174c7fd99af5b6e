"""A table of a paper as text: header, rows, notes below."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

NOTE = "Note"


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table whose cells are text."""

    title: str
    """``Table 3``."""
    caption: str
    """What it is about; may be empty."""
    header: tuple[tuple[str, ...], ...]
    """Lines of the header, each with one text a column; the first column is that of labels."""
    rows: tuple[tuple[str, ...], ...]
    """Rows, as wide as the header."""
    notes: tuple[str, ...]
    """What a reader of the table must know."""

    def frame(self) -> pd.DataFrame:
        """The table with its notes as last rows, so that no copy goes without them.

        Returns
        -------
        pandas.DataFrame
            Text; each column is named by its lines of the header, joined by spaces.
        """
        names = [
            " ".join(part for part in parts if part) for parts in zip(*self.header, strict=True)
        ]
        width = len(names)
        notes = [(NOTE, note, *[""] * (width - 2)) for note in self.notes]
        return pd.DataFrame([*self.rows, *notes], columns=names).astype("str")


def numbered(places: Sequence[int]) -> str:
    """Columns by their numbers from 1: ``(1)-(3), (5)``.

    Parameters
    ----------
    places : sequence of int
        Positions from 0, ascending.
    """
    spans: list[list[int]] = []
    for place in places:
        if spans and place == spans[-1][-1] + 1:
            spans[-1].append(place)
        else:
            spans.append([place])
    return ", ".join(
        f"({span[0] + 1})" if len(span) == 1 else f"({span[0] + 1})-({span[-1] + 1})"
        for span in spans
    )
