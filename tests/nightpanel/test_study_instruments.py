"""Instruments in a designs file: keys, tables beside the panel, rows, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from estimation.instruments.keys import Instruments, LeaveOneOut, Shares, ShiftShare, Shocks
from geo.errors import NightpanelError, StudyFileError
from nightpanel.check_study import check
from nightpanel.run_estimates import estimate_file
from nightpanel.study_file import load_designs
from tests.estimation.instruments.made_up import panel_tables

HEAD = """
[[designs]]
name = "iv"
outcome = "y"
treatment = "d"
controls = ["x"]
variants = ["two_way_fixed_effects"]
"""
SHIFT_SHARE = """
[designs.shift_share]
identified_by = "shocks"
control_sums = true
balance = ["size"]
shares = { file = "tables/shares.csv" }
shocks = { file = "tables/shocks.csv", year = "year" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "designs.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('instrument = "w"', "w"),
        ('instrument = ["w", "v"]', Instruments(("w", "v"))),
        ("instrument = { lag = 2 }", Instruments(lag=2)),
        ('instrument = { columns = ["w"], lag = 1 }', Instruments(("w",), 1)),
    ],
)
def test_every_way_to_name_instruments(tmp_path: Path, line: str, expected: object) -> None:
    (design,) = load_designs(written(tmp_path, HEAD + line)).designs
    assert design.instrument == expected


def test_tables_are_named_by_their_files_and_variations_may_have_none(tmp_path: Path) -> None:
    text = HEAD + 'vary = [{ name = "lag", unset = ["shift_share"], instrument = { lag = 1 } }]'
    design, varied = load_designs(written(tmp_path, text + SHIFT_SHARE)).designs
    folder = tmp_path / "tables"
    assert design.shift_share == ShiftShare(
        Shares(str(folder / "shares.csv")),
        "shocks",
        Shocks(str(folder / "shocks.csv"), year="year"),
        control_sums=True,
        balance=("size",),
    )
    assert varied.shift_share is None
    assert varied.instrument == Instruments(lag=1)
    own = SHIFT_SHARE.replace("shocks = {", 'leave_one_out = { kind = "value",').replace(
        "year =", "year ="
    )
    (design,) = load_designs(written(tmp_path, HEAD + own)).designs
    assert design.shift_share is not None
    assert design.shift_share.leave_one_out == LeaveOneOut(str(folder / "shocks.csv"), kind="value")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("instrument = { }", "instrument.several: expected columns, or a lag of one year or more"),
        ("instrument = 3", "instrument.column: expected a valid string, found 3"),
        ("instrument = { lags = 1 }", "instrument.several.lags"),
        (SHIFT_SHARE.replace('"shocks"', '"luck"', 1), "identified_by.*'shares' or 'shocks'"),
        (SHIFT_SHARE.replace("control_sums", "control_sum"), "control_sum.*control_sums"),
        (SHIFT_SHARE.replace("file", "path", 1), "shift_share.shares"),
    ],
)
def test_wrong_keys_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StudyFileError, match=message):
        load_designs(written(tmp_path, HEAD + text))


def study(folder: Path, text: str) -> Path:
    panel, tables = panel_tables()
    panel.to_csv(folder / "panel.csv", index=False)
    (folder / "tables").mkdir()
    for name, table in tables.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    return written(folder, text)


def estimate_by_command(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("nightpanel")
    words = ["estimate", "--panel", "panel.csv", "--designs", "designs.toml", "--out", "out"]
    return subprocess.run(
        [program, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_command_writes_rows_checks_and_tables(tmp_path: Path) -> None:
    tables = """
[[tables]]
title = "Table 1"
columns = ["iv"]
[[tables]]
title = "Table 2"
kind = "checks"
columns = ["iv"]
[[tables]]
title = "Table 3"
kind = "descriptive"
columns = ["iv"]
"""
    study(tmp_path, HEAD + SHIFT_SHARE + tables)
    done = estimate_by_command(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "d (akm0)" in done.stdout
    rows = pd.read_parquet(tmp_path / "out" / "estimates.parquet")
    assert rows["part"].tolist() == [
        "effect", "reduced_form", "first_stage", "akm", "akm0", "shock_level",
    ]  # fmt: skip
    files = {path.stem: path.read_text("utf-8") for path in (tmp_path / "out/tables").glob("*.txt")}
    assert "d (shock_level)" in files["table_1"]
    assert "Rotemberg weight (own effect" in files["table_2"]
    assert "sum of shares x 2012" in files["table_3"]
    assert "identified by shocks" in files["notes"]
    inputs = (tmp_path / "out" / "manifest.json").read_text("utf-8")
    assert "tables/shares.csv" in inputs


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("shares", lambda table: table.assign(share=table["share"] * 3), "shares that sum to one"),
        ("shares", lambda table: table.drop(columns="share"), "column 'share'"),
        ("shocks", lambda table: table[table["year"] != 2013], "year 2013: expected a shock"),
        ("shocks", None, "shocks.csv"),
    ],
)
def test_wrong_tables_are_named_and_nothing_is_written(
    tmp_path: Path, name: str, change: object, message: str
) -> None:
    study(tmp_path, HEAD + SHIFT_SHARE)
    path = tmp_path / "tables" / f"{name}.csv"
    if callable(change):
        change(pd.read_csv(path)).to_csv(path, index=False)
    else:
        path.unlink()
    with pytest.raises(NightpanelError, match=message):
        estimate_file(
            panel=tmp_path / "panel.csv", designs=tmp_path / "designs.toml", out=tmp_path / "out"
        )
    assert not (tmp_path / "out" / "estimates.parquet").exists()


def test_a_wrong_table_ends_the_command_with_one_line(tmp_path: Path) -> None:
    study(tmp_path, HEAD + SHIFT_SHARE)
    (tmp_path / "tables" / "shocks.csv").write_text("sector,year,shock\ns0,2011,1.0\n")
    done = estimate_by_command(tmp_path)
    assert done.returncode == 1
    assert "expected a shock for every sector with shares" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_codes_keep_their_zeros(tmp_path: Path) -> None:
    from panels.read_table import read_table

    path = tmp_path / "table.csv"
    path.write_text("city_id,sector,share\n0101,01,0.5\n0101,02,\n", encoding="utf-8")
    table = read_table(path, text={"city_id", "sector"})
    assert table["city_id"].tolist() == ["0101", "0101"]
    assert table["sector"].tolist() == ["01", "02"]
    assert table["share"].isna().tolist() == [False, True]
    with pytest.raises(NightpanelError):
        read_table(tmp_path / "none.csv")


def test_check_reads_tables_and_makes_the_exposure(tmp_path: Path) -> None:
    study(tmp_path, "")
    yearbook = """
[study]
name = "made up"
[[panel.tables]]
file = "panel.csv"
city = "city_id"
year = "year"
columns = { y = "y", d = "d", x = "x", size = "size" }
"""
    path = written(tmp_path, yearbook + HEAD + "min_units = 0\n" + SHIFT_SHARE)
    assert check(path).problems == ()
    shares = tmp_path / "tables" / "shares.csv"
    table = pd.read_csv(shares)
    table.assign(share=2 * table["share"]).to_csv(shares, index=False)
    (problem,) = check(path).problems
    assert "shares that sum to one or less" in str(problem)
    table.rename(columns={"share": "part"}).to_csv(shares, index=False)
    (problem,) = check(path).problems
    assert "column 'share': expected a column of the table" in str(problem)
    shares.unlink()
    (problem,) = check(path).problems
    assert "shares.csv" in str(problem)
