"""Cells of workbooks that are not what they seem."""

import pytest

from geo.errors import TableFileError
from tests.panels.table_files import read, rebuilt, xlsx


def test_formulas_without_their_values_are_refused_where_they_are_wanted(tmp_path):
    header = ["城市代码", "年份", "地区生产总值", "合计"]
    rows = [["110000", 2018, 1.5, "=C2+1"], ["110000", 2019, 2.5, "=C3+1"]]
    file = xlsx(tmp_path, [header, *rows])
    assert read(file).table["gdp"].tolist() == [1.5, 2.5]
    with pytest.raises(TableFileError, match=r"'合计'.*without its value in row 2 \(2 in all\)"):
        read(file, columns={"gdp": "地区生产总值", "total": "合计"})
    computed = rebuilt(
        file,
        tmp_path / "computed.xlsx",
        change={"xl/worksheets/sheet1.xml": lambda old: old.replace(b"<v></v>", b"<v>7</v>")},
    )
    table = read(computed, columns={"total": "合计"}).table
    assert table["total"].tolist() == [7.0, 7.0]
