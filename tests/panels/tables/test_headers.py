"""Where headers are, and what stands around them."""

import pytest

from geo.errors import CodeError, TableColumnError, TableFileError
from panels.tables.headers import located
from panels.tables.units import UNITS
from tests.panels.table_files import csv, named, read, rules, xlsx

HEADER = ["城市代码", "年份", "地区生产总值"]
ROWS = [["110000", 2018, 10.5], ["450800", 2018, 7.25]]


def gdp(made):
    return made.table["gdp"].tolist()


@pytest.mark.parametrize("write", ["xlsx", "csv"])
def test_titles_above_the_header_are_left_out_and_said(tmp_path, write):
    rows = [["表2-1 主要经济指标"], [], ["单位：万元"], HEADER, *ROWS]
    if write == "xlsx":
        file = xlsx(tmp_path, rows, merged=["A1:C1"])
    else:
        file = csv(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    made = read(file)
    assert gdp(made) == [10.5, 7.25]
    titles = [(row.row, row.old) for row in named(made, "title_rows")]
    assert titles == [(1, "表2-1 主要经济指标"), (3, "单位：万元")]


def test_two_header_rows_are_joined_into_one_name(tmp_path):
    rows = [
        ["城市代码", "年份", "地区生产总值", None, None],
        [None, None, "总额", "第一产业", "第二产业"],
        ["110000", 2018, 10.5, 1.0, 9.5],
    ]
    file = xlsx(tmp_path, rows, merged=["A1:A2", "B1:B2", "C1:E1"])
    made = read(file, columns={"gdp": "地区生产总值 总额", "va1": "地区生产总值 第一产业"})
    assert made.table[["gdp", "va1"]].to_numpy().tolist() == [[10.5, 1.0]]
    assert named(made, "header_rows_joined")[0].row == 1


def test_two_header_rows_of_text_are_joined_as_well(tmp_path):
    text = "城市代码,年份,地区生产总值,,人口\n,,总额,第一产业,年末\n110000,2018,10.5,1,3\n"
    columns = {"gdp": "地区生产总值 总额", "va1": "地区生产总值 第一产业", "pop": "人口 年末"}
    made = read(csv(tmp_path, text), columns=columns)
    assert made.table[list(columns)].to_numpy().tolist() == [[10.5, 1.0, 3.0]]


def test_three_header_rows_with_units_in_the_last(tmp_path):
    rows = [
        ["城市代码", "年份", "国民经济", None],
        [None, None, "地区生产总值", "人口"],
        [None, None, "亿元", "万人"],
        ["110000", 2018, 10.5, 3.0],
    ]
    file = xlsx(tmp_path, rows, merged=["A1:A3", "B1:B3", "C1:D1"])
    made = read(file, columns={"gdp": "国民经济 地区生产总值", "pop": "国民经济 人口"})
    assert made.units == {"gdp": "亿元", "pop": "万人"}
    assert gdp(made) == [10.5]


def test_a_name_over_several_columns_is_none_of_them(tmp_path):
    text = "城市代码,年份,地区生产总值,\n,,总额,第一产业\n110000,2018,10.5,1\n"
    with pytest.raises(TableColumnError) as caught:
        read(csv(tmp_path, text))
    line = str(caught.value)
    assert "column '地区生产总值': expected a header of one row" in line
    assert "found '总额' below it in row 2; name the column '地区生产总值 总额'" in line
    merged = [
        ["城市代码", "年份", "地区生产总值", None],
        [None, None, "总额", "第一产业"],
        ["1100", 2018, 1, 2],
    ]
    with pytest.raises(TableColumnError, match="name the column '地区生产总值 总额'"):
        read(xlsx(tmp_path, merged, merged=["A1:A2", "B1:B2", "C1:D1"]))


@pytest.mark.parametrize(
    "units", [[None, None, "万元"], ["单位", None, "（万元）"], ["合计", "", "万元"]]
)
def test_a_row_of_units_is_no_row_of_data(tmp_path, units):
    file = xlsx(tmp_path, [HEADER, units, *ROWS])
    if units[0] == "合计":
        # A row with anything but units in it is no row of units.
        assert "unit_row" not in {row[0] for row in rules(read(file))}
        return
    made = read(file)
    assert made.units == {"gdp": "万元"}
    assert named(made, "unit_row")[0].row == 2
    assert gdp(made) == [10.5, 7.25]


@pytest.mark.parametrize(
    "name",
    [
        "地区生产总值①",
        "地区生产总值*",
        "地区生产总值 a)",
        "地区生产总值(1)",
        "地区 生产总值",
        "地区生产总值注1",
    ],
)
def test_marks_and_blanks_in_a_header_are_disregarded_and_said(tmp_path, name):
    made = read(xlsx(tmp_path, [["城市代码", "年份", name], *ROWS]))
    (row,) = named(made, "column_matched")
    assert "taken for '地区生产总值'" in row.detail
    assert gdp(made) == [10.5, 7.25]


def test_a_unit_in_the_header_is_disregarded_only_if_the_study_names_none(tmp_path):
    file = xlsx(tmp_path, [["城市代码", "年份", "地区生产总值(亿元)"], *ROWS])
    assert "without regard to unit" in named(read(file), "column_matched")[0].detail
    with pytest.raises(TableColumnError, match="did you mean '地区生产总值\\(亿元\\)'"):
        read(file, columns={"gdp": "地区生产总值(万元)"})


def test_names_that_differ_in_the_unit_alone_are_not_confused():
    names = ["贷款(万元)", "贷款(%)", "存款（亿元）"]
    assert located(names, "贷款（万元）") == ([0], "blanks, widths and marks")
    assert located(names, "贷款")[0] == [0, 1]
    assert located(names, "存款") == ([2], "unit")
    assert located(names, "存款(万元)") == ([], "")


def test_a_header_that_comes_again_is_left_out(tmp_path):
    made = read(xlsx(tmp_path, [HEADER, ROWS[0], HEADER, [], ROWS[1]]))
    assert gdp(made) == [10.5, 7.25]
    assert [row.row for row in named(made, "repeated_header")] == [3]


def test_the_header_can_be_declared(tmp_path):
    rows = [["地区生产总值", "年份", "城市代码"], HEADER, *ROWS]
    file = xlsx(tmp_path, rows)
    with pytest.raises(CodeError, match="'地区生产总值' in row 2"):
        read(file, header=(1,))
    assert gdp(read(file, header=(2,))) == [10.5, 7.25]
    with pytest.raises(
        TableFileError, match="rows of the table, which ends in row 4, found 9 to 9"
    ):
        read(file, header=(9,))


def test_city_cells_that_are_merged_hold_for_all_their_rows(tmp_path):
    rows = [HEADER, ["110000", 2018, 1.0], [None, 2019, 2.0], ["450800", 2018, 3.0]]
    made = read(xlsx(tmp_path, rows, merged=["A2:A3"]))
    assert made.table["city_id"].tolist() == ["1100", "1100", "4508"]
    assert named(made, "merged_cells_filled")[0].count == 1


def test_a_value_that_is_merged_counts_once_and_that_is_said(tmp_path):
    rows = [HEADER, ["110000", 2018, 1.0], ["110000", 2019, None]]
    made = read(xlsx(tmp_path, rows, merged=["C2:C3"]))
    assert made.table["gdp"].isna().tolist() == [False, True]
    (row,) = named(made, "merged_values")
    assert (row.row, row.old) == (2, "1")


def test_hidden_rows_and_columns_are_read_and_said(tmp_path):
    def hide(_, sheet):
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["C"].hidden = True

    made = read(xlsx(tmp_path, [HEADER, *ROWS], change=hide))
    assert gdp(made) == [10.5, 7.25]
    assert named(made, "hidden_rows")[0].count == 1
    assert "地区生产总值" in named(made, "hidden_columns")[0].detail


def test_blank_rows_and_columns_between_do_not_matter(tmp_path):
    rows = [["城市代码", None, "年份", None, "地区生产总值"], [], ["110000", None, 2018, None, 1.0]]
    made = read(xlsx(tmp_path, rows))
    assert gdp(made) == [1.0]
    assert rules(made) == []


def test_marks_in_cells_are_left_off_one_by_one(tmp_path):
    cells = ["1,234①", "5.5*", "７８", "－", "12²"]
    rows = [[f"45{at:02d}00", 2018, cell] for at, cell in enumerate(cells, start=1)]
    made = read(xlsx(tmp_path, [HEADER, *rows]))
    assert gdp(made)[:3] == [1234.0, 5.5, 78.0]
    assert gdp(made)[4] == 12.0
    marks = [(row.row, row.old, row.new) for row in named(made, "footnote_mark")]
    assert marks == [(2, "1,234①", "1,234"), (3, "5.5*", "5.5"), (6, "12²", "12")]
    assert named(made, "full_width_digits")[0].count == 1


def test_hidden_sheets_do_not_count_as_a_second_one(tmp_path):
    def add(book, _):
        book.create_sheet("旧").append(["更早的数据"])
        book["旧"].sheet_state = "hidden"

    made = read(xlsx(tmp_path, [HEADER, *ROWS], change=add))
    assert "the hidden sheets 旧 hold data too" in named(made, "hidden_sheets")[0].detail


def test_percents_that_the_sheet_only_shows_are_fractions(tmp_path):
    def show(_, sheet):
        for row in (2, 3):
            sheet.cell(row, 3).number_format = "0.0%"

    file = xlsx(
        tmp_path,
        [["城市代码", "年份", "城镇化率(%)"], ["1100", 2018, 0.86], ["4508", 2018, 0.5]],
        change=show,
    )
    columns = {"urban": "城镇化率"}
    assert read(file, columns=columns).units == {"urban": UNITS["fraction"].name}
    made = read(file, columns=columns, units={"urban": "fraction -> percent"})
    assert made.table["urban"].tolist() == [86.0, 50.0]
    with pytest.raises(TableColumnError, match="found fractions that the sheet shows as percents"):
        read(file, columns=columns, units={"urban": "percent"})


def test_percents_are_looked_for_in_every_row(tmp_path):
    def show(_, sheet):
        sheet.cell(72, 3).number_format = "0.0%"

    rows = [["4508", 1930 + at, 0.5] for at in range(80)]
    file = xlsx(tmp_path, [["城市代码", "年份", "城镇化率(%)"], *rows], change=show)
    assert read(file, columns={"urban": "城镇化率"}).units == {"urban": UNITS["fraction"].name}


@pytest.mark.parametrize("mark", ["①", "*", "(1)"])
def test_a_footnote_mark_in_the_upper_of_two_rows_is_no_hindrance(tmp_path, mark):
    rows = [
        ["城市代码", "年份", f"地区生产总值{mark}", None],
        [None, None, "总值", "第一产业"],
        ["110000", 2018, 10.5, 1.5],
    ]
    file = xlsx(tmp_path, rows, merged=["C1:D1"])
    made = read(file, columns={"gdp": "地区生产总值 总值", "primary": "地区生产总值 第一产业"})
    assert made.table[["gdp", "primary"]].to_numpy().tolist() == [[10.5, 1.5]]


def test_the_two_of_square_kilometres_is_no_footnote_mark(tmp_path):
    rows = [["城市代码", "年份", "面积"], [None, None, "km²"], ["110000", 2018, 10.5]]
    made = read(xlsx(tmp_path, rows), columns={"area": "面积"}, header=(1, 2))
    assert made.units == {"area": "平方公里"}
