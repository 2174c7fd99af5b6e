"""The real yearbooks: two sources, units, deflators, and what is proposed for each file."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import TableColumnError
from nightpanel.study_tables import TableSection
from nightpanel.suggest_text import suggested_block
from nightpanel.yearbooks import table_spec
from panels.deflate import deflated
from panels.read import TableSpec, read_table
from panels.reconcile import reconciled
from panels.tables.suggest import suggest

pytestmark = pytest.mark.real

PAGE = Path(__file__).resolve().parents[2] / "docs" / "yearbooks.md"
SHARES = ["share_primary", "share_secondary", "share_tertiary"]


@pytest.fixture(scope="module")
def industry(data_dir):
    file = data_dir / "panel" / "yearbooks" / "city_industry_structure_2000_2023.xlsx"
    columns = {
        "gdp": "gdp",
        **dict(
            zip(
                SHARES, ("第一产业占GDP比重", "第二产业占GDP比重", "第三产业占GDP比重"), strict=True
            )
        ),
    }
    units = {"gdp": "亿元", **dict.fromkeys(SHARES, "fraction -> percent")}
    return read_table(
        TableSpec(file, "城市代码", "年度标识", columns, sheet="面板数据2000-2023", units=units)
    )


def test_gdp_of_two_files(data_dir, industry):
    file = data_dir / "panel" / "yearbooks" / "city_findev_loans_deposits_2003_2023.xlsx"
    spec = TableSpec(file, "城市代码", "年份", {"gdp": "地区生产总值"}, units={"gdp": "-> 亿元"})
    other = read_table(spec)
    made = reconciled(
        ("industry", industry.table), ("loans", other.table),
        column="gdp", tolerance=0.01, prefer="industry", fill=True, where="r",
    )  # fmt: skip
    table = made.comparison
    assert table["relative_difference"].notna().sum() == 6041
    assert table["above"].sum() == 542
    chosen = table["chosen"].value_counts()
    assert chosen["loans"] == 23
    page = PAGE.read_text(encoding="utf-8")
    apart = table["relative_difference"].abs()
    cells = ("gdp   ", "industry", "loans  ", "6041", "  542", f"{apart.median():.4f}",
             f" {apart.max():.4f}")  # fmt: skip
    assert f"│ {' │ '.join(cells)} │" in page
    for label, count in chosen.drop("", errors="ignore").items():
        assert f"  gdp: {count} values of {label}\n" in page
    wrong = TableSpec(file, "城市代码", "年份", {"gdp": "地区生产总值"}, units={"gdp": "亿元"})
    with pytest.raises(TableColumnError, match="found 万元, as the column itself says"):
        read_table(wrong)


def test_shares_of_two_files(data_dir, industry):
    file = data_dir / "panel" / "china_city_panel_real.csv"
    columns = {name: f"{name.removeprefix('share_')}_share_pct" for name in SHARES}
    other = read_table(
        TableSpec(file, "city_code", "year", columns, units=dict.fromkeys(SHARES, "percent"))
    )
    above = {}
    for name in SHARES:
        made = reconciled(
            ("industry", industry.table), ("csv", other.table),
            column=name, tolerance=0.02, prefer="industry", fill=False, where="r",
        )  # fmt: skip
        assert made.comparison["relative_difference"].notna().sum() == 6917
        assert made.comparison["relative_difference"].abs().median() < 3e-4
        above[name] = int(made.comparison["above"].sum())
    assert above == {"share_primary": 857, "share_secondary": 663, "share_tertiary": 704}


def test_real_gdp_is_what_the_file_computes(data_dir):
    file = data_dir / "panel" / "yearbooks" / "city296_gdp_base2000.xlsx"
    table = pd.read_excel(file, sheet_name="Sheet1").dropna(subset=["年份", "实际GDP"])
    names = {
        "城市": "city_id",
        "年份": "year",
        "名义GDP": "gdp",
        "GDP平减指数": "level",
        "GDP指数": "volume",
    }
    table = table.rename(columns=names).astype({"year": "int64"}).reset_index(drop=True)
    for kind in ("level", "volume"):
        made = deflated(table, nominal="gdp", index=kind, kind=kind, base=2000, where="t").values
        apart = (made / table["实际GDP"] - 1).abs()
        assert made.notna().sum() > 7000
        assert np.nanmedian(apart) < 1e-6
        assert (apart > 0.01).sum() == 0


FILES = [
    ("china_city_panel_real.csv", "city_code", "year", 23, 300),
    ("pku_dfiic/PKU_DFIIC_city.dta", "pref_code_year18", "year", 10, 338),
    ("yearbooks/city_industry_structure_2000_2023.xlsx", "城市代码", "年度标识", 9, 341),
    ("yearbooks/city_findev_loans_deposits_2003_2023.xlsx", "城市代码", "年份", 3, 300),
    ("yearbooks/city298_popdensity_1998_2024.xlsx", "城市代码", "年份", 3, 298),
    ("yearbooks/city296_gdp_base2000.xlsx", None, "年份", 4, 296),
    ("yearbooks/city_fdi_1996_2023.xlsx", None, "year", 1, 295),
    ("yearbooks/pilot_city_list.xlsx", None, None, 1, 92),
]


def test_the_proposal_on_the_page_is_the_one_that_is_made(data_dir, monkeypatch):
    monkeypatch.chdir(data_dir / "panel" / "yearbooks")
    name = "city_fdi_1996_2023.xlsx"
    page = PAGE.read_text(encoding="utf-8")
    shown = page.split(f"$ nightpanel panel --suggest {name}\n")[1].split("\n```")[0]
    assert suggested_block(suggest(Path(name))).strip() == shown.strip()


@pytest.mark.parametrize(
    ("name", "city", "year", "columns", "cities"), FILES, ids=lambda x: str(x)[:20]
)
def test_every_file_gets_a_proposal_that_reads(data_dir, name, city, year, columns, cities):
    found = suggest(data_dir / "panel" / name)
    assert (found.city, found.year) == (city, year)
    assert found.cities == cities
    (content,) = tomllib.loads(suggested_block(found))["panel"]["tables"]
    table = TableSection.model_validate(content)
    assert len(table.columns) == columns
    made = read_table(table_spec(table, years=[2018]))
    assert len(made.table) > 50
