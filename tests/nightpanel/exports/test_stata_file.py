"""dta: names and labels within Stata's limits, values to the bit."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.io.stata import StataReader

from geo.errors import OutputError
from nightpanel.exports import stata_file
from nightpanel.exports.export import export
from nightpanel.exports.stata_file import write_stata
from nightpanel.exports.stata_names import MATA, RESERVED, stata_names
from tests.nightpanel.exports.conftest import as_export, hand_units

LONG = "industrial_upgrading_relative_to_"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["gini", "y2019"], ["gini", "y2019"]),
        (["2019", "a b", "a-b"], ["_2019", "a_b", "a_b_2"]),
        (["light_viirs-annual_2019"], ["light_viirs_annual_2019"]),
        (["a_b", "a b"], ["a_b", "a_b_2"]),
        (["a b", "a_b"], ["a_b_2", "a_b"]),
        (["if", "str12", "strong", "_n", "in"], ["_if", "_str12", "strong", "__n", "_in"]),
        (["产业升级", "α²", "a×b"], ["产业升级", "α_", "a_b"]),
        ([LONG + "one", LONG + "two"], [LONG[:32], LONG[:30] + "_2"]),
        ([""], ["_"]),
    ],
)  # fmt: skip
def test_names(names: list[str], expected: list[str]) -> None:
    assert list(stata_names(names).values()) == expected


NAMES = st.text(alphabet="aB_1 -é甲²×", max_size=40) | st.sampled_from(sorted(RESERVED | MATA))


@given(st.lists(NAMES, unique=True, max_size=12))
def test_names_are_stata_s(names: list[str]) -> None:
    found = stata_names(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    for old, new in found.items():
        assert 1 <= len(new) <= 32
        assert re.fullmatch(r"[^\W\d]\w*", new)
        assert new not in RESERVED | MATA
        assert not re.fullmatch(r"str\d+", new)
        if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]{0,31}", old) and old not in RESERVED | MATA:
            assert new == old or re.fullmatch(r"str\d+", old)


def test_a_table_with_labels(tmp_path: Path) -> None:
    table = pa.table(
        {
            "city_id": pa.array(["0101", None], pa.large_string()),
            "area_km2": [1.5, None],
            "a name that Stata does not take at all": [0.1 + 0.2, -np.inf][:1] * 2,
            "interpolated": [True, False],
            "population": [3_000_000_000, 1],
            "year": [2019, 2020],
            "gap": pa.array([1, None], pa.int64()),
        }
    )
    audit = write_stata(as_export(table), tmp_path / "x.dta", file="x.dta")
    back = pd.read_stata(tmp_path / "x.dta", convert_categoricals=False)
    assert list(back) == [
        "city_id", "area_km2", "a_name_that_Stata_does_not_take_",
        "interpolated", "population", "year", "gap",
    ]  # fmt: skip
    assert back["city_id"].tolist() == ["0101", ""]
    assert back.iloc[0].tolist() == ["0101", 1.5, 0.1 + 0.2, 1, 3e9, 2019, 1]
    assert back.iloc[1].isna().tolist() == [False, True, False, False, False, False, True]
    assert pd.read_stata(tmp_path / "x.dta")["interpolated"].tolist() == ["yes", "no"]
    with StataReader(tmp_path / "x.dta") as reader:
        labels = reader.variable_labels()
        assert reader.data_label == "nightpanel: panel"
    assert labels["area_km2"] == "Area [km2]"
    assert labels["a_name_that_Stata_does_not_take_"] == (
        "a name that Stata does not take at all: a name that Stata does not take at all"
    )
    assert [(row.rule, row.subject, row.new, row.count) for row in audit] == [
        ("stata_name", table.column_names[2], "a_name_that_Stata_does_not_take_", 1),
        ("missing_text", "city_id", "", 1),
    ]


def test_long_texts_and_labels(tmp_path: Path) -> None:
    text = "光" * 1500  # 4500 bytes
    table = as_export(pd.DataFrame({"t": [text, "x"], "x" * 90: [1.0, 2.0]}))
    write_stata(table, tmp_path / "x.dta", file="x")
    assert pd.read_stata(tmp_path / "x.dta")["t"].tolist() == [text, "x"]
    with StataReader(tmp_path / "x.dta") as reader:
        assert max(map(len, reader.variable_labels().values())) == 80


@pytest.mark.parametrize("bad", [[np.inf], [-np.inf], [9e307], [1 << 60]])
def test_numbers_beyond_stata_s(tmp_path: Path, bad: list[float]) -> None:
    with pytest.raises(OutputError, match="f: x: expected"):
        write_stata(as_export(pd.DataFrame({"x": bad})), tmp_path / "x.dta", file="f")


def test_other_types_are_refused(tmp_path: Path) -> None:
    table = as_export(pa.table({"when": pa.array([0], pa.timestamp("s"))}))
    with pytest.raises(OutputError, match="f: when: expected texts, numbers or yes and no"):
        write_stata(table, tmp_path / "x.dta", file="f")


def test_exports_are_those_tables(run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export(run, what="townships", to=tmp_path / f"{name}.dta")
    assert (tmp_path / "a.dta").read_bytes() == (tmp_path / "b.dta").read_bytes()
    back = pd.read_stata(tmp_path / "a.dta")
    assert back["name"].tolist() == hand_units()["name"].tolist()
    assert back["unit_id"].tolist() == hand_units()["unit_id"].tolist()
    export(run, what="unit_years", to=tmp_path / "long.dta")
    long = pd.read_stata(tmp_path / "long.dta", preserve_dtypes=True)
    whole = pd.read_parquet(run / "units.parquet")
    np.testing.assert_array_equal(long["mean"], whole["mean"])
    assert long["year"].dtype == np.int32


def test_a_file_that_reads_back_otherwise_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = pd.read_stata
    damages = {
        "rows of": lambda table: table.head(3),
        "variable 'light_2021'": lambda table: table.assign(light_2021=table["light_2020"]),
        "variable 'light_2019'": lambda table: table.assign(light_2019=1.0),
    }
    for expected, damage in damages.items():
        monkeypatch.setattr(
            stata_file.pd, "read_stata", lambda *a, d=damage, **k: d(honest(*a, **k))
        )
        with pytest.raises(OutputError, match=expected):
            export(run, what="townships", to=tmp_path / "x.dta")
        assert not (tmp_path / "x.dta").exists()
