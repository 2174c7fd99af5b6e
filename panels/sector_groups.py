"""Which of the twelve sectors of the Economic Transformation Database make up which of three.

The shipped table (``sector_groups.csv``) is that of Pan, Li and Gu, section 4.1; a table of the
same columns takes its place where another division is wanted.
"""

import csv
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from geo.errors import SectorDataError
from panels.tables.cells import is_missing, plain
from panels.tables.sheets import open_sheet

GROUPS = ("m", "x", "s")
"""Manufacturing, producer services, consumer services: the order of every array of sectors."""


def _shipped() -> list[dict[str, str]]:
    text = resources.files("panels").joinpath("sector_groups.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


PAPER_GROUPS: Mapping[str, str] = MappingProxyType(
    {row["sector"]: row["group"] for row in _shipped()}
)
"""Sector to group; the empty text for agriculture, which is left out."""

SECTORS = tuple(PAPER_GROUPS)
"""The twelve sectors, under their names in the database and in its order."""


def read_groups(path: Path) -> dict[str, str]:
    """A mapping from a file with the columns ``sector`` and ``group``.

    Raises
    ------
    TableFileError
        The file cannot be read.
    SectorDataError
        It lacks a column, names a sector twice, or is no mapping that `check_groups` takes.
    """
    sheet = open_sheet(path)
    for name in ("sector", "group"):
        if name not in sheet.header:
            raise SectorDataError(
                f"{sheet.place}",
                expected="the columns sector and group",
                found=", ".join(filter(None, sheet.header)),
                hint=f"name a column {name!r}",
            )
    columns = sheet.cells[[sheet.header.index("sector"), sheet.header.index("group")]]
    groups: dict[str, str] = {}
    for sector, group in columns.itertuples(index=False, name=None):
        name = plain(sector)
        if name in groups:
            raise SectorDataError(
                f"{sheet.place}: sector {name!r}",
                expected="one group for each sector",
                found="two rows",
                hint="remove one",
            )
        groups[name] = "" if is_missing(group) else plain(group)
    check_groups(groups, where=sheet.place)
    return groups


def check_groups(groups: Mapping[str, str], *, where: str = "mapping of sectors") -> None:
    """Refuse a mapping that does not say of each sector where it goes.

    Parameters
    ----------
    groups : mapping
        Each of the twelve sectors to m, x, s, or the empty text to leave it out.
    where : str
        What an error names.

    Raises
    ------
    SectorDataError
        A sector is missing or unknown, a group is none of the three, or one has no sector.
    """
    odd = [name for name in groups if name not in SECTORS]
    missing = [name for name in SECTORS if name not in groups]
    if odd or missing:
        raise SectorDataError(
            where,
            expected=f"the sectors {', '.join(SECTORS)}",
            found=f"{', '.join(odd)} besides" if odd else f"none of {', '.join(missing)}",
            hint="give each of them a group, or an empty one to leave it out",
        )
    wrong = {name: group for name, group in groups.items() if group not in (*GROUPS, "")}
    if wrong:
        name, group = next(iter(wrong.items()))
        raise SectorDataError(
            f"{where}: sector {name!r}",
            expected=f"one of {', '.join(GROUPS)}, or nothing",
            found=repr(group),
            hint="correct the group",
        )
    empty = [group for group in GROUPS if group not in groups.values()]
    if empty:
        raise SectorDataError(
            where,
            expected="at least one sector in each of m, x, s",
            found=f"none in {', '.join(empty)}",
            hint="give it a sector",
        )
