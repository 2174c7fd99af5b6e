"""Tables of names: which rows are data, what their names become, what is left out."""

import pandas as pd
import pytest

from geo.errors import DuplicateCityYearError, JoinError
from panels.cities.match import MATCH_COLUMNS
from panels.cities.places import City
from panels.read import TableSpec, read_table

HEADER = ["省份", "城市", "年份", "gdp"]
ROWS = [
    ["广西", "贵港市", 2018, 1.0],
    ["广西", "貴港", 2019, 2.0],
    ["吉林省", "吉林", 2018, 3.0],
    ["辽宁省", "长春市", 2018, 4.0],
    ["安徽省", "巢湖市", 2018, 5.0],
]


@pytest.fixture
def file(tmp_path):
    def write(rows, header=HEADER):
        path = tmp_path / "names.csv"
        pd.DataFrame(rows, columns=header).to_csv(path, index=False, encoding="utf-8")
        return path

    return write


def spec(path, **options):
    given = {"city": None, "year": "年份", "columns": {"gdp": "gdp"}, "city_name": "城市"}
    return TableSpec(path, **given | {"province": "省份"} | options)


def rules(read):
    return {row.rule: row for row in read.audit}


def test_names_become_codes_within_their_province(file):
    read = read_table(spec(file(ROWS)))
    expected = {
        "city_id": ["4508", "4508", "2202", "3414"],
        "year": [2018, 2019, 2018, 2018],
        "gdp": [1.0, 2.0, 3.0, 5.0],
    }
    assert read.table.to_dict("list") == expected
    assert list(read.matches.columns) == list(MATCH_COLUMNS)
    assert read.matches["rule"].tolist() == [
        "exact_name", "normalised_name", "normalised_name", "proposed", "exact_name",
    ]  # fmt: skip
    found = rules(read)
    left_out = found["proposed_match"]
    assert left_out.old == "辽宁省 长春市"
    assert left_out.detail == (
        "not in 辽宁省; perhaps 2201 长春市 (score 1.00); its rows are left out"
    )
    assert (left_out.new, left_out.count, left_out.row) == ("", 1, 5)
    assert found["matched_exact_name"].count == 2
    ended = found["city_ended"]
    assert "巢湖市 ended in 2010: 1 rows of later years kept" in ended.detail
    assert (ended.file, ended.row, ended.old) == (str(file(ROWS)), 6, "3414")


def test_codes_come_first_and_names_fill_their_gaps(file):
    header = ["code", *HEADER]
    codes = [450800, None, 220200, None, 341400]
    rows = [[code, *row] for code, row in zip(codes, ROWS, strict=True)]
    read = read_table(spec(file(rows, header), city="code"))
    assert read.table["city_id"].tolist() == ["4508", "4508", "2202", "3414"]
    assert read.matches["rule"].tolist()[:3] == ["code", "normalised_name", "code"]


def test_a_proposal_is_applied_when_the_study_says_so(file):
    read = read_table(spec(file(ROWS), confirmed={("长春市", ""): "2201"}))
    assert "2201" in set(read.table["city_id"])
    confirmed = rules(read)["match_confirmed"]
    assert (confirmed.old, confirmed.new) == ("辽宁省 长春市", "2201")
    assert "proposed_match" not in rules(read)


def test_two_spellings_of_one_city_in_a_year_are_refused(file):
    twice = [*ROWS, ["广西", "贵港", 2018, 9.0]]
    with pytest.raises(DuplicateCityYearError, match=r"city 4508, year 2018 .*贵港市, 贵港"):
        read_table(spec(file(twice)))


def test_notes_and_gaps_are_no_cities(file):
    rows = [*ROWS, [None, None, None, None], ["注：", None, None, None], [None, "注：", None, None]]
    read = read_table(spec(file([*rows, ["广西", None, 2018, 1.0]])))
    assert len(read.table) == 4
    dropped = [(row.rule, row.row, row.count) for row in read.audit if "rows" in row.rule]
    assert dropped == [
        ("notes_rows", 8, 1),
        ("rows_without_city", 10, 1),
        ("rows_without_year", 9, 1),
    ]


def test_names_nobody_knows_are_refused(file):
    with pytest.raises(JoinError, match=r"names.csv: column '城市': expected names of cities"):
        read_table(spec(file([["", "Guigang", 2018, 1.0]])))


def test_a_table_without_years_holds_for_all(file):
    path = file([["贵港市", 2010.0]], ["city", "since"])
    options = {"city_name": "city", "province": None, "year": None, "columns": {"since": "since"}}
    read = read_table(spec(path, **options, years=(2018, 2019)))
    assert read.table.to_numpy().tolist() == [["4508", 2018, 2010.0], ["4508", 2019, 2010.0]]


def test_other_cities_than_chinas(file):
    path = file([["", "Here", 2018, 1.0]])
    read = read_table(spec(path, cities=[City("1301", "Here", "13")]))
    assert read.table["city_id"].tolist() == ["1301"]


def test_a_map_of_codes_knows_whole_codes_too(file, tmp_path):
    path = file([[469003, 2014, 1.0], [450800, 2014, 2.0]], ["code", "年份", "gdp"])
    options = {"city": "code", "city_name": None, "province": None}
    read = read_table(spec(path, **options, crosswalk="china-codes"))
    assert read.table["city_id"].tolist() == ["4604", "4508"]
    own = tmp_path / "own.csv"
    own.write_text("code,city_id\n4508,9999\n")
    read = read_table(spec(path, **options, crosswalk=str(own), keep_totals=True))
    assert read.table["city_id"].tolist() == ["4690", "9999"]
    assert read.matches.empty


