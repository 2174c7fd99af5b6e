"""A study's own word on names: which city each of them means."""

from pathlib import Path

from geo.errors import CodeError, TableColumnError
from panels.cities.codes import code_text
from panels.cities.match import Reference, match_code
from panels.cities.place_names import folded, province_code, without_province
from panels.tables.cells import is_missing, plain
from panels.tables.sheets import open_sheet


def read_confirmed(
    file: Path, reference: Reference, *, digits: int = 4
) -> dict[tuple[str, str], str]:
    """Read a table of confirmed names.

    Parameters
    ----------
    file : Path
        Any table with the columns ``name`` and ``city_id``, and perhaps ``province``.
    reference : Reference
        The cities there are.
    digits : int
        First digits of a code that name the city; longer codes are cut.

    Returns
    -------
    dict of (str, str) to str
        As `panels.cities.match.Reference` has it: folded name and the province's digits, "" for
        any.

    Raises
    ------
    TableFileError, TableColumnError
        The file cannot be read, or lacks a column.
    CodeError
        A row has no code, or one of no city, or a province that there is none of, or a name has
        two cities.
    """
    sheet = open_sheet(file)
    for name in ("name", "city_id"):
        if name not in sheet.header:
            raise TableColumnError(
                f"{sheet.place}: column {name!r}",
                expected="the columns name and city_id",
                found=", ".join(sheet.header),
                hint="name the columns so",
            )
    found: dict[tuple[str, str], str] = {}
    for row, *cells in sheet.cells.itertuples(name=None):
        said = dict(zip(sheet.header, cells, strict=True))
        if is_missing(said["name"]):
            continue
        code = None if is_missing(said["city_id"]) else code_text(said["city_id"])
        where = f"{sheet.place}: row {row}"
        if code is None:
            raise _refused(where, "the code of a city", said["city_id"], "fill it in")
        match = match_code(code, reference, digits=digits)
        if match is None:
            raise _refused(where, "the code of a city of the list", code, "correct it")
        before, name = without_province(said["name"])
        key = (folded(name), _province(said.get("province"), where) or before or "")
        if found.get(key, match.city_id) != match.city_id:
            raise _refused(where, "one city for a name", said["name"], "keep one of the rows")
        found[key] = match.city_id
    return found


def _province(cell: object, where: str) -> str | None:
    if is_missing(cell):
        return None
    code = province_code(cell)
    if code is None:
        raise _refused(where, "the name of a province", cell, "correct it, or leave it blank")
    return code


def _refused(where: str, expected: str, found: object, hint: str) -> CodeError:
    return CodeError(where, expected=expected, found=repr(plain(found)), hint=hint)
