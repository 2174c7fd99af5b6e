"""Mappings that are proposed from headers and values."""

import re
import tomllib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import TableFileError
from nightpanel.study_tables import TableSection
from nightpanel.suggest_text import suggested_block
from nightpanel.yearbooks import table_spec
from panels.read import read_table
from panels.tables.guess import guess, wide_patterns
from panels.tables.suggest import suggest
from tests.panels.table_files import csv, xlsx

ROWS = [
    ["表1 主要指标"],
    ["单位：万元"],
    [
        "省份",
        "城市",
        "城市代码",
        "年份",
        "地区生产总值①",
        "年末总人口（万人）",
        "第二产业占GDP比重",
        "备注",
        "某指标",
    ],
    *(
        ["广西", name, code, year, 1000 + code, 3.5, 0.4, "统计局", 1.0]
        for name, code in (("南宁市", 450100), ("贵港市", 450800))
        for year in (2018, 2019)
    ),
    ["注：数据来自年鉴"],
]


def block(file, **settings):
    return suggested_block(suggest(file, **settings))


def section(text):
    (table,) = tomllib.loads(text)["panel"]["tables"]
    return TableSection.model_validate(table)


def test_a_block_can_be_pasted_and_read(tmp_path):
    text = block(xlsx(tmp_path, ROWS))
    table = section(text)
    assert (table.city, table.year) == ("城市代码", "年份")
    assert table.columns == {
        "gdp": "地区生产总值①",
        "population": "年末总人口（万人）",
        "share_secondary": "第二产业占GDP比重",
    }
    assert table.units == {"gdp": "万元", "population": "万人"}
    made = read_table(table_spec(table))
    assert made.table["gdp"].tolist() == [451100.0, 451100.0, 451800.0, 451800.0]


def test_doubts_are_comments(tmp_path):
    lines = block(xlsx(tmp_path, ROWS)).splitlines()
    assert lines[1] == "# Header in row 3."
    assert lines[2] == "# 4 rows, 2 different codes of cities, years 2018 to 2019."
    assert "# Read with a guess: stated_unit: a line above the table states the unit 万元" in lines
    assert '# city_name = "城市"' in lines
    assert '# province = "省份"' in lines
    assert '# share_secondary = "fraction"  # by its values; the file does not say' in lines
    assert '# "备注"  text: 统计局' in lines
    assert '# "某指标"  1 to 1' in lines


def test_names_stand_in_where_there_are_no_codes(tmp_path):
    file = csv(tmp_path, "省份,地级市,年度,贷款余额\n广西,贵港市,2018,5\n广西,南宁市,2018,6\n")
    table = section(block(file))
    assert (table.city, table.city_name, table.province, table.year) == (
        None,
        "地级市",
        "省份",
        "年度",
    )


def test_codes_and_years_are_known_by_their_values_as_well(tmp_path):
    file = csv(tmp_path, "dm,nd,gdp\n450100,2018,5\n450800,2019,6\n")
    table = section(block(file))
    assert (table.city, table.year) == ("dm", "nd")


def test_years_in_headers(tmp_path):
    rows = [
        ["城市代码", *(f"地区生产总值{year}" for year in (2017, 2018, 2019))],
        [450100, 1, 2, 3],
        [450800, 4, 5, 6],
    ]
    table = section(block(xlsx(tmp_path, rows)))
    assert table.columns == {"gdp": "地区生产总值{year}"}
    assert len(read_table(table_spec(table)).table) == 6
    bare = [["城市代码", 2017, 2018, 2019], [450100, 1, 2, 3], [450800, 4, 5, 6]]
    assert section(block(xlsx(tmp_path, bare))).columns == {"value": "{year}"}


def test_two_header_rows(tmp_path):
    rows = [
        ["城市代码", "年份", "增加值（亿元）", None],
        [None, None, "第一产业增加值", "第二产业增加值"],
        [450100, 2018, 1, 2],
        [450800, 2018, 3, 4],
    ]
    found = suggest(xlsx(tmp_path, rows, merged=["A1:A2", "B1:B2", "C1:D1"]))
    assert found.header == (1, 2)
    assert (found.city, found.year) == ("城市代码", "年份")
    assert [(one.column, one.unit.name) for one in found.mapped] == [
        ("va_primary", "亿元"),
        ("va_secondary", "亿元"),
    ]


SPLIT = [
    ["城市代码", "年份", "地区生产总值（万元）", None, "年末总人口"],
    [None, None, "全市", "市辖区", None],
    [450100, 2018, 10, 2, 7],
    [450800, 2018, 30, 4, 9],
]
KEYS_MERGED = ["A1:A2", "B1:B2", "C1:D1", "E1:E2"]


@pytest.mark.parametrize("merged", [(), ("C1:D1",), KEYS_MERGED])
@pytest.mark.parametrize("above", [0, 1, 3])
def test_a_name_over_several_columns_is_told_apart_by_the_row_below(tmp_path, merged, above):
    titles = [[f"表 {at}"] for at in range(above)]
    moved = [re.sub(r"\d", lambda one: str(int(one[0]) + above), one) for one in merged]
    file = xlsx(tmp_path, [*titles, *SPLIT], merged=moved)
    found = suggest(file)
    assert found.header == (1 + above, 2 + above)
    table = section(suggested_block(found))
    assert table.columns == {"gdp": "地区生产总值（万元） 全市", "population": "年末总人口"}
    made = read_table(table_spec(table)).table
    assert made[["gdp", "population"]].to_numpy().tolist() == [[10.0, 7.0], [30.0, 9.0]]


