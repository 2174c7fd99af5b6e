"""The panel of ``examples/regional_coordination_panel.toml``: who is in it, who is not, and why."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panels.digital_finance import PARTS

pytestmark = pytest.mark.real

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "regional_coordination_panel.toml"
YEARS = list(range(2011, 2022))
RENAMED = {"4690": "4604", "6521": "6504", "6522": "6505", "5424": "5406"}
"""Cities that stand under two codes, as their prefectures became cities: old to new."""


@pytest.fixture(scope="module")
def text(data_dir: Path) -> str:
    return EXAMPLE.read_text(encoding="utf-8").replace("${NIGHTPANEL_DATA}", str(data_dir))


@pytest.fixture(scope="module")
def out(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import nightpanel

    folder = tmp_path_factory.mktemp("panel")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    nightpanel.run(folder / "study.toml", out=folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def panel(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "panel.parquet")


def test_287_cities_are_complete(panel: pd.DataFrame) -> None:
    assert (len(panel), panel["city_id"].nunique()) == (287 * 11, 287)
    assert panel.groupby("city_id")["year"].apply(list).map(lambda years: years == YEARS).all()
    assert panel.drop(columns="city_id").notna().all().all()
    municipalities = panel.loc[panel["city_id"].str[:2].isin(["11", "12", "31", "50"]), "city_id"]
    assert set(municipalities) == {"1100", "1200", "3100", "5000"}


def test_every_lost_city_lacks_loans_or_income_in_some_year(
    out: Path, panel: pd.DataFrame, data_dir: Path
) -> None:
    """Read by pandas alone: no city is lost that these files could complete, under any code."""
    lost = pd.read_csv(out / "tables" / "lost_cities.csv", dtype="str")
    assert len(lost) == 52
    assert not set(lost["city_id"]) & set(RENAMED)
    assert dict(zip(lost["city_id"], lost["name"], strict=True))["3712"] == "莱芜市"
    assert lost["reason"].str.len().min() > 20
    folder = data_dir / "panel"
    loans = pd.read_excel(folder / "yearbooks" / "city_findev_loans_deposits_2003_2023.xlsx")
    incomes = pd.read_csv(folder / "china_city_panel_real.csv")
    both = [
        (
            loans,
            "城市代码",
            "年份",
            ["年末金融机构各项贷款余额(万元)", "年末金融机构存款余额(万元)"],
        ),
        (incomes, "city_code", "year", ["gdp_per_capita"]),
    ]
    for city in lost["city_id"]:
        if city == "3414":  # Chaohu, dissolved in 2011: no industry and no digital finance
            continue
        codes = [int(one) for one in (city, *(old for old in RENAMED if RENAMED[old] == city))]
        whole = True
        for table, code, year, columns in both:
            rows = table[(table[code] // 100).isin(codes) & table[year].isin(YEARS)]
            whole &= len(rows.dropna(subset=columns)) == len(YEARS)
        assert not whole, city
    assert not set(lost["city_id"]) & set(panel["city_id"])


def test_every_lost_city_year_has_a_reason(out: Path, panel: pd.DataFrame) -> None:
    dropped = pd.read_parquet(out / "dropped.parquet")
    unmatched = pd.read_parquet(out / "unmatched.parquet")
    keys = ["city_id", "year"]
    # What no join has lost, a step has: 288 cities stay whole in the join, one of them in name.
    by_join = dropped[~dropped["place"].str.startswith("panel.steps")]
    assert set(map(tuple, by_join[keys].to_numpy())) == set(map(tuple, unmatched[keys].to_numpy()))
    by_step = dropped[dropped["place"].str.startswith("panel.steps")]
    assert (len(by_step), by_step["city_id"].nunique()) == (90, 11)
    shannan = by_step.loc[by_step["city_id"] == "5405", "reason"].unique().tolist()
    assert shannan == [
        "loans_and_deposits missing in 2011-2016; gdp_per_capita missing in 2011-2017"
    ]
    assert not set(map(tuple, dropped[keys].to_numpy())) & set(map(tuple, panel[keys].to_numpy()))


def test_two_sources_of_sector_shares_are_compared(out: Path, data_dir: Path) -> None:
    """Differences above 2 % by pandas alone, on the city-years whose code never changed."""
    found = pd.read_parquet(out / "reconciliation.parquet")
    assert (found["table_a"] == "industry").all()
    assert found.groupby("column")["above"].sum().to_dict() == {
        "share_primary": 857, "share_secondary": 663, "share_tertiary": 704,
    }  # fmt: skip
    folder = data_dir / "panel"
    first = pd.read_excel(
        folder / "yearbooks" / "city_industry_structure_2000_2023.xlsx",
        sheet_name="面板数据2000-2023",
    ).dropna(subset=["城市代码"])
    first = first.assign(
        city_id=first["城市代码"].astype(int) // 100, year=first["年度标识"].astype(int)
    )
    second = pd.read_csv(folder / "china_city_panel_real.csv")
    second = second.assign(city_id=second["city_code"] // 100)
    both = first.merge(second, on=["city_id", "year"], validate="one_to_one")
    moved = {int(code) for pair in RENAMED.items() for code in pair}
    same = found[~found["city_id"].astype(int).isin(moved)]
    names = {"share_primary": ("第一产业占GDP比重", "primary_share_pct"),
             "share_tertiary": ("第三产业占GDP比重", "tertiary_share_pct")}  # fmt: skip
    for column, (one, other) in names.items():
        pair = both.loc[~both["city_id"].isin(moved), [one, other]].dropna()
        apart = (pair[one] - pair[other] / 100).abs() / np.maximum(pair[one], pair[other] / 100)
        made = same[same["column"] == column]
        assert len(pair) == made["relative_difference"].notna().sum()
        assert (apart > 0.02).sum() == made["above"].sum()


def test_the_74_rows_whose_unused_shares_miss_one_are_flagged_each(
    out: Path, data_dir: Path
) -> None:
    audit = pd.read_parquet(out / "audit.parquet")
    off = audit[audit["rule"] == "shares_off_unused"]
    assert (len(off), off["row"].nunique(), off["count"].sum()) == (74, 74, 74)
    file = data_dir / "panel" / "yearbooks" / "city_industry_structure_2000_2023.xlsx"
    sheet = pd.read_excel(file, sheet_name="面板数据2000-2023")
    names = ["第一产业占GDP比重", "第二产业占GDP比重", "第三产业占GDP比重"]
    rows = sheet.iloc[off["row"].to_numpy(dtype="int64") - 2]
    assert ((rows[names].sum(axis=1) - 1).abs() > 0.005).all()
    assert off["old"].tolist() == [
        " + ".join(f"{share:.6g}" for share in row) for row in rows[names].to_numpy()
    ]


def test_265_are_left_without_the_cities_whose_shares_miss_one(
    text: str, tmp_path: Path, command, panel: pd.DataFrame
) -> None:
    levels = 'value_added = ["va_primary", "va_secondary", "va_tertiary"]\nshares'
    assert levels in text
    (tmp_path / "study.toml").write_text(text.replace(levels, "shares"), encoding="utf-8")
    ended = command("run", tmp_path / "study.toml", "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    fewer = pd.read_parquet(tmp_path / "out" / "panel.parquet")
    assert fewer["city_id"].nunique() == 265
    gone = set(panel["city_id"]) - set(fewer["city_id"])
    assert len(gone) == 22
    # 20 of the 22 are in Guangdong; the others are Hangzhou and Tai'an.
    assert sorted(city for city in gone if not city.startswith("44")) == ["3301", "3709"]
    lost = pd.read_csv(tmp_path / "out" / "tables" / "lost_cities.csv", dtype="str")
    reasons = lost.set_index("city_id").loc[sorted(gone), "reason"]
    assert reasons.str.contains("sector shares miss 1 by more than 0.005").all()
    audit = pd.read_parquet(tmp_path / "out" / "audit.parquet")
    off = audit[audit["rule"] == "shares_off"]
    assert len(off) == 74
    assert off["row"].notna().all()
    assert (off["new"] == "").all()


def test_the_descriptives_come_near_the_papers_table(out: Path) -> None:
    """Yu and Zhang's 253 cities are among the 287: means within 0.1, extremes met or exceeded."""
    found = pd.read_csv(out / "tables" / "descriptives.csv").set_index("Variable")
    paper = {
        "uil": (2.309, 0.142, 1.900, 2.836),
        "log_loans_and_deposits": (17.543, 1.104, 15.079, 21.746),
        "log_gdp_per_capita": (10.768, 0.566, 8.773, 12.456),
        "difi": (185.837, 73.191, 21.260, 359.683),
    }
    for name, (mean, spread, low, high) in paper.items():
        row = found.loc[name]
        assert row["Obs"] == 3157
        assert row["Mean"] == pytest.approx(mean, rel=0.01)
        assert row["Std."] == pytest.approx(spread, rel=0.02)
        assert row["Min"] <= low + 5e-4
        assert row["Max"] == pytest.approx(high, abs=5e-4)


