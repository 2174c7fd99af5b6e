"""The panel's contract."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import CodeError, DuplicateCityYearError, TableColumnError
from panels.schema import check_panel, number_array, require_columns


@pytest.fixture
def table():
    return pd.DataFrame({"city_id": ["0101", "0101", "4508"], "year": [2018, 2019, 2018], "x": 1.0})


def test_a_panel_passes_unchanged(table):
    shuffled = table.set_axis([9, 9, 4])
    checked = check_panel(shuffled, where="panel.csv")
    pd.testing.assert_frame_equal(checked, table)
    assert shuffled.index.tolist() == [9, 9, 4]


def test_a_panel_without_rows_passes(table):
    assert check_panel(table.iloc[:0], where="panel.csv").empty


def test_codes_as_objects_pass(table):
    assert len(check_panel(table.astype({"city_id": object}), where="panel.csv")) == 3


@pytest.mark.parametrize(
    ("codes", "found"),
    [([101, 102, 103], "101"), (["0101", None, "4508"], "nan"), (["0101", "", "4508"], "''")],
)
def test_codes_must_be_text(table, codes, found):
    with pytest.raises(CodeError) as caught:
        check_panel(table.assign(city_id=codes), where="panel.csv")
    assert "panel.csv: column 'city_id'" in str(caught.value)
    assert found in str(caught.value)


def test_categories_are_no_text(table):
    with pytest.raises(CodeError, match="category"):
        check_panel(table.astype({"city_id": "category"}), where="panel.csv")


@pytest.mark.parametrize("years", [[2018.0, 2019.0, 2018.0], ["2018", "2019", "2018"]])
def test_years_must_be_whole_numbers(table, years):
    with pytest.raises(TableColumnError, match=r"panel.csv: column 'year'"):
        check_panel(table.assign(year=years), where="panel.csv")


def test_a_repeated_key_is_named(table):
    repeated = pd.concat([table, table.iloc[[1]], table.iloc[[2]]])
    with pytest.raises(DuplicateCityYearError) as caught:
        check_panel(repeated, where="panel.csv")
    assert "panel.csv" in str(caught.value)
    assert "city 0101, year 2019 in 2 rows (2 city-years" in str(caught.value)


def test_a_missing_column_is_named_with_its_neighbours(table):
    with pytest.raises(TableColumnError, match=r"panel.csv: column 'years'.*did you mean 'year'"):
        require_columns(table, ["city_id", "years"], where="panel.csv")
    with pytest.raises(TableColumnError, match="column 'city_id'"):
        check_panel(table.drop(columns="city_id"), where="panel.csv")


def test_numbers_come_as_an_array_with_gaps(table):
    nullable = table.assign(n=pd.array([1, None, 3], dtype="Int64"))
    array = number_array(nullable, ["n", "x"], where="panel.csv")
    np.testing.assert_array_equal(array, [[1.0, 1.0], [np.nan, 1.0], [3.0, 1.0]])


@pytest.mark.parametrize("values", [["1", "2", "3"], [True, False, True]])
def test_text_and_truth_values_are_no_numbers(table, values):
    with pytest.raises(TableColumnError, match="column 'y'"):
        number_array(table.assign(y=values), ["y"], where="panel.csv")
