"""Audit rows that mean a cell, a row or a city say which file and row, and what stood there."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from geo.audit import AuditRow, audit_rows
from nightpanel.study_panel import PanelSection
from nightpanel.yearbooks import Yearbooks, read_yearbooks
from tests.nightpanel.conftest import Command

# What a whole column, table or panel undergoes alike: one row, and how many values in its count.
OF_A_WHOLE = {
    "blank_rows", "city_not_complete", "codes_from_numbers", "column_matched", "deflated",
    "guessed_encoding", "guessed_separator", "joined", "missing_values", "numbers_from_text",
    "outside_years", "panel_rows", "percent_signs", "reconciled", "thousands_separators",
    "tables_without_table", "light_without_table", "table_without_light", "uil_from_value_added",
    "uil_from_shares", "uil_missing", "unit_converted", "unit_read", "unlisted_city_codes",
    "vintage_unmet", "year_without_rows", "crosswalk_would_match",
}  # fmt: skip
SAYING_NOTHING_NEW = {"rows_without_values", "reconcile_unfilled", "reconcile_filled"}
"""Flags, and values that stood nowhere before: the one has no old value, the others no new one."""

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def without_place(rows: Iterable[AuditRow]) -> list[AuditRow]:
    """Rows of rules that name a row, but do not."""
    return [
        row
        for row in rows
        if row.rule not in OF_A_WHOLE
        and not row.rule.startswith("matched_")
        and not row.rule.endswith("_made")
        and not (row.file and row.row is not None)
    ]


def table(folder: Path, name: str, text: str) -> dict[str, object]:
    (folder / name).write_text(text.strip() + "\n", encoding="utf-8")
    return {"file": str(folder / name), "year": "year", "name": name.removesuffix(".csv")}


@pytest.fixture
def books(tmp_path: Path) -> Yearbooks:
    """Three tables with something of every kind done to them."""
    codes = table(tmp_path, "codes.csv", """
code,year,gdp
110000,2018,5
110100,2018,5
320000,2018,9
329900,2018,1
320500,2018,3
652100,2018,4
注：,,
""") | {"city": "code", "columns": {"gdp": "gdp"}, "crosswalk": "china-codes"}  # fmt: skip
    names = table(tmp_path, "names.csv", """
province,city,code,year,gdp,people
江苏省,苏州市①,320500,2019,3.5*,1
辽宁省,长春市,,2018,4,1
,某地,,2018,4,1
安徽省,巢湖市,,2018,5,2
江苏省,无锡市,320500,2017,6,
,苏州市,999900,2016,6,2
,贵港市,450800,2016,,
""") | {
        "city": "code", "city_name": "city", "province": "province",
        "columns": {"gdp": "gdp", "people": "people"},
    }  # fmt: skip
    moved = table(tmp_path, "moved.csv", """
code,year,light,heads,density
370100,2017,6,7,1
371200,2017,1,2,4
370100,2018,6,,1
371200,2018,1,2,4
370100,2016,6,7,1
371200,2020,8,9,2
370100,2020,8,9,2
220300,2018,3,3,3
220100,2018,3,3,3
652100,2018,2,2,2
650400,2018,,,
341400,2019,,,
320500,2016,3,3,1
320500,2018,3,3,1
""") | {
        "city": "code",
        "columns": {"light": "light", "heads": "heads", "density": "density"},
        "vintage": {
            "crosswalk": "china-2023", "counts": ["light", "heads"],
            "rates": {"density": "heads"}, "late_parts": "included",
        },
    }  # fmt: skip
    table(tmp_path, "index.csv", "code,year,deflator\n320599,2018,100\n652100,2018,101\n")
    index = {
        "file": str(tmp_path / "index.csv"), "city": "code", "year": "year", "city_digits": 4,
        "crosswalk": "china-codes",
    }  # fmt: skip
    section = {
        "tables": [codes, names, moved],
        "reconcile": [
            {"columns": ["gdp"], "tables": ["codes", "names"], "prefer": "codes", "tolerance": 1.0,
             "fill": True},
        ],
        "real": {"light_real": {"nominal": "light", "index": "deflator", "kind": "level",
                                "base": 2018, "table": index}},
    }  # fmt: skip
    # The two sources share Suzhou's 2018.
    text = (tmp_path / "names.csv").read_text(encoding="utf-8")
    (tmp_path / "names.csv").write_text(f"{text}江苏,苏州,,2018,3,1\n", encoding="utf-8")
    return read_yearbooks(PanelSection.model_validate(section))


WANTED = {
    "merged_equal_rows": ("codes.csv", 3, "110100", "110000"),
    "rows_of_no_city": ("codes.csv", 4, "320000 | 2018 | 9", ""),
    "unknown_city_code": ("codes.csv", 5, "329900", ""),
    "crosswalk_applied": ("codes.csv", 3, "1101", "1100"),
    "notes_rows": ("codes.csv", 8, "注：", ""),
    "footnote_mark": ("names.csv", 2, "苏州市①", "苏州市"),
    "proposed_match": ("names.csv", 3, "辽宁省 长春市", ""),
    "unmatched": ("names.csv", 4, "某地", ""),
    "city_ended": ("names.csv", 5, "3414", "3414"),
    "name_disagrees": ("names.csv", 6, "江苏省 320500 无锡市", "3205"),
    "code_unknown": ("names.csv", 7, "999900 苏州市", "3205"),
    "rows_without_values": ("names.csv", 8, "", ""),
    "reconcile_filled": ("names.csv", 7, "", "6"),
    "vintage_moved": ("moved.csv", 2, "3701", "3701"),
    "vintage_code": ("moved.csv", 11, "6521", "6504"),
    "vintage_blank_rows": ("moved.csv", 13, "3414", ""),
    "vintage_late": ("moved.csv", 7, "light 8, heads 9, density 2", ""),
    "vintage_part_absent": ("moved.csv", 6, "light 6, heads 7, density 1", ""),
    "vintage_part_missing": ("moved.csv", 5, "heads 2", ""),
    "older_area": ("moved.csv", 9, "2203", "2201"),
    "not_deflated": ("moved.csv", 14, "3", ""),
}


@pytest.mark.parametrize("rule", WANTED)
def test_each_rule_names_file_row_old_and_new(books: Yearbooks, rule: str) -> None:
    found = [(Path(row.file).name, row.row, row.old, row.new)
             for row in books.audit if row.rule == rule]  # fmt: skip
    assert WANTED[rule] in found


def test_no_row_of_a_cell_or_a_city_is_without_its_place(books: Yearbooks) -> None:
    assert len(books.audit) > len(WANTED)
    # Jinan's light is the sum of two rows: it stands in none.
    left = {(row.rule, row.subject) for row in without_place(books.audit)}
    assert left == {
        ("not_deflated", f"panel.real.light_real: city 3701, year {year}") for year in (2017, 2018)
    }
    assert [row for row in books.audit if row.rule in WANTED and not (row.old or row.new)
            and row.rule not in SAYING_NOTHING_NEW] == []  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("study", ["regional_coordination_panel", "china_counties"])
def test_no_row_of_an_example_is_without_its_place(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, study: str
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    ended = command("panel", EXAMPLES / f"{study}.toml", "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    rows = audit_rows(pd.read_parquet(tmp_path / "out" / "audit.parquet"))
    assert {"rows_without_values", "notes_rows", "crosswalk_applied"} & {row.rule for row in rows}
    assert without_place(rows) == []