def test_check_prints_what_the_page_shows(text: str, tmp_path: Path, command) -> None:
    page = (EXAMPLE.parents[1] / "docs" / "panel.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- check -->\n```\n(.*?)```\n<!-- /check -->", page, re.DOTALL)
    assert shown is not None
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    ended = command("check", tmp_path / "study.toml")
    assert ended.returncode == 0, ended.stderr
    printed = [line.rstrip() for line in ended.stdout.splitlines()]
    assert set(shown[1].splitlines()) <= set(printed)
    assert list(tmp_path.iterdir()) == [tmp_path / "study.toml"]


def test_indices_are_those_of_the_files(panel: pd.DataFrame, data_dir: Path) -> None:
    np.testing.assert_allclose(panel["difi_of_parts"], panel["difi"], atol=0.02)
    file = data_dir / "panel" / "yearbooks" / "city_industry_structure_2000_2023.xlsx"
    own = pd.read_excel(file, sheet_name="面板数据2000-2023").dropna(subset=["城市代码"])
    own = own.assign(
        city_id=own["城市代码"].astype(int).astype(str).str[:4], year=own["年度标识"].astype(int)
    )
    both = panel.merge(own, on=["city_id", "year"], validate="one_to_one")
    assert len(both) == len(panel)
    np.testing.assert_allclose(both["advanced_structure"], both["产业结构高级化"], atol=1e-6)


def test_the_weights_of_digital_finance_are_those_of_every_year(data_dir: Path) -> None:
    table = pd.read_stata(data_dir / "panel" / "pku_dfiic" / "PKU_DFIIC_city.dta")
    columns = ["coverage_breadth", "usage_depth", "digitization_level"]
    for _, rows in table.groupby("year"):
        fit = np.linalg.lstsq(rows[columns].to_numpy(), rows["index_aggregate"], rcond=None)[0]
        np.testing.assert_allclose(fit, list(PARTS.values()), atol=1e-4)
    made = table[columns].to_numpy() @ np.array(list(PARTS.values()))
    assert np.abs(made - table["index_aggregate"]).max() < 0.02
