"""The tables that designs name beside the panel: shares, shocks, sector outcomes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.design_checks import missing_column
from estimation.designs import Design, design_label
from estimation.instruments.keys import LeaveOneOut, Shares, Shocks
from geo.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd


def design_files(designs: Sequence[Design]) -> list[Path]:
    """Files of the tables that designs name, each once."""
    return [Path(name) for name in dict.fromkeys(key.table for _, key in _keys(designs))]


def design_tables(designs: Sequence[Design]) -> "dict[str, pd.DataFrame]":
    """The tables that designs name, by their names.

    Parameters
    ----------
    designs : sequence of Design

    Returns
    -------
    dict of str to pandas.DataFrame
        Cities, sectors and clusters as text, other columns as numbers where they are.

    Raises
    ------
    NightpanelError
        A file is missing, unreadable or has a column twice.
    """
    from panels.read_table import read_table  # pandas is loaded with the first table

    text: dict[str, set[str]] = {}
    for _, key in _keys(designs):
        text.setdefault(key.table, set()).update(_texts(key))
    return {name: read_table(Path(name), text=columns) for name, columns in text.items()}


def table_problems(design: Design, tables: "dict[str, pd.DataFrame]") -> tuple[DesignError, ...]:
    """One error for every column that a design reads and its table lacks.

    Parameters
    ----------
    design : Design
    tables : dict of str to pandas.DataFrame
        Those that could be read.

    Returns
    -------
    tuple of DesignError
        Not raised; empty if nothing is missing.
    """
    return tuple(
        missing_column(
            f"{design_label(design)}, shift_share ({key.table})", column, there, of="table"
        )
        for _, key in _keys([design])
        if key.table in tables
        for there in [[str(name) for name in tables[key.table].columns]]
        for column in _columns(key)
        if column not in there
    )


def _keys(designs: Sequence[Design]) -> Iterator[tuple[Design, Shares | Shocks | LeaveOneOut]]:
    for design in designs:
        asked = design.shift_share
        if asked is not None:
            for key in (asked.shares, asked.shocks, asked.leave_one_out):
                if key is not None:
                    yield design, key


def _texts(key: Shares | Shocks | LeaveOneOut) -> set[str]:
    if isinstance(key, Shocks):
        return {key.sector, key.cluster} - {""}
    return {key.city, key.sector}


def _columns(key: Shares | Shocks | LeaveOneOut) -> list[str]:
    value = {Shares: "share", Shocks: "shock", LeaveOneOut: "value"}[type(key)]
    return [*sorted(_texts(key)), *([key.year] if key.year else []), getattr(key, value)]
