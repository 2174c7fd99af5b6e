"""What a table's headers probably mean: for a mapping that is proposed, never applied."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources

from panels.tables.headers import (
    MAX_ROWS,
    Header,
    bare,
    folded,
    header_at,
    joined_names,
    split_column,
)
from panels.tables.raw_cells import RawCells
from panels.tables.units import UNITS, Unit, split_unit

_LOOKED_AT = 30
_KEYS = frozenset({"city_code", "city_name", "year"})
# What stands below a name for the whole of it, beside parts such as 市辖区.
_WHOLE = frozenset({"全市", "合计", "总计", "总额", "总量", "全部"})
_NEAR = 0.8
_CHINESE = re.compile(r"\s+(?=[A-Za-z])")
_YEAR_IN = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
# How names in English say a unit: gdp_100m, primary_share_pct, pop_10k, land_area_km2.
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "100m": ("亿元",),
    "10k": ("万元", "万人"),
    "billion_yuan": ("十亿元",),
    "million_yuan": ("百万元",),
    "10k_yuan": ("万元",),
    "yuan": ("元",),
    "usd": ("美元",),
    "pct": ("percent",),
    "percent": ("percent",),
    "km2": ("平方公里",),
    "m2": ("平方米",),
}


@dataclass(frozen=True, slots=True)
class Known:
    """A usual header."""

    column: str
    """Its name in a panel."""
    kind: str
    """``city_code``, ``city_name``, ``year``, ``other_key`` or ``value``."""
    unit: Unit | None
    """The unit it usually has."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a header may mean."""

    known: Known
    """The usual header."""
    sure: bool
    """Whether the name is that of the list, rather than like it."""
    by_ending: Unit | None = None
    """The unit that the name's English ending speaks of."""


def _read_known() -> dict[str, Known]:
    text = resources.files("panels.tables").joinpath("headers.csv").read_text(encoding="utf-8")
    return {
        _key(name): Known(row["column"], row["kind"], UNITS.get(row["unit"]))
        for row in csv.DictReader(text.splitlines())
        for name in row["names"].split("|")
    }


def _key(name: str) -> str:
    return re.sub(r"[_\-().（）]", "", bare(name))


_KNOWN = _read_known()


def guess(name: str) -> Guess | None:
    """What a header may mean.

    Parameters
    ----------
    name : str
        With or without its unit.

    Returns
    -------
    Guess or None
        None where no usual header is like it.
    """
    # Of names of several rows the last part, of names in two languages the Chinese.
    upper, _, last = name.rpartition(" ")
    whole = upper if folded(last) in _WHOLE else name
    for part in (name, last, _CHINESE.split(name, maxsplit=1)[0], whole):
        if _key(part) in _KNOWN:
            return Guess(_KNOWN[_key(part)], sure=True)
    stem, units = _without_ending(name)
    if units and _key(stem) in _KNOWN:
        known = _KNOWN[_key(stem)]
        usual = known.unit.dimension if known.unit is not None else None
        fitting = [UNITS[unit] for unit in units if usual in (None, UNITS[unit].dimension)]
        return Guess(known, sure=True, by_ending=fitting[0] if fitting else None)
    if len(_key(name)) < 2:
        return None
    near = get_close_matches(_key(name), _KNOWN, n=1, cutoff=_NEAR)
    return Guess(_KNOWN[near[0]], sure=False) if near else None


def _without_ending(name: str) -> tuple[str, tuple[str, ...]]:
    lowered = name.casefold()
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if lowered.endswith(f"_{ending}"):
            return name[: -len(ending) - 1], _ENDINGS[ending]
    return name, ()


def guess_header(raw: RawCells) -> Header:
    """The rows of a sheet that look most like a header.

    Names of the list of usual headers count most, then texts that differ from each other.

    Parameters
    ----------
    raw : RawCells
        Not empty.

    Returns
    -------
    Header
    """
    best, first, depth = -1, 0, 1
    for rows in range(1, MAX_ROWS + 1):
        for top in range(min(_LOOKED_AT, len(raw.cells) - rows + 1)):
            score = _score(joined_names(raw, top, rows))
            if score > best:
                best, first, depth = score, top, rows
    while first and depth < MAX_ROWS and _reaches_up(raw, first):
        first, depth = first - 1, depth + 1
    header = header_at(raw, first, depth)
    while depth < MAX_ROWS and _is_split(raw, header):
        depth += 1
        header = header_at(raw, first, depth)
    return header


def _is_split(raw: RawCells, header: Header) -> bool:
    """Whether reading would refuse the header, because a second row tells columns apart."""
    kinds = [found.known.kind if (found := guess(name)) else "" for name in header.names]
    values = [at for at, kind in enumerate(kinds) if kind == "value"]
    keys = [at for at, kind in enumerate(kinds) if kind in _KEYS]
    return bool(keys) and split_column(raw, header, keys=keys, values=values) is not None


def _reaches_up(raw: RawCells, first: int) -> bool:
    """Whether a cell of a row is merged with the one above it."""
    above, own = raw.cells.index[first - 1 : first + 1]
    return any(block.first_row <= above and own <= block.last_row for block in raw.merged)


def _score(names: Sequence[str]) -> int:
    texts = {folded(name) for name in names if name}
    known = sum(_key(name) in _KNOWN for name in set(names) if name)
    words = sum(not re.fullmatch(r"[\d.,+\-年]*", text) for text in texts)
    years = sum(_YEAR_IN.search(text) is not None and len(text) < 12 for text in texts)
    return 4 * known + words + (years if years > 2 else 0)


def wide_patterns(names: Sequence[str]) -> dict[str, list[str]]:
    """Names that differ in a year alone.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    dict of str to list of str
        Name with ``{year}`` in place of the year, to the names; three years at least.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        years = _YEAR_IN.findall(name)
        if len(years) == 1:
            found.setdefault(_YEAR_IN.sub("{year}", name), []).append(name)
    return {pattern: same for pattern, same in found.items() if len(same) > 2}


def unit_of(name: str, guessed: Guess | None) -> Unit | None:
    """The unit that a name itself says, in brackets or by its ending."""
    own = split_unit(name)[1]
    if own is None and guessed is not None:
        return guessed.by_ending
    return own
