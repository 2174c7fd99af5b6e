"""Sector data of economies: by hand, against the published figures, and every bad file."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import (
    DomainError,
    NightpanelError,
    SectorDataError,
    TableColumnError,
    TableFileError,
)
from panels.producer_services import FIGURE_1, figure_1, producer_services, table_1
from panels.sector_groups import GROUPS, PAPER_GROUPS, SECTORS, check_groups, read_groups
from panels.sectors import load_etd, read_etd
from panels.wage_gaps import wage_gaps
from tests.panels.made_up_etd import made_up, written

BETA = (0.614, 0.658, 0.439)


@pytest.fixture(scope="module")
def etd(data_dir):
    return data_dir / "sectors" / "ETD_230918.xlsx"


@pytest.fixture(scope="module")
def economies(etd):
    return read_etd(etd)


def test_the_shipped_groups_are_the_papers():
    check_groups(PAPER_GROUPS)
    by_group = {group: [s for s in SECTORS if PAPER_GROUPS[s] == group] for group in ("", *GROUPS)}
    assert by_group[""] == ["Agriculture"]
    assert by_group["m"] == ["Mining", "Manufacturing", "Utilities", "Construction"]
    assert by_group["x"] == [
        "Transport services", "Business services", "Financial services", "Real estate",
    ]  # fmt: skip
    assert by_group["s"] == ["Trade services", "Government services", "Other services"]
    assert len(set(FIGURE_1)) == 45


@pytest.mark.parametrize("name", ["etd.csv", "etd.xlsx"])
def test_sums_by_hand(tmp_path, name):
    table = made_up(("AAA", "BBB"))
    data = load_etd(written(table, tmp_path, name), "BBB", (2014, 2015))
    assert (data.country, data.name, data.years) == ("BBB", "Land of BBB", (2014, 2015))
    rows = table[(table["cnt"] == "BBB") & (table["year"] == 2014)].set_index("var")
    for variable, found, total in (
        ("EMP", data.employment, data.total_employment),
        ("VA", data.value_added, data.total_value_added),
        ("VA_Q15", data.value_added_2015, data.total_value_added_2015),
    ):
        row = rows.loc[variable]
        by_hand = [
            row["Mining"] + row["Manufacturing"] + row["Utilities"] + row["Construction"],
            row["Transport services"] + row["Business services"]
            + row["Financial services"] + row["Real estate"],
            row["Trade services"] + row["Government services"] + row["Other services"],
        ]  # fmt: skip
        np.testing.assert_allclose(found[0], by_hand, rtol=1e-12)
        assert total[0] == pytest.approx(sum(by_hand) + row["Agriculture"], rel=1e-12)
    np.testing.assert_allclose(data.prices[1], 1.0, rtol=1e-12)
    np.testing.assert_allclose(data.labour.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(data.output.sum(axis=1), 1.0, rtol=1e-12)
    tidy = data.tidy()
    assert list(tidy["sector"]) == ["m", "x", "s"] * 2
    first = tidy[(tidy["year"] == 2014) & (tidy["sector"] == "x")].iloc[0]
    assert first["price"] == pytest.approx(first["value_added"] / first["value_added_2015"])


def test_the_country_by_name_and_all_its_years(tmp_path):
    file = written(made_up(("AAA", "BBB")), tmp_path)
    assert load_etd(file, "land of aaa").years == (2014, 2015, 2016)


def test_another_mapping(tmp_path):
    file = written(made_up(), tmp_path)
    groups = tmp_path / "groups.csv"
    moved = {**PAPER_GROUPS, "Trade services": "x", "Agriculture": "m", "Mining": ""}
    pd.DataFrame({"sector": list(moved), "group": list(moved.values())}).to_csv(groups, index=False)
    read = read_groups(groups)
    assert read == moved
    ours, theirs = load_etd(file, "AAA"), load_etd(file, "AAA", mapping=read)
    rows = read_etd(file, "AAA").query("variable == 'EMP'")
    np.testing.assert_allclose(
        theirs.employment - ours.employment,
        np.stack([rows["Agriculture"] - rows["Mining"], rows["Trade services"],
                  -rows["Trade services"]], axis=1),
        atol=1e-9,
    )  # fmt: skip
    np.testing.assert_array_equal(theirs.total_employment, ours.total_employment)


def test_wage_gaps_by_hand(tmp_path):
    data = load_etd(written(made_up(), tmp_path), "AAA")
    gaps = wage_gaps(data, BETA)
    (m, x, s), (l_m, l_x, l_s) = data.value_added[0], data.employment[0]
    wage_x = (1 - 0.658) * x / l_x
    assert gaps["year"].tolist() == [2014, 2015, 2016]
    assert gaps["xi_m"][0] == pytest.approx(wage_x / ((1 - 0.614) * m / l_m), rel=1e-14)
    assert gaps["xi_s"][0] == pytest.approx(wage_x / ((1 - 0.439) * s / l_s), rel=1e-14)
    scaled = wage_gaps(data, BETA, scale=(0.5, 2.0))
    np.testing.assert_allclose(scaled["xi_m"], 0.5 * gaps["xi_m"], rtol=1e-15)
    np.testing.assert_allclose(scaled["xi_s"], 2.0 * gaps["xi_s"], rtol=1e-15)
    with pytest.raises(DomainError, match="two positive factors"):
        wage_gaps(data, BETA, scale=(0.0, 1.0))
    for bad in ((0.6, 0.6), (0.6, 1.0, 0.4), (0.6, float("nan"), 0.4)):
        with pytest.raises(DomainError, match="three capital income shares"):
            wage_gaps(data, bad)


def test_units_cancel_in_gaps_and_shares(tmp_path):
    table = made_up()
    money = table["var"] != "EMP"
    scaled = table.copy()
    scaled.loc[money, [*SECTORS, "Total"]] *= 1000.0
    one = load_etd(written(table, tmp_path), "AAA")
    other = load_etd(written(scaled, tmp_path, "other.csv"), "AAA")
    pd.testing.assert_frame_equal(wage_gaps(one, BETA), wage_gaps(other, BETA))
    np.testing.assert_allclose(one.prices, other.prices, rtol=1e-12)


def changed(table, rows, columns, by):
    table = table.copy()
    table.loc[rows, columns] *= by
    return table


def with_negative(table, variable):
    """One sector below zero, and the total as it adds up then."""
    table = table.copy()
    rows = (table["var"] == variable) & (table["year"] == 2014)
    table.loc[rows, "Mining"] = -1.0
    table.loc[rows, "Total"] = table.loc[rows, list(SECTORS)].sum(axis=1)
    return table


def without_services(table):
    rows = table["var"] == "EMP"
    table = changed(table, rows, [s for s in SECTORS if PAPER_GROUPS[s] == "x"], 0.0)
    table.loc[rows, "Total"] = table.loc[rows, list(SECTORS)].sum(axis=1)
    return table


def one_row(table):
    return (table["var"] == "VA") & (table["year"] == 2015)


BROKEN = {
    "sector": lambda table: table.drop(columns="Real estate"),
    "column": lambda table: table.drop(columns="var"),
    "year": lambda table: table[table["year"] != 2015],
    "a variable's year": lambda table: table[~one_row(table)],
    "variable": lambda table: table[table["var"] != "VA_Q15"],
    "other variable": lambda table: table.replace({"var": {"EMP": "EMPE"}}),
    "empty": lambda table: changed(table, one_row(table), "Mining", np.nan),
    "twice": lambda table: pd.concat([table, table[one_row(table)]]),
    "unit of a sector": lambda table: changed(table, one_row(table), "Mining", 1000.0),
    "unit of a variable": lambda table: changed(
        table, table["var"] == "VA", [*SECTORS, "Total"], 1000.0
    ),
    "no workers": without_services,
    "fewer than no workers": lambda table: with_negative(table, "EMP"),
    "no rows": lambda table: table.iloc[:0],
    "text": lambda table: table.astype({"Mining": object}).assign(Mining="n.b."),
}


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("sector", SectorDataError, "no column 'Real estate'"),
        ("column", TableColumnError, "var"),
        ("year", SectorDataError, "expected each of 2014 to 2016, found no row of 2015"),
        ("a variable's year", SectorDataError, "AAA: VA: years: .*no row of 2015"),
        ("variable", SectorDataError, "found no row of VA_Q15"),
        ("other variable", SectorDataError, "EMP, VA, VA_Q15, found 'EMPE'"),
        ("empty", SectorDataError, "column 'Mining': .* an empty cell for AAA VA 2015"),
        ("twice", SectorDataError, "found two of AAA VA 2015"),
        ("unit of a sector", SectorDataError, "which they add up to, found .* for AAA VA 2015"),
        ("unit of a variable", SectorDataError, "VA equal to VA_Q15 in 2015.* for AAA"),
        ("no workers", SectorDataError, "EMP: expected a positive level .* found 0 in x in 2014"),
        (
            "fewer than no workers",
            SectorDataError,
            "column 'Mining': expected persons engaged, zero or more, found -1 for AAA EMP 2014",
        ),
        ("no rows", SectorDataError, "expected rows of countries, found none"),
        ("text", TableColumnError, "Mining"),
    ],
)
def test_bad_files_are_named(tmp_path, kind, error, words):
    file = written(BROKEN[kind](made_up()), tmp_path)
    with pytest.raises(error, match=words) as caught:
        load_etd(file, "AAA", (2014, 2016))
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_sector_may_lose_value(tmp_path):
    """As mining in Botswana did in 2011: subsidies and losses are in value added."""
    data = load_etd(written(with_negative(made_up(), "VA"), tmp_path), "AAA")
    assert (data.value_added[0] > 0.0).all()


def test_bad_questions_are_named(tmp_path):
    file = written(made_up(("AAA", "BBB")), tmp_path)
    with pytest.raises(SectorDataError, match=r"one of 2 countries, such as .*found 'CCC'"):
        load_etd(file, "CCC")
    with pytest.raises(SectorDataError, match="no row of 2017, 2018"):
        load_etd(file, "AAA", (2014, 2018))
    with pytest.raises(SectorDataError, match="first and a last year in order"):
        load_etd(file, "AAA", (2016, 2014))
    with pytest.raises(TableFileError):
        load_etd(tmp_path / "none.csv", "AAA")


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({**PAPER_GROUPS, "Fishing": "m"}, "Fishing besides"),
        ({s: g for s, g in PAPER_GROUPS.items() if s != "Mining"}, "none of Mining"),
        ({**PAPER_GROUPS, "Mining": "industry"}, "one of m, x, s, or nothing"),
        ({s: g.replace("s", "x") for s, g in PAPER_GROUPS.items()}, "found none in s"),
    ],
)
def test_bad_mappings_are_named(tmp_path, groups, words):
    file = written(made_up(), tmp_path)
    with pytest.raises(SectorDataError, match=words):
        load_etd(file, "AAA", mapping=groups)


def test_bad_mapping_files_are_named(tmp_path):
    twice = tmp_path / "twice.csv"
    twice.write_text("sector,group\nMining,m\nMining,x\n", encoding="utf-8")
    with pytest.raises(SectorDataError, match=r"'Mining': expected one group .* found two rows"):
        read_groups(twice)
    other = tmp_path / "other.csv"
    other.write_text("sector,to\nMining,m\n", encoding="utf-8")
    with pytest.raises(SectorDataError, match="columns sector and group"):
        read_groups(other)


def test_figure_1_beside_gdp(tmp_path):
    table = read_etd(written(made_up(("CHN", "AAA")), tmp_path))
    assert set(figure_1(table)["code"]) == {"CHN"}
    gdp = pd.DataFrame({"code": ["CHN"], "year": [2015], "gdp_per_capita": [1.2]})
    row = figure_1(table, gdp).iloc[0]
    assert (row["year"], row["gdp_per_capita"]) == (2015, 1.2)
    with pytest.raises(SectorDataError, match="45 economies"):
        figure_1(table, gdp.assign(code="AAA"))
    with pytest.raises(NightpanelError, match="gdp_per_capita"):
        figure_1(table, gdp.drop(columns="gdp_per_capita"))


@pytest.mark.real
def test_table_1(economies):
    made = table_1(economies).set_index("code")
    for code in ("CHN", "JPN", "KOR"):
        for share in ("employment_share", "output_share"):
            # Published to three decimals of a per cent.
            gap = abs(made.loc[code, share] - made.loc[code, f"published_{share}"])
            assert gap <= 0.0005, (code, share)
    assert made.loc[["USA", "GBR"], ["employment_share", "output_share"]].isna().all(axis=None)


@pytest.mark.real
def test_the_denominator_is_the_whole_economy(economies):
    without = {**PAPER_GROUPS}
    china = producer_services(economies, without).query("code == 'CHN' and year == 2018").iloc[0]
    assert china["employment_share"] == pytest.approx(11.255, abs=5e-4)
    rows = economies.query("code == 'CHN' and year == 2018").set_index("variable")
    services = rows[[s for s in SECTORS if PAPER_GROUPS[s] == "x"]].sum(axis=1)
    inside = 100 * services / rows[list(SECTORS)[1:]].sum(axis=1)
    assert inside["EMP"] == pytest.approx(15.233, abs=5e-4)
    assert inside["VA"] == pytest.approx(29.101, abs=5e-4)


@pytest.mark.real
def test_figure_1_holds_36_of_45_economies(economies):
    data = figure_1(economies)
    assert data["code"].nunique() == 36
    assert len(data) == 36 * 29
    assert data[["employment_share", "output_share"]].gt(0.0).all(axis=None)
    missing = set(FIGURE_1) - set(data["code"])
    assert missing == {"USA", "GBR", "DEU", "DNK", "ESP", "FRA", "ITA", "SWE", "NLD"}


@pytest.mark.real
def test_china_as_the_model_sees_it(etd):
    data = load_etd(etd, "CHN", (1990, 2018))
    assert len(data.years) == 29
    np.testing.assert_allclose(data.labour[0], [0.623, 0.092, 0.285], atol=5e-4)
    ratios = data.prices / data.prices[:, [1]]
    # Prices hardly move: why the paper's system is weakly identified on these data.
    assert (ratios[:, 0].min(), ratios[:, 0].max()) == pytest.approx((0.987, 1.162), abs=5e-4)
    assert (ratios[:, 2].min(), ratios[:, 2].max()) == pytest.approx((0.982, 1.106), abs=5e-4)
    gaps = wage_gaps(data, BETA)
    # (y_x/y_m)/(L_x/L_m) does not depend on beta: it is labour productivity.
    product = gaps["xi_m"] * (1 - 0.614) / (1 - 0.658)
    productivity = data.value_added / data.employment
    np.testing.assert_allclose(product, productivity[:, 1] / productivity[:, 0], rtol=1e-12)


@pytest.mark.real
def test_every_country_is_read(etd, economies):
    assert economies["code"].nunique() == 51
    for code in ("JPN", "KOR", "BRA", "ZMB"):
        assert load_etd(etd, code, (2000, 2018)).labour.shape == (19, 3)
