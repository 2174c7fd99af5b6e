"""Rows by a text in some column of the file, as a study asks for them."""

from pathlib import Path

import pytest

from geo.errors import TableColumnError
from panels.read import TableSpec, read_table

CSV = """code,year,kind,gdp
110000,2019,actual,1
110000,2020,interpolated,2
120000,2019, actual ,3
130000,2020,,4
"""


def read(tmp_path: Path, **only: str):
    file = tmp_path / "table.csv"
    file.write_text(CSV, encoding="utf-8")
    spec = TableSpec(file, "code", "year", {"gdp": "gdp"}, city_digits=2, only=only)
    return read_table(spec)


def test_other_rows_are_left_out_and_counted(tmp_path):
    found = read(tmp_path, kind="actual")
    assert found.table[["city_id", "gdp"]].to_numpy().tolist() == [["11", 1.0], ["12", 3.0]]
    (row,) = [one for one in found.audit if one.rule == "rows_not_asked_for"]
    assert (row.count, row.detail) == (2, "2 rows without 'actual' left out")


def test_without_the_key_all_rows_are_read(tmp_path):
    found = read(tmp_path)
    assert len(found.table) == 4
    assert "rows_not_asked_for" not in {one.rule for one in found.audit}


def test_a_text_that_no_row_has_is_refused(tmp_path):
    with pytest.raises(TableColumnError, match="'real' in some row, found 'actual', 'interpolated"):
        read(tmp_path, kind="real")
    with pytest.raises(TableColumnError, match="sort"):
        read(tmp_path, sort="actual")
