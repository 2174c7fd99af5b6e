"""Tables as text: encodings and separators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import TableColumnError, TableFileError
from panels.tables.text_tables import open_text
from tests.panels.table_files import csv, named, read

TEXT = "城市代码,年份,地区生产总值\n110000,2018,10.5\n450800,2018,7.25\n"
TRADITIONAL = "城市,年份,地區生產總值\n廣州市,2018,10.5\n韶關市,2018,7.25\n瀋陽市,2018,8\n"


@pytest.mark.parametrize(("separator", "said"), [(";", "semicolon"), ("\t", "tab")])
def test_a_separator_other_than_the_comma_is_said(tmp_path, separator, said):
    made = read(csv(tmp_path, TEXT.replace(",", separator)))
    assert made.table["gdp"].tolist() == [10.5, 7.25]
    (row,) = named(made, "guessed_separator")
    assert said in row.detail


def test_a_comma_and_a_declared_separator_need_no_word(tmp_path):
    assert not named(read(csv(tmp_path, TEXT)), "guessed_separator")
    made = read(csv(tmp_path, TEXT.replace(",", ";")), separator=";")
    assert made.table["gdp"].tolist() == [10.5, 7.25]
    assert not named(made, "guessed_separator")


def test_commas_in_quotes_are_not_separators(tmp_path):
    text = '城市代码;年份;地区生产总值\n110000;2018;"1,234.5"\n450800;2018;"7,250"\n'
    assert read(csv(tmp_path, text), decimal=".").table["gdp"].tolist() == [1234.5, 7250.0]


def test_gbk_bytes_that_are_declared_utf_8_are_refused_with_their_reading(tmp_path):
    file = csv(tmp_path, TEXT, encoding="gbk")
    with pytest.raises(TableFileError) as caught:
        read(file, encoding="utf-8")
    line = str(caught.value)
    assert "expected text in utf-8, found the bytes b3 c7 ca d0 at 0" in line
    assert "as gb18030 it reads '城市代码,年份,地区生产总值'" in line
    assert 'declare encoding = "gb18030"' in line


def test_big5_is_not_taken_for_gb18030(tmp_path):
    file = csv(tmp_path, TRADITIONAL, encoding="big5")
    with pytest.raises(TableFileError, match='such as encoding = "big5"'):
        open_text(file)
    assert open_text(file, encoding="big5").cells.iloc[1, 0] == "廣州市"


@given(
    st.text(alphabet="贵港市南宁柳州桂林梧北海防城钦玉百色贺河池来宾崇左", min_size=8, max_size=30)
)
def test_names_in_gb2312_survive_the_guess(tmp_path_factory, name):
    file = tmp_path_factory.mktemp("gbk") / "t.csv"
    file.write_bytes(f"城市,年份\n{name},2018\n".encode("gbk"))
    assert open_text(file).cells.iloc[1, 0] == name


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_has_to_be_declared(tmp_path, encoding):
    file = csv(tmp_path, TEXT, encoding=encoding)
    with pytest.raises(TableFileError, match="encoding"):
        read(file)
    assert read(file, encoding=encoding).table["gdp"].tolist() == [10.5, 7.25]


def test_rows_longer_than_the_header_are_refused_but_notes_may_have_commas(tmp_path):
    notes = TEXT + "注：一,,,四,五\n"
    assert len(read(csv(tmp_path, notes)).table) == 2
    with pytest.raises(
        TableFileError, match="3 cells in a row, as the header has, found 5 in row 4"
    ):
        read(csv(tmp_path, TEXT + "450900,2018,1,234,5\n"))


def test_decimal_commas_are_no_thousands(tmp_path):
    with pytest.raises(TableColumnError, match="'10,5' in row 2"):
        read(csv(tmp_path, "城市代码;年份;地区生产总值\n110000;2018;10,5\n"))


@pytest.mark.parametrize(
    ("lines", "where", "found"),
    [
        (['3,2010,3,"bad', "4,2010,4,x", "5,2010,5,x"], "line 3", "3 to 5"),
        (['3,2010,3,"bad', "4,2010,4,x", '5,2010,5,"bad', "6,2010,6,x"], "line 3", "3 to 5"),
        (["3,2010,3,x", '4,2010,4,"bad'], "line 4", "open at the end"),
        (['3,2010,3,"bad', *["4,2010,4,x"] * 20000], "line 3", "limit"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_that_a_stray_quote_swallows_are_not_lost_in_silence(
    tmp_path, lines, where, found, end
):
    text = end.join(["code,year,gdp,note", "1,2010,1,x", *lines])
    for closing in ("", end):
        with pytest.raises(TableFileError, match=f"csv: {where}: expected quotes.*{found}"):
            open_text(csv(tmp_path, text + closing))


def test_cells_of_several_lines_and_quoted_separators_are_read(tmp_path):
    text = 'code,"GDP\n(yuan)","a, b"\n1,2,"3"\n4,5,"6""7"'
    rows = open_text(csv(tmp_path, text)).cells.to_numpy().tolist()
    assert rows == [["code", "GDP\n(yuan)", "a, b"], ["1", "2", "3"], ["4", "5", '6"7']]


def test_commas_between_semicolons_are_decimal_signs_or_not_as_the_study_says(tmp_path):
    file = csv(tmp_path, "城市代码;年份;地区生产总值\n110000;2018;1,234\n450800;2018;2,5\n")
    with pytest.raises(TableColumnError, match="decimal sign is known, found '1,234' in row 2"):
        read(file)
    assert read(file, decimal=",").table["gdp"].tolist() == [1.234, 2.5]


def test_utf_8_that_is_declared_something_else_is_doubted(tmp_path):
    text = "city,name\n1100,北京市区\n"
    (row,) = open_text(csv(tmp_path, text), encoding="gbk").audit
    assert row.rule == "doubtful_encoding"
    assert row.detail.endswith("the bytes are whole in utf-8, as which that is '1100,北京市区'")
    assert not open_text(csv(tmp_path, text, encoding="gbk"), encoding="gbk").audit
    assert not open_text(csv(tmp_path, text), encoding="utf8").audit
