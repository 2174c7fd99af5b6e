"""A proposed mapping as a block of a study file, with the doubts as comments."""

import json
import re
from collections.abc import Iterator

from panels.tables.suggest import Proposed, Suggestion
from panels.tables.wide_names import YEAR

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def suggested_block(found: Suggestion) -> str:
    """The mapping as TOML that a study file takes as it stands.

    Parameters
    ----------
    found : Suggestion

    Returns
    -------
    str
        A ``[[panel.tables]]`` block: what the headers say; as comments, how sure it is, what is not
        mapped, and what was guessed on reading.
    """
    lines = [*_about(found), *_table(found), *_columns(found), *_rest(found)]
    # Texts of cells stand in comments, which may hold no control characters.
    return "\n".join(_CONTROL.sub(" ", line) for line in lines)


def _about(found: Suggestion) -> Iterator[str]:
    yield f"# Proposed from {found.place}; check every line."
    if found.header:
        first, last = found.header
        where = f"row {first}" if first == last else f"rows {first} to {last}"
        yield f"# Header in {where}."
    kind = "codes" if found.city is not None else "names"
    years = f", years {found.years[0]} to {found.years[-1]}" if found.years else ""
    yield f"# {found.rows} rows, {found.cities} different {kind} of cities{years}."
    for row in found.audit:
        yield f"# Read with a guess: {row.rule}: {row.detail}"


def _table(found: Suggestion) -> Iterator[str]:
    yield "[[panel.tables]]"
    yield f"file = {_text(str(found.file))}"
    if found.sheet is not None:
        yield f"sheet = {_text(found.sheet)}"
    if not found.is_found:
        yield f"header = {list(found.header)}"
    yield from _cities(found)
    if found.year is not None:
        yield f"year = {_text(found.year)}"
    elif not any(YEAR in one.header for one in found.mapped):
        yield "# No column of years was found: without one, a row holds for all years of the panel."
    if found.has_municipality_parts:
        yield 'crosswalk = "china-municipalities"'


def _cities(found: Suggestion) -> Iterator[str]:
    """How the table names its cities, or that it seems to be of provinces."""
    if found.city is not None:
        yield f"city = {_text(found.city)}"
    if found.city_name is not None:
        mark = "# " if found.city is not None else ""
        yield f"{mark}city_name = {_text(found.city_name)}"
        if found.province is not None:
            yield f"{mark}province = {_text(found.province)}"
    if found.city is None and found.city_name is None:
        seems = "; the table seems to be of provinces" if found.province is not None else ""
        yield f"# No column of codes or names of cities was found{seems}."
        if found.province is not None:
            yield f'# city_name = {_text(found.province)}  # with [panel] unit = "province"'


def _columns(found: Suggestion) -> Iterator[str]:
    yield ""
    yield "[panel.tables.columns]"
    if not any(one.sure for one in found.mapped):
        yield "# No header is a usual one: map at least one column."
    for one in found.mapped:
        line = f"{one.column} = {_text(one.header)}  # {one.fact}"
        yield line if one.sure else f"# {line}; unsure: the header is only like a usual one"
    said = [one for one in found.mapped if one.unit is not None and one.sure]
    if not said:
        return
    yield ""
    yield "[panel.tables.units]"
    for one in said:
        yield _unit(one)


def _unit(one: Proposed) -> str:
    unit = _text(one.unit.name if one.unit is not None else "")
    if one.unit_from in ("usual", "values"):
        why = "usual" if one.unit_from == "usual" else "by its values"
        return f"# {one.column} = {unit}  # {why}; the file does not say"
    by = "the file says so" if one.unit_from == "file" else "by the ending of the name"
    return f"{one.column} = {unit}  # {by}"


def _rest(found: Suggestion) -> Iterator[str]:
    if found.unmapped:
        yield ""
        yield "# Not mapped:"
        for one in found.unmapped:
            yield f"# {_text(one.header)}  {one.fact}"
    if found.other_sheets:
        yield f"# Other sheets with data: {', '.join(found.other_sheets)}"


def _text(value: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON."""
    return _CONTROL.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, ensure_ascii=False))
