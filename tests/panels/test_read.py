"""Yearbook tables of every format, with the troubles that real ones have."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from geo.errors import (
    CodeError,
    DuplicateCityYearError,
    TableColumnError,
    TableFileError,
)
from panels.read import TableSpec, read_table

HEADER = ["年份", "城市代码", "地区生产总值", "贷款"]
ROWS = [
    [2018, "010100", 10.5, 1.0],
    [2019, "010100", 11.0, None],
    [2018, "450800", 7.25, 3.0],
]
EXPECTED = pd.DataFrame(
    {
        "city_id": ["0101", "0101", "4508"],
        "year": [2018, 2019, 2018],
        "gdp": [10.5, 11.0, 7.25],
        "loans": [1.0, np.nan, 3.0],
    }
)


def spec(file, **changes):
    settings = {
        "city": "城市代码",
        "year": "年份",
        "columns": {"gdp": "地区生产总值", "loans": "贷款"},
    }
    return TableSpec(file=file, **(settings | changes))


def frame(rows=ROWS, header=HEADER):
    return pd.DataFrame(rows, columns=header, dtype=object)


def csv_file(folder, rows=ROWS, header=HEADER, encoding="utf-8"):
    file = folder / "yearbook.csv"
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in [header, *rows]]
    file.write_bytes("\n".join(lines).encode(encoding))
    return file


def xlsx_file(folder, sheets):
    file = folder / "yearbook.xlsx"
    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        for name, table in sheets.items():
            table.to_excel(writer, sheet_name=name, index=False)
    return file


def rules(read):
    return {row.rule: row.count for row in read.audit}


def detail(read, rule):
    (found,) = [row.detail for row in read.audit if row.rule == rule]
    return found


def write_csv(folder):
    return csv_file(folder)


def write_xlsx(folder):
    return xlsx_file(folder, {"Sheet1": frame(), "Sheet2": pd.DataFrame()})


def write_parquet(folder):
    file = folder / "yearbook.parquet"
    frame().astype({"年份": "int64", "地区生产总值": float, "贷款": float}).to_parquet(file)
    return file


def write_dta(folder):
    file = folder / "yearbook.dta"
    table = frame().astype({"年份": float, "城市代码": str, "地区生产总值": float, "贷款": float})
    table.to_stata(file, write_index=False, version=118)
    return file


@pytest.mark.parametrize("write", [write_csv, write_xlsx, write_parquet, write_dta])
def test_every_format_gives_the_same_table(tmp_path, write):
    read = read_table(spec(write(tmp_path)))
    pd.testing.assert_frame_equal(read.table, EXPECTED)
    assert rules(read) == {"unknown_city_code": 2, "missing_values": 1}  # 0101 is none
    assert read.label == "yearbook"


def test_the_label(tmp_path):
    assert read_table(spec(csv_file(tmp_path), label="finance")).label == "finance"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_encodings(tmp_path, encoding, declared):
    read = read_table(spec(csv_file(tmp_path, encoding=encoding), encoding=declared))
    pd.testing.assert_frame_equal(read.table, EXPECTED)
    assert "guessed_encoding" not in rules(read)


def test_gb18030_is_guessed_and_the_guess_is_audited(tmp_path):
    read = read_table(spec(csv_file(tmp_path, encoding="gbk")))
    pd.testing.assert_frame_equal(read.table, EXPECTED)
    assert rules(read)["guessed_encoding"] == 1
    assert "such as '年份,城市代码,地区生产总值,贷款'" in detail(read, "guessed_encoding")


def test_an_unknown_encoding_and_undecodable_bytes(tmp_path):
    file = csv_file(tmp_path)
    with pytest.raises(TableFileError, match=r"encoding: expected the name .* found 'utf-88'"):
        read_table(spec(file, encoding="utf-88"))
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(TableFileError, match="text in utf-16-le, found the bytes ff at 2"):
        read_table(spec(file))


def test_codes_as_numbers_in_stata(tmp_path):
    file = tmp_path / "index.dta"
    pd.DataFrame({"year": [2011.0, 2012.0], "code": [1100.0, 4508.0], "x": [1.0, 2.0]}).to_stata(
        file, write_index=False
    )
    read = read_table(TableSpec(file, "code", "year", {"difi": "x"}))
    assert read.table["city_id"].tolist() == ["1100", "4508"]
    assert rules(read) == {"codes_from_numbers": 2}


def test_stata_years_with_a_yearly_format_stay_years(tmp_path):
    file = tmp_path / "index.dta"
    table = pd.DataFrame({"year": pd.to_datetime(["2011", "2012"], format="%Y"), "x": [1.0, 2.0]})
    table["code"] = "4508"
    table.to_stata(file, write_index=False, convert_dates={"year": "ty"})
    read = read_table(TableSpec(file, "code", "year", {"x": "x"}))
    assert read.table["year"].tolist() == [2011, 2012]


def test_a_parquet_index_is_read_like_columns(tmp_path):
    file = tmp_path / "panel.parquet"
    table = pd.DataFrame({"city": ["0101", "4508"], "year": [2018, 2018], "x": [1.0, 2.0]})
    table.set_index(["city", "year"]).to_parquet(file)
    read = read_table(TableSpec(file, "city", "year", {"x": "x"}))
    assert read.table["city_id"].tolist() == ["0101", "4508"]


def test_numbers_in_xlsx_are_codes_years_and_values(tmp_path):
    rows = [["2018", 110000, "16737.30", 1], [2019.0, 110000.0, 5, "1,234.5"]]
    read = read_table(spec(xlsx_file(tmp_path, {"a": frame(rows)})))
    assert read.table["city_id"].tolist() == ["1100", "1100"]
    assert read.table["year"].tolist() == [2018, 2019]
    assert read.table["gdp"].tolist() == [16737.3, 5.0]
    assert read.table["loans"].tolist() == [1.0, 1234.5]
    assert rules(read) == {
        "codes_from_numbers": 2,
        "thousands_separators": 1,
        "numbers_from_text": 1,
    }


def test_a_workbook_without_styles_reads_without_a_warning(tmp_path):
    whole = write_xlsx(tmp_path)
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/styles.xml":
                content = (
                    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                    b"</styleSheet>"
                )
            target.writestr(name, content)
    pd.testing.assert_frame_equal(read_table(spec(bare)).table, EXPECTED)


def test_sheets_are_named_where_several_hold_data(tmp_path):
    notes = pd.DataFrame({"来源": ["统计年鉴"]})
    file = xlsx_file(tmp_path, {"数据来源": notes, "panel": frame()})
    with pytest.raises(TableFileError) as caught:
        read_table(spec(file))
    assert str(file) in str(caught.value)
    assert "data on the sheets 数据来源, panel; name the sheet" in str(caught.value)
    pd.testing.assert_frame_equal(read_table(spec(file, sheet="panel")).table, EXPECTED)
    with pytest.raises(TableFileError, match=r"sheet 'Panel'.*the sheets 数据来源, panel"):
        read_table(spec(file, sheet="Panel"))


def test_a_missing_column_is_named_with_its_neighbours(tmp_path):
    file = csv_file(tmp_path)
    with pytest.raises(TableColumnError) as caught:
        read_table(spec(file, columns={"gdp": "地区生产总值(万元)"}))
    line = str(caught.value)
    assert f"{file}: column '地区生产总值(万元)'" in line
    assert "did you mean '地区生产总值'?" in line
    with pytest.raises(TableColumnError, match="column '城市编码'"):
        read_table(spec(file, city="城市编码"))


def test_blanks_and_line_breaks_in_headers_do_not_matter(tmp_path):
    header = ["年份 ", " 城市代码", "地区生产总值\n(万元)", "贷款"]
    file = xlsx_file(tmp_path, {"a": frame(header=header)})
    columns = {"gdp": "地区生产总值 (万元)", "loans": "贷款"}
    pd.testing.assert_frame_equal(read_table(spec(file, columns=columns)).table, EXPECTED)


def test_a_repeated_header_is_refused_if_it_is_wanted(tmp_path):
    file = csv_file(tmp_path, header=["年份", "城市代码", "贷款", "贷款"])
    with pytest.raises(TableColumnError, match=r"column '贷款': expected one column.*found 2"):
        read_table(spec(file, columns={"loans": "贷款"}))
    assert len(read_table(spec(file, columns={})).table) == 3


def test_new_names_leave_the_key_alone(tmp_path):
    with pytest.raises(TableColumnError, match="'year'; choose another name"):
        read_table(spec(csv_file(tmp_path), columns={"year": "贷款"}))


def test_notes_and_blank_rows_are_dropped_and_counted(tmp_path):
    notes = [
        [None, None, None, None],
        [None, None, "更多数据", None],
        ["数据来源：年鉴", None, None, None],
        [None, "注：万元", None, None],
    ]
    read = read_table(spec(xlsx_file(tmp_path, {"a": frame(ROWS + notes)})))
    pd.testing.assert_frame_equal(read.table, EXPECTED)
    dropped = [(row.row, row.old) for row in read.audit if row.rule == "notes_rows"]
    assert dropped == [(6, "更多数据"), (7, "数据来源：年鉴"), (8, "注：万元")]
    assert "blank_rows" not in rules(read)


def test_rows_without_code_or_year_are_dropped_with_examples(tmp_path):
    rows = [*ROWS, [2018, None, 1.0, 1.0], [2019, "..", 1.0, 1.0], [None, "450800", 1.0, 1.0]]
    read = read_table(spec(csv_file(tmp_path, rows)))
    pd.testing.assert_frame_equal(read.table, EXPECTED)
    assert rules(read).keys() == {
        "rows_without_code", "rows_without_year", "unknown_city_code", "missing_values",
    }  # fmt: skip
    dropped = [(row.rule, row.row, row.old) for row in read.audit if row.rule.startswith("rows")]
    assert dropped == [
        ("rows_without_code", 5, "2018 | 1.0 | 1.0"),
        ("rows_without_code", 6, "2019 | 1.0 | 1.0"),
        ("rows_without_year", 7, "450800 | 1.0 | 1.0"),
    ]


@pytest.mark.parametrize("year", ["2018.5", "2018年度", "18", "201801"])
def test_a_year_that_is_none_is_named(tmp_path, year):
    file = csv_file(tmp_path, [*ROWS, [year, "450800", 1.0, 1.0]])
    with pytest.raises(TableColumnError) as caught:
        read_table(spec(file))
    assert f"{file}: column '年份'" in str(caught.value)
    assert f"{year!r} in row 5" in str(caught.value)


def test_a_code_that_is_none_is_named(tmp_path):
    file = csv_file(tmp_path, [*ROWS, [2020, "北京", 1.0, 1.0]])
    with pytest.raises(CodeError) as caught:
        read_table(spec(file))
    assert f"{file}: column '城市代码'" in str(caught.value)
    assert "'北京' in row 5" in str(caught.value)


def test_a_lost_zero_is_named(tmp_path):
    rows = [[2018, 10100, 1.0, 1.0], [2018, 450800, 1.0, 1.0]]
    with pytest.raises(CodeError, match="lost its leading zero"):
        read_table(spec(xlsx_file(tmp_path, {"a": frame(rows)})))


def test_text_among_numbers_is_named(tmp_path):
    file = csv_file(tmp_path, [*ROWS, [2020, "450800", "约5", 1.0]])
    with pytest.raises(TableColumnError) as caught:
        read_table(spec(file))
    assert f"{file}: column '地区生产总值'" in str(caught.value)
    assert "'约5' in row 5" in str(caught.value)


def test_missing_markers_are_counted_by_kind(tmp_path):
    rows = [[2018, "450800", "-", 1.0], [2019, "450800", "…", 1.0], [2020, "450800", None, 1.0]]
    read = read_table(spec(csv_file(tmp_path, rows)))
    assert read.table["gdp"].isna().all()
    assert rules(read) == {"missing_values": 3}
    assert "'-' 1 times, '…' 1 times" in detail(read, "missing_values")


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_only_the_stated_markers_are_missing(tmp_path, format_):
    def written(marker):
        rows = [*ROWS, [2020, "450800", marker, 1.0]]
        return (
            csv_file(tmp_path, rows)
            if format_ == "csv"
            else xlsx_file(tmp_path, {"a": frame(rows)})
        )

    read = read_table(spec(written("NA")))
    assert read.table["gdp"].isna().sum() == 1
    assert "'NA' 1 times" in read.audit[1].detail
    with pytest.raises(TableColumnError, match="'None' in row 5"):
        read_table(spec(written("None")))


def test_rows_are_counted_as_in_the_file(tmp_path):
    file = csv_file(tmp_path, [*ROWS, [], [2020, "450800", "about 5", 1.0]])
    with pytest.raises(TableColumnError, match="'about 5' in row 6"):
        read_table(spec(file))


def test_rows_without_any_value_are_kept_and_counted(tmp_path):
    read = read_table(spec(csv_file(tmp_path, [*ROWS, [2021, "450800", None, None]])))
    assert len(read.table) == 4
    assert rules(read)["rows_without_values"] == 1


def test_a_city_year_twice_is_named(tmp_path):
    file = csv_file(tmp_path, [*ROWS, [2019, "010100", 11.0, None]])
    with pytest.raises(DuplicateCityYearError) as caught:
        read_table(spec(file))
    assert str(file) in str(caught.value)
    assert "city 0101, year 2019 in rows 3, 5 (codes 010100)" in str(caught.value)


def test_the_crosswalk_makes_municipalities_one_city(tmp_path):
    rows = [[2018, "1101", 1.0, 2.0], [2018, "4508", 3.0, 4.0]]
    read = read_table(spec(csv_file(tmp_path, rows), crosswalk="china-municipalities"))
    assert read.table["city_id"].tolist() == ["1100", "4508"]
    assert rules(read) == {"crosswalk_applied": 1}
    assert "1101 became 1100" in detail(read, "crosswalk_applied")
    with pytest.raises(CodeError, match="china-municipalities"):
        read_table(spec(csv_file(tmp_path, rows), crosswalk="municipalities"))


def test_codes_that_fall_together_are_merged_only_if_equal(tmp_path):
    equal = [[2018, "5001", 1.0, None], [2018, "5002", 1.0, None], [2018, "4508", 3.0, 4.0]]
    settings = {"crosswalk": "china-municipalities"}
    read = read_table(spec(csv_file(tmp_path, equal), **settings))
    assert read.table["city_id"].tolist() == ["5000", "4508"]
    assert rules(read)["merged_equal_rows"] == 1
    assert "codes 5001, 5002" in detail(read, "merged_equal_rows")
    different = [[2018, "5001", 1.0, None], [2018, "5002", 2.0, None]]
    with pytest.raises(DuplicateCityYearError, match=r"city 5000, year 2018.*codes 5001, 5002"):
        read_table(spec(csv_file(tmp_path, different), **settings))


def test_codes_that_are_cut_to_one_city_fall_together_too(tmp_path):
    rows = [[2018, "469001", 1.0, 1.0], [2018, "469003", 2.0, 1.0]]
    with pytest.raises(DuplicateCityYearError, match="codes 469001, 469003"):
        read_table(spec(csv_file(tmp_path, rows)))


@pytest.mark.parametrize("name", ["table.csv", "table.xlsx", "table.dta", "table.parquet"])
def test_missing_and_damaged_files(tmp_path, name):
    file = tmp_path / name
    with pytest.raises(TableFileError, match=f"{name}: expected a table, found no such file"):
        read_table(spec(file))
    file.write_bytes(b"")
    with pytest.raises(TableFileError, match=name):
        read_table(spec(file))
    file.write_bytes(b'"\x00\x01PK not a table' * 3)
    with pytest.raises((TableFileError, TableColumnError), match=name):
        read_table(spec(file))
    file.unlink()
    file.mkdir()
    with pytest.raises(TableFileError, match="found a folder"):
        read_table(spec(file))


@pytest.mark.parametrize("write", [write_xlsx, write_parquet, write_dta])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files(tmp_path, write, share):
    file = write(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(TableFileError, match=file.name):
        read_table(spec(file))


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(TableFileError, match=r"a csv, xlsx, xls, dta or parquet file.*'.ods'"):
        read_table(spec(tmp_path / "yearbook.ods"))


def test_ragged_csv_is_refused(tmp_path):
    file = csv_file(tmp_path, [*ROWS, [2020, "450800", "1,234", 1.0]])
    with pytest.raises(
        TableFileError, match="4 cells in a row, as the header has, found 5 in row 5"
    ):
        read_table(spec(file))


def test_tables_without_data_rows_are_refused(tmp_path):
    with pytest.raises(TableFileError, match="rows with a city and a year, found none"):
        read_table(spec(csv_file(tmp_path, [])))
    with pytest.raises(TableFileError, match="rows with a city and a year"):
        read_table(spec(csv_file(tmp_path, [[2018, None, 1.0, 1.0]])))
    empty = xlsx_file(tmp_path, {"a": pd.DataFrame(), "b": pd.DataFrame()})
    with pytest.raises(TableFileError, match="expected a header and rows"):
        read_table(spec(empty))
