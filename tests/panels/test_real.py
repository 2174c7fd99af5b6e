"""The real yearbooks: what is in them, and that their own index is met."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import DomainError, SharesError, TableColumnError, TableFileError
from panels.indices import uil
from panels.join import join_panel
from panels.read import TableSpec, read_table
from panels.steps.derive import derive

pytestmark = pytest.mark.real

VALUE_ADDED = ["va_primary", "va_secondary", "va_tertiary"]
SHARES = ["share_primary", "share_secondary", "share_tertiary"]
INDUSTRY_COLUMNS = {
    "gdp": "gdp（亿元人民币）",
    "va_primary": "第一产业增加值（亿元人民币）",
    "va_secondary": "第二产业增加值",
    "va_tertiary": "第三产业增加值",
    "share_primary": "第一产业占GDP比重",
    "share_secondary": "第二产业占GDP比重",
    "share_tertiary": "第三产业占GDP比重",
    "own_uil": "产业整体升级",
}


@pytest.fixture(scope="module")
def industry_spec(data_dir):
    return TableSpec(
        file=data_dir / "panel" / "yearbooks" / "city_industry_structure_2000_2023.xlsx",
        city="城市代码",
        year="年度标识",
        columns=INDUSTRY_COLUMNS,
        sheet="面板数据2000-2023",
        crosswalk="china-municipalities",
    )


@pytest.fixture(scope="module")
def industry(industry_spec):
    return read_table(industry_spec)


@pytest.fixture(scope="module")
def finance(data_dir):
    file = data_dir / "panel" / "pku_dfiic" / "PKU_DFIIC_city.dta"
    return read_table(TableSpec(file, "pref_code_year18", "year", {"difi": "index_aggregate"}))


@pytest.fixture(scope="module")
def balances(data_dir):
    file = data_dir / "panel" / "yearbooks" / "city_findev_loans_deposits_2003_2023.xlsx"
    columns = {"loans": "年末金融机构各项贷款余额(万元)", "deposits": "年末金融机构存款余额(万元)"}
    return read_table(TableSpec(file, "城市代码", "年份", columns))


def rules(read):
    return {row.rule: row.count for row in read.audit if row.rule != "missing_values"}


def test_the_industry_table(industry):
    table = industry.table
    # 469003, which was a county administered by Hainan until it became the city of Danzhou.
    gone = [row for row in industry.audit if row.rule == "rows_of_no_city"]
    assert len(gone) == 9
    assert all(row.detail.endswith("(in china-codes it is 4604)") for row in gone)
    assert all("469003" in row.old and row.row is not None for row in gone)
    assert len(table) == 7974 - 9
    assert table["city_id"].nunique() == 340
    assert (table["year"].min(), table["year"].max()) == (2000, 2023)
    # Two advertisements close the sheet, between blank rows.
    assert [row.old for row in industry.audit if row.rule == "notes_rows"] == [
        "更多数据，关注淘宝店【行行文库】",
        "https://hhwk.taobao.com",
    ]
    found = rules(industry)
    assert found.pop("numbers_from_text") > 0
    assert found == {
        "notes_rows": 1,
        "codes_from_numbers": 7974,
        "unit_read": 1,
        "rows_of_no_city": 1,
    }
    missing = table.drop(columns=["city_id", "year"]).isna().sum()
    assert missing.tolist() == [0, 3, 3, 3, 4, 4, 4, 5]
    assert {"1100", "1200", "3100", "5000"} < set(table["city_id"])
    assert "4690" not in set(table["city_id"])


def test_its_twenty_six_sheets_ask_for_a_name(industry_spec):
    unnamed = TableSpec(industry_spec.file, "城市代码", "年度标识", INDUSTRY_COLUMNS)
    with pytest.raises(TableFileError, match=r"面板数据2000-2023.*name the sheet"):
        read_table(unnamed)


def test_upgrading_from_its_shares_is_its_own_column(industry):
    table = industry.table
    result = uil(table, shares=SHARES, on_bad_shares="keep", where="industry")
    difference = (result.values - table["own_uil"]).abs()
    assert difference.notna().sum() == table["own_uil"].notna().sum() == 7960
    assert difference.max() < 1e-6
    assert sum(row.rule == "shares_off" for row in result.audit) == 110


def test_its_shares_miss_one_where_value_added_misses_gdp(industry):
    table = industry.table
    with pytest.raises(SharesError, match=r"0.9541 for city 3301, year 2017 .110 rows in all."):
        uil(table, shares=SHARES, where="industry")
    reported = table[SHARES].sum(axis=1, skipna=False)
    produced = table[VALUE_ADDED].sum(axis=1, skipna=False) / table["gdp"]
    off = (reported - 1.0).abs() > 0.005
    agree = (reported - produced).abs() < 1e-5
    # The exception: one reported tertiary share has lost a digit, 0.038 for 0.382.
    assert table.loc[off & ~agree, ["city_id", "year"]].to_numpy().tolist() == [["4206", 2006]]


def test_upgrading_from_value_added_differs_from_its_own_column(industry):
    table = industry.table
    result = uil(table, value_added=VALUE_ADDED, shares=SHARES, where="industry")
    difference = (result.values - table["own_uil"]).abs()
    assert result.values.notna().sum() == 7962
    assert (difference > 1e-6).sum() == 1440
    assert (difference > 0.005).sum() == 123
    worst = table.loc[difference.idxmax()]
    assert (worst["city_id"], worst["year"]) == ("4206", 2006)
    assert difference.max() == pytest.approx(1.0318, abs=1e-4)
    # In the years of the light at hand the two rules are all but one.
    recent = table["year"].between(2018, 2021)
    assert difference[recent].max() < 0.003


def test_digital_finance(finance):
    table = finance.table
    assert len(table) == 4369
    assert table["city_id"].nunique() == 338
    assert (table["year"].min(), table["year"].max()) == (2011, 2023)
    assert table["city_id"].str.fullmatch(r"\d{4}").all()
    assert table["difi"].notna().all()
    assert rules(finance) == {"codes_from_numbers": 4369}


def test_loans_and_deposits(balances):
    table = balances.table
    assert len(table) == 6300
    assert table["city_id"].nunique() == 300
    assert rules(balances) == {
        "codes_from_numbers": 6300,
        "rows_without_values": 182,
        "unit_read": 1,
    }
    with pytest.raises(DomainError, match=r"deposits above 0, found 0 for city 6208, year 2023"):
        derive(table, sums={}, ratios={}, logs={"ln_deposits": "deposits"})
    made = derive(table, sums={}, ratios={}, logs={"ln_balances": ["loans", "deposits"]})
    assert made["ln_balances"].notna().sum() == 6114
    assert np.isfinite(made["ln_balances"].dropna()).all()


def test_tables_without_codes_say_so(data_dir):
    file = data_dir / "panel" / "yearbooks" / "city_fdi_1996_2023.xlsx"
    with pytest.raises(
        TableColumnError, match=r"city_fdi_1996_2023.xlsx .Sheet1.: column '城市代码'"
    ):
        read_table(TableSpec(file, "城市代码", "year", {"fdi": "外商直接投资"}))


def test_the_city_panel_as_csv(data_dir):
    file = data_dir / "panel" / "china_city_panel_real.csv"
    shares = {name: f"{name.removeprefix('share_')}_share_pct" for name in SHARES}
    read = read_table(TableSpec(file, "city_code", "year", shares))
    assert len(read.table) == 10200
    assert read.table["city_id"].nunique() == 300
    dropped = uil(read.table, shares=SHARES, unit="percent", on_bad_shares="drop", where="csv")
    assert (~dropped.keep).sum() == 202
    with pytest.raises(SharesError, match='declare unit = "percent"'):
        uil(read.table, shares=SHARES, on_bad_shares="drop", where="csv")


def test_industry_meets_digital_finance(industry, finance):
    recent = finance.table[finance.table["year"].between(2018, 2021)]
    result = join_panel(recent, [("industry", industry.table)])
    assert len(result.panel) == 1310
    assert not result.panel.duplicated(["city_id", "year"]).any()
    alone = result.unmatched[result.unmatched["side"] == "table"]
    # Turpan keeps its code of before 2015 here, Danzhou the one it had under the province.
    assert {"6521"} <= set(alone["city_id"])
    assert {"4604", "6504"} <= set(
        result.unmatched.loc[result.unmatched["side"] == "light", "city_id"]
    )
    pd.testing.assert_series_equal(
        result.panel["city_id"], result.panel["city_id"].sort_values(), check_names=False
    )
