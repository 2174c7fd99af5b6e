"""The study of digital integration: made-up provinces, the example, the real provinces."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

import nightpanel
from estimation.staggered.keys import ESTIMATORS
from geo.errors import NightpanelError
from nightpanel.made_up_provinces import STUDY, true_of_provinces, write_provinces
from nightpanel.read_back import read_table_texts
from nightpanel.study_file import load_study
from panels.composite_scale import composite
from panels.synthetic_provinces import (
    MEDIATORS,
    ProvinceSpec,
    SyntheticProvinces,
    recipe,
    synthetic_provinces,
)

Command = Callable[..., CompletedProcess[str]]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGE = EXAMPLES.parent / "docs" / "digital-integration.md"
SEED = 1
PILOTS = ("pilot_effect", "average over designated province-years")


@pytest.fixture(scope="module")
def made() -> SyntheticProvinces:
    return synthetic_provinces(ProvinceSpec(), SEED)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo as typed: its folder, and what it prints."""
    folder = tmp_path_factory.mktemp("provinces")
    ended = subprocess.run(
        [Path(sys.executable).with_name("nightpanel"), "demo", "--study", "digital_integration",
         "--out", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return folder, ended.stdout


@pytest.fixture(scope="module")
def out(printed: tuple[Path, str]) -> Path:
    return printed[0]


def rows_of(out: Path, name: str) -> pd.DataFrame:
    estimates = pd.read_parquet(out / "estimates.parquet")
    return estimates[estimates["design"] == name].set_index(["part", "term"])


def linear_rows_of(out: Path, name: str) -> pd.DataFrame:
    rows = rows_of(out, name)
    return rows[rows["variant"] == "two_way_fixed_effects"]


def test_the_panel_has_the_designed_indices(out: Path, made: SyntheticProvinces) -> None:
    panel = pd.read_parquet(out / "panel.parquet")
    assert len(panel) == 330
    both = panel.merge(made.designed, on=["city_id", "year"], suffixes=("", "_designed"))
    assert len(both) == 330
    for name in ("adei", "adei_ai", "adei_digital", "adei_industry", "isa", "misallocation"):
        np.testing.assert_allclose(both[name], both[f"{name}_designed"], rtol=1e-9)
    shares = pd.read_csv(out / "tables" / "index_shares.csv")
    assert shares["weight"].sum() == pytest.approx(1.0)
    assert len(shares) == 9
    truth = pd.read_csv(out / "truth.csv")
    pd.testing.assert_frame_equal(truth, made.truth.astype({"quantity": "str", "subject": "str"}))


def test_intervals_hold_the_truth_where_the_design_is_right(
    out: Path, made: SyntheticProvinces
) -> None:
    """One draw: no more than the wild bootstrap's 95 % sets, and the designs that are right."""
    truth = made.truth.set_index(["quantity", "subject"])["value"]
    expected = {
        ("baseline", "effect", "adei"): truth["total_effect", "average"],
        ("Driscoll-Kraay", "effect", "adei"): truth["total_effect", "average"],
        ("by region", "group", "adei, region = east"): truth["total_effect", "east"],
        ("by region", "group", "adei, region = west"): truth["total_effect", "west"],
        ("by period", "group", "adei, 2017-2022"): truth["total_effect", "from 2017"],
        ("channels", "direct", "direct effect of adei"): truth["direct_effect", "average"],
        **{
            ("channels", "indirect", f"adei through {name}"): truth["indirect_effect", name]
            for name in MEDIATORS
        },
        ("channels as controls", "effect", "adei"): truth["direct_effect", "average"],
        ("effect on graduates", "effect", "adei"): truth["effect_on_mediator", "graduates"],
        ("pilots on the level", "effect", "pilot"): truth[PILOTS],
        ("exposure as instrument", "effect", "adei"): truth["effect_on_productivity", "adei"],
        ("shares and shocks", "akm0", "adei"): truth["effect_on_productivity", "adei"],
    }
    for (name, *row), value in expected.items():
        found = linear_rows_of(out, name).loc[tuple(row)]
        assert found["ci_low"] < value < found["ci_high"], (name, *row)
    for estimator in ESTIMATORS:
        rows = rows_of(out, "pilots on the level")
        (found,) = rows[rows["variant"] == estimator].loc[[("att", "pilot")]].to_dict("records")
        assert found["ci_low"] < truth[PILOTS] < found["ci_high"], estimator


def test_designs_that_are_wrong_are_told_from_the_truth(
    out: Path, made: SyntheticProvinces
) -> None:
    """Demand in least squares, in last year's treatment, and a slope that rises for everybody."""
    truth = made.truth.set_index(["quantity", "subject"])["value"]
    row = rows_of(out, "productivity").loc["effect", "adei"]
    assert row["ci_low"] > truth["effect_on_productivity", "adei"]
    checks = pd.read_parquet(out / "checks.parquet").set_index(["design", "statistic"])
    low = checks.loc[("lag as instrument", "lower end of the 95 % set"), "value"]
    assert low > truth["effect_on_productivity", "adei"]
    rows = rows_of(out, "pilots on the slope").loc[[("amplification", "adei x pilot")]]
    assert set(rows["variant"]) == {"two_way_fixed_effects", "imputation"}
    assert (rows["ci_low"] > truth["pilot_amplifies", "slope"]).all()


def test_slopes_by_region_and_year_find_what_pilots_add(
    out: Path, made: SyntheticProvinces
) -> None:
    """The same regressions as above with one key more."""
    truth = made.truth.set_index(["quantity", "subject"])["value"]
    rows = rows_of(out, "pilots on own slopes").loc[[("amplification", "adei x pilot")]]
    assert set(rows["variant"]) == {"two_way_fixed_effects", "imputation"}
    known = truth["pilot_amplifies", "slope"]
    assert ((rows["ci_low"] < known) & (known < rows["ci_high"])).all()
    plain = rows_of(out, "pilots on the slope").loc[[("amplification", "adei x pilot")]]
    bias = (rows["estimate"].to_numpy() - known) / (plain["estimate"].to_numpy() - known)
    assert (np.abs(bias) < 0.5).all()
    moderated = rows_of(out, "amplified, own slopes")
    moderated = moderated[moderated["scaling"] == "centred"]["estimate"]
    own = rows[rows["variant"] == "two_way_fixed_effects"]["estimate"].item()
    assert moderated["effect", "adei x pilot"] == pytest.approx(own, rel=1e-9)
    # The centre is the first label.
    difference = truth["total_effect", "west"] - truth["total_effect", "central"]
    assert moderated["slopes", "adei x region = west"] == pytest.approx(difference, abs=0.1)


def test_an_exposure_made_by_the_study_is_the_one_in_the_file(out: Path) -> None:
    shown = ["estimate", "std_error", "ci_low", "ci_high", "p_value"]
    given, made = (
        rows_of(out, name).loc[("effect", "adei"), shown]
        for name in ("exposure as instrument", "shares and shocks")
    )
    np.testing.assert_allclose(given.to_numpy(float), made.to_numpy(float), rtol=1e-6)


def test_regions_are_those_of_the_shipped_table(out: Path, made: SyntheticProvinces) -> None:
    panel = pd.read_parquet(out / "panel.parquet")
    assert panel.groupby("region")["city_id"].nunique().to_dict() == {
        "central": 8, "east": 11, "west": 11,
    }  # fmt: skip
    both = panel.merge(made.designed, on=["city_id", "year"], suffixes=("", "_designed"))
    east = both.loc[both["region"] == "east", "effect"].mean()
    truth = made.truth.set_index(["quantity", "subject"])["value"]
    assert east == pytest.approx(truth["total_effect", "east"])


def test_warnings_of_what_is_weak_stand_under_the_tables(printed: tuple[Path, str]) -> None:
    text = printed[1]
    assert "WARNING: Driscoll and Kraay's errors are for many years, here 11" in text
    assert "lagged treatment as instrument: weak as evidence" in text
    assert "AKM counts on many clusters of shocks; here are 12" in text


def test_products_tell_what_is_more_than_its_parts(out: Path) -> None:
    additive, more = (rows_of(out, name) for name in ("additive", "more than its parts"))
    product = ("product", "adei_ai x adei_digital")
    assert additive.loc[product, "p_value_wild"] > 0.05
    assert more.loc[product, "p_value_wild"] < 0.01
    assert more.loc[product, "estimate"] == pytest.approx(0.05, abs=0.02)
    gain = ("out_of_city_r2", "parts and products - parts")
    assert additive.loc[gain, "ci_low"] < 0.0
    assert more.loc[gain, "ci_low"] > 0.0


def test_tables_show_estimates_and_the_truth(printed: tuple[Path, str]) -> None:
    out, text = printed
    baseline = text.split("Table 2: benchmark")[1].split("Table 3")[0]
    assert re.search(r"\n  truth +0\.430 +0\.430 +0\.430\n", baseline)
    # A row in other units, or of another average, has no truth below it.
    for row, last in (
        ("adei (standardised)", "adei, region"),
        ("pilot (att_dynamic)", "pilot (att"),
    ):
        own = text.split(f"\n{row}")[1].split(f"\n{last}")[0]
        assert "95 % interval" in own
        assert "truth" not in own
    assert (out / "provinces" / STUDY).is_file()
    assert not any("truth" in one for one in read_table_texts(out))


def shown_tables(text: str, of: str) -> list[str]:
    """The tables between two marks of the page."""
    inside = text.split(f"<!-- {of} -->\n")[1].split(f"<!-- /{of} -->")[0]
    return re.findall(r"```\n(.*?)```\n", inside, re.DOTALL)


def test_the_page_shows_what_the_demo_prints(printed: tuple[Path, str]) -> None:
    shown = shown_tables(PAGE.read_text(encoding="utf-8"), "made up")
    assert len(shown) == len(load_study(printed[0] / "provinces" / STUDY).tables)
    for table in shown:
        assert table in printed[1]


def test_a_study_that_is_not_made_up_is_wrong_usage(command: Command, tmp_path: Path) -> None:
    assert command("demo", "--study", "nothing", "--out", tmp_path).returncode == 2


def test_the_example_is_the_demos_study(
    made: SyntheticProvinces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_provinces(made, folder=tmp_path)
    example = (EXAMPLES / STUDY).read_text(encoding="utf-8")
    place = "${NIGHTPANEL_MADE_UP}/"
    plain = tomllib.loads(example.replace(place, ""))
    assert plain == tomllib.loads((tmp_path / STUDY).read_text(encoding="utf-8"))
    monkeypatch.setenv("NIGHTPANEL_MADE_UP", str(tmp_path))
    assert load_study(EXAMPLES / STUDY).panel is not None
    assert not nightpanel.check(EXAMPLES / STUDY).problems


def test_the_panel_goes_through_estimate(out: Path, command: Command, tmp_path: Path) -> None:
    """As csv, too, where codes of provinces are whole numbers."""
    designs = tmp_path / "designs.toml"
    designs.write_text(
        '[[designs]]\nname = "d"\noutcome = "isa"\ntreatment = "adei"\n'
        'variants = ["two_way_fixed_effects"]\nmin_units = 0\nchecks = []\n'
        'composite_of = { parts = ["adei_ai", "adei_digital"], repetitions = 2, draws = 9 }\n',
        encoding="utf-8",
    )
    panel = tmp_path / "panel.csv"
    pd.read_parquet(out / "panel.parquet").to_csv(panel, index=False)
    ended = command(
        "estimate", "--panel", panel, "--designs", designs, "--out", tmp_path / "estimates"
    )
    assert ended.returncode == 0, ended.stderr
    rows = pd.read_parquet(tmp_path / "estimates" / "estimates.parquet").set_index("part")
    assert rows.loc["effect", "n_clusters"] == 30
    plain = rows_of(out, "no controls").loc["effect", "adei"]
    assert rows.loc["effect", "estimate"] == pytest.approx(plain["estimate"], rel=1e-9)
    assert "linear in parts" not in ended.stdout
    assert "adei_ai x adei_digital" in ended.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('composite_of = { parts = ["adei_ai"] }', "parts"),
        ('composite_of = { parts = ["adei_ai", "adei_ai"] }', "each column in one part only"),
        ('composite_of = { parts = ["adei_ai", "adei"] }', "a column that has another part"),
        ('composite_of = { parts = ["adei_ai", "nothing"] }', "nothing"),
        ('composite_of = { parts = ["adei_ai", "adei_digital"], fold = 3 }', "fold"),
    ],
)
def test_parts_that_cannot_be(
    made: SyntheticProvinces, command: Command, tmp_path: Path, text: str, said: str
) -> None:
    write_provinces(made, folder=tmp_path)
    study = (tmp_path / STUDY).read_text(encoding="utf-8")
    old = 'composite_of = { parts = ["adei_ai", "adei_digital", "adei_industry"] }\n\n'
    assert old in study
    (tmp_path / STUDY).write_text(study.replace(old, f"{text}\n\n"), encoding="utf-8")
    ended = command("check", tmp_path / STUDY)
    assert ended.returncode == 1
    assert said in ended.stdout + ended.stderr


def test_a_new_year_is_scored_on_the_old_bounds(made: SyntheticProvinces) -> None:
    """The last year alone, on the scale of the years before."""
    table = made.indicators.rename(columns={"province": "city_id"})
    before, after = table[table["year"] < 2022], table[table["year"] == 2022]
    scale = composite(before, recipe(), where="adei").scale
    scored = composite(after, recipe(), scale=scale, where="adei")
    weights = (scale["weight"] * scale["group_weight"]).to_numpy()
    columns = scale["indicator"].tolist()
    by_hand = (
        (after[columns].to_numpy() - scale["lower"].to_numpy())
        / (scale["upper"] - scale["lower"]).to_numpy()
    ) @ weights
    np.testing.assert_allclose(scored.values["adei"], by_hand, rtol=1e-12)


def test_unit_and_list_of_places_exclude_each_other(tmp_path: Path) -> None:
    text = (
        '[study]\nname = "x"\n[panel]\nunit = "province"\ncities = "list.csv"\n'
        '[[panel.tables]]\nfile = "a.csv"\ncity = "code"\nyear = "year"\ncolumns = { a = "a" }\n'
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(NightpanelError, match="cities must be left out"):
        load_study(tmp_path / "study.toml")


def test_truth_knows_its_own_designs_alone(made: SyntheticProvinces, out: Path) -> None:
    section = load_study(out / "provinces" / STUDY).designs[0]
    panel = pd.read_parquet(out / "panel.parquet")
    other = section.model_copy(update={"treatment": "exposure"}).design()
    assert true_of_provinces([other], panel, made) == {}


@pytest.mark.real
def test_the_real_provinces(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    ended = command("run", EXAMPLES / "digital_finance_provinces.toml", "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert shown_tables(PAGE.read_text(encoding="utf-8"), "real") == list(
        read_table_texts(tmp_path)
    )
    panel = pd.read_parquet(tmp_path / "panel.parquet")
    assert panel.groupby("year").size().eq(31).all()
    _is_a_sum_of_cities(panel, data_dir)
    yearbook = panel.dropna(subset=["tertiary_share"])
    assert sorted(set(yearbook["year"])) == [2015, 2019, 2023]
    both = yearbook.dropna(subset=["va_tertiary"])
    total = both[["va_primary", "va_secondary", "va_tertiary"]].sum(axis=1)
    assert np.corrcoef(both["va_tertiary"] / total, both["tertiary_share"])[0, 1] > 0.95
    assert (total / both["gdp"]).median() == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(panel["difi_of_parts"], panel["difi"], atol=0.1)
    checks = pd.read_parquet(tmp_path / "checks.parquet").set_index("check")
    assert checks.loc["linear_in_parts", "value"] == pytest.approx(1.0, abs=1e-6)
    assert rows_of(tmp_path, "tertiary share").loc["effect", "difi"]["n"] == 93


def _is_a_sum_of_cities(panel: pd.DataFrame, data_dir: Path) -> None:
    """Guangdong of 2019, and a province that lacks a city."""
    file = data_dir / "panel/yearbooks/city_industry_structure_2000_2023.xlsx"
    raw = pd.read_excel(file, sheet_name="面板数据2000-2023")
    cities = raw[(raw["年度标识"] == 2019) & (raw["城市代码"] // 10000 == 44)]
    row = panel[(panel["city_id"] == "44") & (panel["year"] == 2019)].iloc[0]
    assert row["va_tertiary"] == pytest.approx(cities["第三产业增加值"].sum(), rel=1e-9)
    assert panel.loc[panel["city_id"] == "46", "uil"].isna().all()


def test_a_table_of_provinces_is_proposed_as_one(tmp_path: Path) -> None:
    rows = [
        f"{name},{year},{value}"
        for name in ("北京", "天津")
        for year, value in ((2019, 1), (2020, 2))
    ]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["省份,年份,地区生产总值", *rows, ""]), encoding="utf-8")
    proposed = nightpanel.suggest_table(table)
    assert '# city_name = "省份"  # with [panel] unit = "province"' in proposed
    block = proposed.replace('# city_name = "省份"  #', 'city_name = "省份"  #')
    study = '[study]\nname = "x"\n[panel]\nunit = "province"\n' + block
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    nightpanel.panel_of_study(tmp_path / "study.toml", out=tmp_path / "out")
    panel = pd.read_parquet(tmp_path / "out" / "panel.parquet")
    assert sorted(set(panel["city_id"])) == ["11", "12"]