CODES = {"city": "code", "city_name": None, "province": None}


def test_rows_of_codes_of_no_city_are_dropped_one_by_one_or_kept(file):
    codes = [320000, 320000, 429004, 659001, 0, 320500, 110100, 652100, 329900]
    rows = [[f"{code:06d}", 2010 + at, 1.0] for at, code in enumerate(codes)]
    path = file(rows, ["code", "年份", "gdp"])
    read = read_table(spec(path, **CODES))
    assert read.table["city_id"].tolist() == ["3205", "1101", "6521", "3299"]
    groups = "dropped, because the code groups counties administered by a province: no city"
    province = "dropped, because the code is that of 江苏省: no city"
    dropped = [(row.row, row.old, row.detail) for row in read.audit
               if row.rule == "rows_of_no_city"]  # fmt: skip
    assert dropped == [
        (6, "000000 | 2014 | 1.0", "dropped, because the code is that of the country: no city"),
        (2, "320000 | 2010 | 1.0", province),
        (3, "320000 | 2011 | 1.0", province),
        (4, "429004 | 2012 | 1.0", groups),
        (5, "659001 | 2013 | 1.0", groups),
    ]
    (unknown,) = [row for row in read.audit if row.rule == "unknown_city_code"]
    assert (unknown.old, unknown.row, unknown.detail) == (
        "329900", 10, "no city has the code; its rows are kept",
    )  # fmt: skip
    kept = read_table(spec(path, **CODES, keep_totals=True))
    assert len(kept.table) == len(rows)
    told = [(row.old, row.count, row.row) for row in kept.audit if row.rule == "unknown_city_code"]
    assert told == [
        ("000000", 1, 6), ("320000", 2, 2), ("329900", 1, 10), ("429004", 1, 4), ("659001", 1, 5),
    ]  # fmt: skip
    # A table that has none of the list's codes is of other cities altogether.
    read = read_table(spec(file([["0101", 2010, 1.0]], ["code", "年份", "gdp"]), **CODES))
    assert [row.rule for row in read.audit] == ["unlisted_city_codes"]


def test_counties_of_equal_values_are_not_one_city(file):
    rows = [["320511", 2010, 1.0], ["320512", 2010, 1.0]]
    with pytest.raises(DuplicateCityYearError, match=r"city 3205, year 2010 .*320511, 320512"):
        read_table(spec(file(rows, ["code", "年份", "gdp"]), **CODES))
    rows = [["110000", 2010, 1.0], ["110100", 2010, 1.0]]
    path = file(rows, ["code", "年份", "gdp"])
    read = read_table(spec(path, **CODES, crosswalk="china-municipalities"))
    assert read.table["city_id"].tolist() == ["1100"]
    assert "merged_equal_rows" in rules(read)


def test_a_crosswalk_holds_the_same_with_names_and_without(file, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("code,city_id\n320500,3298\n3205,3299\n9999,3297\n")
    rows = [["320500", "苏州市", 2010, 1.0], ["320501", "苏州市", 2010, 2.0],
            ["999900", "某地", 2010, 3.0]]  # fmt: skip
    path = file(rows, ["code", "城市", "年份", "gdp"])
    options = {"city": "code", "province": None, "crosswalk": str(own)}
    by_name = read_table(spec(path, **options))
    by_code = read_table(spec(path, **options | {"city_name": None}))
    assert by_name.table["city_id"].tolist() == ["3298", "3299", "3297"]
    pd.testing.assert_frame_equal(by_name.table, by_code.table)
    moved = [(row.row, row.old, row.new, row.count) for row in by_name.audit
             if row.rule == "crosswalk_applied"]  # fmt: skip
    assert moved == [(2, "3205", "3298", 1), (3, "3205", "3299", 1), (4, "999900", "3297", 1)]


def test_an_unknown_code_beside_a_name_is_told(file):
    path = file([["999900", "苏州市", 2010, 1.0]], ["code", "城市", "年份", "gdp"])
    read = read_table(spec(path, city="code", province=None))
    assert read.table["city_id"].tolist() == ["3205"]
    told = rules(read)["code_unknown"]
    assert (told.old, told.new) == ("999900 苏州市", "3205")
    assert told.detail == "no city has the code; taken as 3205 苏州市"


@pytest.mark.parametrize(
    "written",
    ["苏州市*", "苏州市①", "苏州市¹", "苏州市（注）", "苏州市注", "苏州市注1",
     "苏州市(1)", "苏州市[2]", "①苏州市", "* 苏州市", "苏州市＊",
     "苏州市 1)", "苏州市12", "蘇州市②③", "苏 州 市 †", "苏州^市"],
)  # fmt: skip
def test_footnote_marks_on_names_are_left_off_and_listed(file, written):
    rows = [["江苏省①", written, 2018, 1.0], ["江苏省①", written, 2019, 1.0],
            ["江苏", "无锡市", 2018, 1.0]]  # fmt: skip
    read = read_table(spec(file(rows)))
    if "^" in written:  # no mark: what is inside a name is another name
        assert read.table["city_id"].tolist() == ["3202"]
        return
    assert read.table["city_id"].tolist() == ["3205", "3205", "3202"]
    marks = [(row.old, row.new, row.row, row.count) for row in read.audit
             if row.rule == "footnote_mark"]  # fmt: skip
    plain = "蘇州市" if "蘇" in written else "苏 州 市" if " 州" in written else "苏州市"
    assert marks == [(written, plain, 2, 2), ("江苏省①", "江苏省", 2, 2)]
    assert read.matches["rule"].tolist() == ["normalised_name", "exact_name"]
    assert read.matches["name"].tolist() == [written, "无锡市"]
