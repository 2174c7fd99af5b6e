"""A finished panel from any of the four formats, with all its columns."""

from pathlib import Path

import pandas as pd
import pytest

from geo.errors import CodeError, DuplicateCityYearError, NightpanelError, TableColumnError
from panels.read_panel import read_panel

CSV = "city_id,year,gini,region\n0101,2018,0.5,east\n0101,2019,,east\n0102,2018,0.25,west\n"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "panel.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_numbers_are_numbers_and_the_rest_is_text(csv: Path) -> None:
    expected = pd.DataFrame(
        {
            "city_id": ["0101", "0101", "0102"],
            "year": [2018, 2019, 2018],
            "gini": [0.5, float("nan"), 0.25],
            "region": ["east", "east", "west"],
        }
    ).astype({"city_id": "str", "region": "str"})
    pd.testing.assert_frame_equal(read_panel(csv), expected)


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "dta"])
def test_other_formats_give_the_same(csv: Path, ending: str) -> None:
    table = read_panel(csv)
    path = csv.with_suffix(f".{ending}")
    if ending == "parquet":
        table.to_parquet(path)
    elif ending == "xlsx":
        table.to_excel(path, index=False)
    else:
        table.astype({"city_id": object, "region": object}).to_stata(path, write_index=False)
    pd.testing.assert_frame_equal(read_panel(path), table)


def test_ids_of_whole_numbers_lose_their_point(tmp_path: Path) -> None:
    path = tmp_path / "panel.dta"
    pd.DataFrame({"city_id": [1100.0, 1200.0], "year": [2018.0, 2018.0]}).to_stata(
        path, write_index=False
    )
    assert read_panel(path)["city_id"].tolist() == ["1100", "1200"]


@pytest.mark.parametrize(
    ("old", "new", "error", "named"),
    [
        ("gini,region", "gini,gini", TableColumnError, "column 'gini'"),
        ("year,gini", "year,year", TableColumnError, "column 'year'"),
        ("0101,2019", ",,0.5,\n0101,2019", CodeError, "row 3"),
        ("city_id,year", "city,year", TableColumnError, "city_id"),
        ("0101,2019", "0101,2018", DuplicateCityYearError, "0101"),
        ("0102,2018", ",2018", CodeError, "row 4"),
        ("0101,2019", "0101,soon", TableColumnError, "soon"),
    ],
)
def test_errors_name_file_and_place(
    csv: Path, old: str, new: str, error: type[NightpanelError], named: str
) -> None:
    csv.write_text(CSV.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(error) as caught:
        read_panel(csv)
    assert "panel.csv" in str(caught.value)
    assert named in str(caught.value)


def test_blank_lines_between_rows_are_no_rows(csv: Path) -> None:
    table = read_panel(csv)
    csv.write_text(CSV.replace("0101,2019", ",,,\n\n0101,2019"), encoding="utf-8")
    pd.testing.assert_frame_equal(read_panel(csv), table)


@pytest.mark.parametrize("end", ["\n", "\n\n", ",,,\n", " , ,,\n\n"])
def test_blank_last_lines_are_no_rows(csv: Path, end: str) -> None:
    table = read_panel(csv)
    csv.write_text(CSV + end, encoding="utf-8")
    pd.testing.assert_frame_equal(read_panel(csv), table)
