"""Tables in several files and sheets, and tables with one column a year."""

import pytest
from openpyxl import Workbook

from geo.errors import DuplicateCityYearError, TableColumnError, TableFileError
from panels.parts import table_parts
from panels.tables.table_files import table_files
from tests.panels.table_files import csv, named, read, xlsx

HEADER = ["城市代码", "地区生产总值（万元）"]


def of_year(folder, year, value, header=HEADER):
    return xlsx(folder, [header, ["110000", value]], name=f"yearbook_{year}.xlsx")


def test_one_file_a_year(tmp_path):
    for year, value in ((2018, 1.0), (2019, 2.0)):
        of_year(tmp_path, year, value)
    (tmp_path / "~$yearbook_2019.xlsx").write_bytes(b"open in Excel")
    (tmp_path / "notes.txt.bak").write_bytes(b"")
    made = read(tmp_path / "yearbook_*.xlsx", year=None, year_from="name")
    assert made.table.to_numpy().tolist() == [["1100", 2018, 1.0], ["1100", 2019, 2.0]]
    assert made.places["1100", 2019] == (f"{tmp_path / 'yearbook_2019.xlsx'} [Sheet]", 2)


def test_each_file_is_held_against_its_own_unit(tmp_path):
    of_year(tmp_path, 2018, 20000.0)
    of_year(tmp_path, 2019, 3.0, ["城市代码", "地区生产总值（亿元）"])
    pattern = tmp_path / "*.xlsx"
    made = read(pattern, year=None, year_from="name", units={"gdp": "-> 亿元"})
    assert made.table["gdp"].tolist() == [2.0, 3.0]
    with pytest.raises(TableColumnError, match=r"yearbook_2019.xlsx.*declares, found 亿元"):
        read(pattern, year=None, year_from="name", units={"gdp": "万元"})


def test_a_city_year_in_two_files_is_refused_with_both(tmp_path):
    of_year(tmp_path, 2018, 1.0)
    xlsx(tmp_path, [HEADER, ["110000", 1.0]], name="revised 2018.xlsx")
    with pytest.raises(DuplicateCityYearError) as caught:
        read(tmp_path / "*.xlsx", year=None, year_from="name")
    line = str(caught.value)
    assert "city 1100, year 2018 in" in line
    assert "revised 2018.xlsx" in line
    assert "yearbook_2018.xlsx" in line


def test_a_pattern_without_files_and_names_without_a_year(tmp_path):
    with pytest.raises(TableFileError, match="a pattern that matches tables, found no file"):
        read(tmp_path / "*.xlsx", year=None, year_from="name")
    xlsx(tmp_path, [HEADER, ["110000", 1.0]], name="gdp.xlsx")
    with pytest.raises(TableFileError, match="one year of four digits in the name, found none"):
        read(tmp_path / "*.xlsx", year=None, year_from="name")
    xlsx(tmp_path, [HEADER, ["110000", 1.0]], name="2010-2018.xlsx")
    with pytest.raises(TableFileError, match="found 2010, 2018"):
        read(tmp_path / "2010*.xlsx", year=None, year_from="name")


def test_folders_and_files_may_have_brackets_in_their_names(tmp_path):
    folder = tmp_path / "[2018]"
    folder.mkdir()
    file = csv(folder, "城市代码,年份,地区生产总值\n110000,2018,1\n", name="a[1].csv")
    assert table_files(file) == [file]
    assert table_files(folder / "*.csv") == [file]


def test_one_sheet_a_year(tmp_path):
    book = Workbook()
    book.active.title = "说明"
    book.active.append(["来源"])
    for year in (2018, 2019):
        book.create_sheet(f"{year}年").append(HEADER)
        book[f"{year}年"].append(["110000", year - 2000])
    file = tmp_path / "t.xlsx"
    book.save(file)
    made = read(file, sheet="*", year=None, year_from="sheet")
    assert made.table[["year", "gdp"]].to_numpy().tolist() == [[2018, 18.0], [2019, 19.0]]
    with pytest.raises(TableFileError, match="one year of four digits in the name"):
        table_parts(file, sheet="说明", year_from="sheet")


def test_one_column_a_year(tmp_path):
    rows = [
        ["城市代码", 2018, "2019年", "备注"],
        ["110000", 1, 2, "x"],
        ["450800", 3, None, None],
        ["注：无"],
    ]
    made = read(xlsx(tmp_path, rows), year=None, columns={"gdp": "{year}"})
    assert made.table.dropna().to_numpy().tolist() == [
        ["1100", 2018, 1.0],
        ["4508", 2018, 3.0],
        ["1100", 2019, 2.0],
    ]
    assert "columns of 2 years, 2018 to 2019, become rows" in named(made, "wide_columns")[0].detail
    assert [(row.row, row.old) for row in named(made, "notes_rows")] == [(4, "注：无")]


def test_two_variables_with_one_column_a_year(tmp_path):
    rows = [
        ["城市代码", "地区生产总值", None, "人口", None],
        [None, 2018, 2019, 2018, 2019],
        ["110000", 1, 2, 30, 40],
    ]
    file = xlsx(tmp_path, rows, merged=["A1:A2", "B1:C1", "D1:E1"])
    columns = {"gdp": "地区生产总值 {year}", "pop": "人口 {year}"}
    made = read(file, year=None, columns=columns, units={"gdp": "亿元 -> 万元"})
    assert made.table.to_numpy().tolist() == [["1100", 2018, 1e4, 30.0], ["1100", 2019, 2e4, 40.0]]


def test_years_of_different_units_are_refused(tmp_path):
    rows = [["城市代码", "GDP2018（万元）", "GDP2019（亿元）"], ["110000", 1, 2]]
    with pytest.raises(TableColumnError, match="one unit in all years, found 万元, 亿元"):
        read(xlsx(tmp_path, rows), year=None, columns={"gdp": "GDP{year}"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"gdp": "GDP{year}"}}, "found year and columns with {year}"),
        ({"year_from": "name"}, "found year and year_from"),
        (
            {"columns": {"gdp": "GDP{year}", "area": "面积"}, "year": None},
            "in all names or in none",
        ),
    ],
)
def test_years_stand_in_one_place(tmp_path, changes, message):
    file = xlsx(tmp_path, [HEADER, ["110000", 1.0]])
    with pytest.raises(TableColumnError, match=message):
        read(file, **changes)


def test_a_wide_table_twice_over_a_year_is_refused(tmp_path):
    rows = [["城市代码", "2018", "2018年"], ["110000", 1, 2]]
    with pytest.raises(TableColumnError, match=r"'\{year\} of 2018': expected one column"):
        read(xlsx(tmp_path, rows), year=None, columns={"gdp": "{year}"})


@pytest.mark.parametrize(
    ("header", "found"), [("地区生产总值（亿元）", "亿元"), ("地区生产总值", "no unit")]
)
def test_parts_of_two_units_are_refused_unless_the_study_says_what_they_become(
    tmp_path, header, found
):
    of_year(tmp_path, 2018, 20000.0)
    of_year(tmp_path, 2019, 3.0, ["城市代码", header])
    with pytest.raises(TableColumnError, match=rf"万元 in .*2018.xlsx.*, {found} in .*2019.xlsx"):
        read(tmp_path / "*.xlsx", year=None, year_from="name")


def test_a_forgotten_column_of_years_is_named(tmp_path):
    file = csv(tmp_path, "城市代码,年份,地区生产总值\n1100,2018,1\n1100,2019,2\n")
    with pytest.raises(DuplicateCityYearError, match="city 1100 in rows 2, 3; declare the column"):
        read(file, year=None, years=(2018, 2019))