NAMES = [
    "地区生产总值",
    "年末总人口",
    "第二产业占GDP比重",
    "备注",
    "GDP（亿元）",
    "面积（平方公里）",
]
BELOW = ["", "全市", "合计", "第一产业增加值", "（万元）", "1.5", "-", "万人"]


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(BELOW), st.sampled_from(BELOW)),
             min_size=1, max_size=4, unique_by=lambda column: column[0]),
    st.booleans(), st.booleans(), st.integers(0, 2),
)  # fmt: skip
def test_every_suggestion_runs(tmp_path_factory, columns, by_name, rows_below, titles):
    """Header rows of any depth and width: what is proposed is read, with the names it proposes."""
    city = ("城市", "贵港市", "南宁市") if by_name else ("城市代码", 450800, 450100)
    table = [[f"表 {at}"] for at in range(titles)]
    table.append([city[0], "年份", *(name for name, _, _ in columns)])
    below = (1, 2)[: 1 + rows_below]
    table += [[None, None, *(column[at] or None for column in columns)] for at in below]
    table += [[one, 2018, *[1.5] * len(columns)] for one in city[1:]]
    found = suggest(xlsx(tmp_path_factory.mktemp("any"), table))
    proposed = tomllib.loads(suggested_block(found))["panel"]["tables"][0]
    if proposed["columns"]:
        read = read_table(table_spec(TableSection.model_validate(proposed)))
        assert set(read.table.columns) == {"city_id", "year", *proposed["columns"]}


def test_the_sheet_with_most_of_a_table_is_taken_and_others_named(tmp_path):
    def add(book, _):
        book.create_sheet("说明").append(["数据来源"])

    text = block(xlsx(tmp_path, ROWS, change=add))
    assert 'sheet = "Sheet"' in text
    assert "# Other sheets with data: 说明" in text
    assert "No header is a usual one" in block(tmp_path / "table.xlsx", sheet="说明")


def test_parts_of_municipalities_ask_for_the_crosswalk(tmp_path):
    text = block(csv(tmp_path, "code,year,gdp\n5001,2018,1\n5002,2018,2\n"))
    assert section(text).crosswalk == "china-municipalities"


def test_labels_of_stata_columns_are_read(tmp_path):
    file = tmp_path / "t.dta"
    table = pd.DataFrame({"code": ["4501", "4508"], "year": [2018, 2018], "v1": [1.0, 2.0]})
    table.to_stata(
        file, write_index=False, version=118, variable_labels={"v1": "地区生产总值（亿元）"}
    )
    found = section(block(file))
    assert (found.columns, found.units) == ({"gdp": "v1"}, {"gdp": "亿元"})


def test_a_name_is_given_once(tmp_path):
    found = suggest(csv(tmp_path, "code,year,gdp,地区生产总值\n4501,2018,1,2\n4508,2018,1,2\n"))
    assert [(one.column, one.header) for one in found.mapped] == [("gdp", "gdp")]
    assert found.unmapped[0].fact == "like 'gdp'; 2 to 2"


@pytest.mark.parametrize(
    ("name", "column", "sure", "ending"),
    [
        ("gdp_100m", "gdp", True, "亿元"),
        ("primary_share_pct", "share_primary", True, "percent"),
        ("hukou_pop_10k", "population", True, "万人"),
        ("GDP（亿元人民币）", "gdp", True, None),
        ("地区生产总值（万元） Gross Regional Product (10 000 yuan)", "gdp", True, None),
        ("城 市 City", "city_name", True, None),
        ("国民经济 地区生产总值", "gdp", True, None),
        ("年末金融机构各项贷款余额(万元)", "loans", True, None),
        ("年末金融机构的各项贷款余额", "loans", False, None),
    ],
)
def test_guesses(name, column, sure, ending):
    found = guess(name)
    assert found is not None
    assert (found.known.column, found.sure) == (column, sure)
    assert (found.by_ending.name if found.by_ending else None) == ending


@pytest.mark.parametrize("name", ["", "x", "统计局", "价格来源", "1234"])
def test_no_guess(name):
    assert guess(name) is None


def test_patterns_of_years():
    names = ["GDP2018", "GDP2019", "GDP2020", "面积", "2018-2019", "人口2018"]
    assert wide_patterns(names) == {"GDP{year}": names[:3]}


def test_files_without_a_table(tmp_path):
    with pytest.raises(TableFileError, match="expected a table, found nothing"):
        suggest(csv(tmp_path, "\n\n"))
    with pytest.raises(TableFileError, match="no such file"):
        suggest(tmp_path / "nothing.xlsx")


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True))
def test_any_header_gives_toml(tmp_path_factory, names):
    file = tmp_path_factory.mktemp("any") / "t.parquet"
    clean = [name.encode("utf-8", "ignore").decode() or "n" for name in names]
    pd.DataFrame(
        [[1.5] * len(clean)], columns=[f"{at} {name}" for at, name in enumerate(clean)]
    ).to_parquet(file)
    assert tomllib.loads(block(file))["panel"]["tables"]
