"""Small table files for tests, and what reading them says."""

import zipfile
from pathlib import Path

from openpyxl import Workbook

from panels.read import TableSpec, read_table

COLUMNS = {"gdp": "地区生产总值"}


def xlsx(folder, rows, *, merged=(), change=None, name="table.xlsx"):
    """A workbook of one sheet; ``change`` alters the sheet before it is saved."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for block in merged:
        sheet.merge_cells(block)
    if change is not None:
        change(book, sheet)
    file = folder / name
    book.save(file)
    return file


def csv(folder, text, *, encoding="utf-8", name="table.csv"):
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def spec(file, **changes):
    settings = {"city": "城市代码", "year": "年份", "columns": COLUMNS}
    return TableSpec(file=Path(file), **(settings | changes))


def read(file, **changes):
    return read_table(spec(file, **changes))


def rules(made):
    """The audit as a list of (rule, row, old, new)."""
    return [(row.rule, row.row, row.old, row.new) for row in made.audit]


def named(made, rule):
    return [row for row in made.audit if row.rule == rule]


def rebuilt(source, target, *, change=None, add=None):
    """A copy of a zip with members changed by a function of their bytes, and others added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, (change or {}).get(name, lambda same: same)(content))
        for name, content in (add or {}).items():
            new.writestr(name, content)
    return target
