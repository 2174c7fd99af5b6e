"""Workbooks of Excel before 2007 (files/make_xls.py says what is in this one)."""

from pathlib import Path

import numpy as np
import pytest

from geo.errors import TableFileError
from panels.tables.sheets import open_raw
from panels.tables.workbooks import sheet_names
from tests.panels.table_files import named, read

FILE = Path(__file__).with_name("files") / "yearbook.xls"
COLUMNS = {"gdp": "地区生产总值", "share": "第三产业占比"}


def test_an_old_workbook_reads_like_a_new_one():
    made = read(FILE, columns=COLUMNS, units={"share": "fraction -> percent"})
    assert made.table["city_id"].tolist() == ["1100", "1100", "4508", "4508"]
    np.testing.assert_array_equal(made.table["gdp"], [1234.5, 1300.0, np.nan, 500.0])
    np.testing.assert_allclose(made.table["share"], [81.0, 82.0, 40.0, 41.0])
    assert made.units == {"gdp": "万元", "share": "percent"}
    assert named(made, "hidden_rows")[0].count == 1
    assert named(made, "merged_cells_filled")[0].count == 2
    assert [(row.row, row.old) for row in named(made, "footnote_mark")] == [(7, "500*")]
    assert [row.old for row in named(made, "title_rows")] == ["表1 城市经济（2018-2019）"]


def test_its_sheets():
    assert sheet_names(FILE) == ["面板"]
    with pytest.raises(TableFileError, match="found the sheets 面板, 空"):
        open_raw(FILE, sheet="数据")


def test_whole_numbers_are_whole():
    cells = open_raw(FILE).cells
    assert cells.loc[4, 0] == 110000
    assert isinstance(cells.loc[4, 0], int)
