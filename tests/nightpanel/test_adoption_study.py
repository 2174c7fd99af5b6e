"""Staggered adoption as one asks for it: a designs file, the command line, the real pilots."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from estimation.staggered.averages import averages
from estimation.staggered.cohorts import staggered_panel
from estimation.staggered.group_time import group_time
from estimation.staggered.keys import Adoption
from nightpanel.study_designs import DesignSection
from tests.estimation.staggered.made_up_policy import staggered

Command = Callable[..., CompletedProcess[str]]
STUDY = Path(__file__).resolve().parents[2] / "examples" / "low_carbon_pilots.toml"

DESIGNS = """
[[designs]]
name = "pilots"
outcome = "y"
treatment = "pilot"
variants = ["two_way_fixed_effects"]
checks = []
min_units = 0
adoption = {{ {adoption} }}

[[tables]]
title = "Table 1"
columns = ["pilots"]
variants = ["two_way_fixed_effects", "callaway_santanna", "sun_abraham", "imputation"]

[[tables]]
title = "Table 2"
kind = "curves"
columns = ["pilots"]
variants = ["callaway_santanna"]
"""


@pytest.fixture
def panel_file(tmp_path: Path) -> Path:
    table = staggered(41)
    table["city_id"] = (1101 + table["city"]).astype(str)
    table["adopted"] = table["g"].replace(np.inf, np.nan)
    table["policy"] = (table["year"] >= table["g"]).astype(int)
    file = tmp_path / "panel.csv"
    table.to_csv(file, index=False)
    return file


def estimated(command: Command, panel: Path, adoption: str) -> CompletedProcess[str]:
    designs = panel.with_name("designs.toml")
    designs.write_text(DESIGNS.format(adoption=adoption), encoding="utf-8")
    return command("estimate", "--panel", panel, "--designs", designs,
                   "--out", panel.with_name("out"))  # fmt: skip


def test_the_section_says_every_key():
    text = """
    name = "d"
    outcome = "y"
    treatment = "x"
    [adoption]
    year = "g"
    amplifies = true
    estimators = ["imputation"]
    anticipation = 1
    control = "not_yet_treated"
    covariates = ["z"]
    method = "inverse_probability"
    window = [-4, 4]
    relative = [1.0]
    smooth = []
    recode = [[2013, 2012]]
    """
    design = DesignSection.model_validate(tomllib.loads(text)).design()
    assert design.adoption == Adoption(
        year="g",
        amplifies=True,
        estimators=("imputation",),
        anticipation=1,
        control="not_yet_treated",
        covariates=("z",),
        method="inverse_probability",
        window=(-4, 4),
        relative=(1.0,),
        smooth=(),
        recode=((2013, 2012),),
    )


def test_estimate_prints_and_writes_what_was_asked(command: Command, panel_file: Path):
    ended = estimated(command, panel_file, 'year = "adopted", window = [-3, 3], relative = []')
    assert ended.returncode == 0, ended.stderr
    assert "pilot (att)" in ended.stdout
    assert "years since adoption, an effect for each" in ended.stdout
    out = panel_file.with_name("out")
    curves = pd.read_parquet(out / "curves.parquet")
    assert set(curves["variant"]) == {"callaway_santanna", "sun_abraham", "imputation"}
    audit = pd.read_parquet(out / "audit.parquet")
    assert "never_adopting" in set(audit["rule"])
    estimates = pd.read_parquet(out / "estimates.parquet")
    assert (estimates["part"] == "event_study").sum() > 10
    printed = pd.read_csv(out / "tables" / "estimates.csv")
    assert len(printed) == (~estimates["part"].isin(["event_study", "calendar"])).sum()


@pytest.mark.parametrize(
    ("adoption", "word"),
    [
        ('policy = "policy"', "amplifies = true"),
        ('year = "adoptd"', "adopted"),
        ('year = "adopted", window = [2, 3]', "window"),
        ('year = "adopted", control = "never"', "never_treated"),
        ('year = "adopted", estimators = ["twfe"]', "callaway_santanna"),
        ('year = "year"', "one year of adoption"),
        ('yaer = "adopted"', "yaer"),
    ],
)
def test_wrong_files_end_in_one_line(command: Command, panel_file: Path, adoption: str, word: str):
    ended = estimated(command, panel_file, adoption)
    assert ended.returncode == 1
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not panel_file.with_name("out").exists() or not any(
        panel_file.with_name("out").glob("*.parquet")
    )


@pytest.mark.real
@pytest.mark.long
def test_the_low_carbon_pilots(
    data_dir: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first design of the example, end to end, beside the estimator on the files' own cells."""
    text = STUDY.read_text(encoding="utf-8")
    panel, designs = text.split("# As the file codes it", 1)
    first = designs[designs.index("[[designs]]") :].split("[[designs.vary]]", 1)[0]
    study = tmp_path / "study.toml"
    notices = "low_carbon_notices.csv"
    (tmp_path / notices).write_bytes(STUDY.with_name(notices).read_bytes())
    study.write_text(panel + first.replace("window", "relative = [], window"), encoding="utf-8")
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    ended = command("run", study, "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    found = pd.read_parquet(tmp_path / "out" / "estimates.parquet").set_index(["variant", "part"])
    books = data_dir / "panel" / "yearbooks"
    pilots = pd.read_excel(books / "pilot_city_list.xlsx").set_index("city_name")["pilot_year"]
    table = pd.read_excel(
        books / "city_industry_structure_2000_2023.xlsx", sheet_name="面板数据2000-2023"
    )
    names = ["第一产业增加值（亿元人民币）", "第二产业增加值", "第三产业增加值"]
    parts = table[names].apply(pd.to_numeric, errors="coerce")
    table["uil"] = (parts * [1, 2, 3]).sum(axis=1, skipna=False) / parts.sum(axis=1, skipna=False)
    table = table.dropna(subset="uil")
    table["g"] = table["城市名称"].map(pilots).fillna(np.inf)
    own = staggered_panel(
        table["uil"].to_numpy(),
        pd.factorize(table["城市代码"])[0],
        table["年度标识"].to_numpy(),
        table["g"].to_numpy(),
    )
    simple = averages(group_time(own), "simple").overall
    row = found.loc[("callaway_santanna", "att")]
    # The program reads a few shares where value added is missing, and knows cities by their codes.
    assert row["estimate"] == pytest.approx(simple.estimate[0], abs=5e-4)
    assert row["std_error"] == pytest.approx(simple.std_error[0], rel=0.05)
    assert sorted(found.loc[("callaway_santanna", "group")]["term"].to_list()) == [
        "pilot, cohort 2010", "pilot, cohort 2013", "pilot, cohort 2017",
    ]  # fmt: skip
