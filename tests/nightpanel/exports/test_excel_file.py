"""xlsx: texts stay texts, numbers keep every digit, limits are named."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from geo.errors import OutputError
from nightpanel.exports import excel_file
from nightpanel.exports.excel_file import MOST_ROWS, write_excel
from nightpanel.exports.export import export
from tests.nightpanel.exports.conftest import as_export, hand_units


def test_townships_as_a_workbook(run: Path, tmp_path: Path) -> None:
    to = tmp_path / "townships.xlsx"
    done = export(run, what="townships", to=to)
    book = openpyxl.load_workbook(to)
    assert book.sheetnames == ["townships", "notes"]
    sheet = book["townships"]
    assert sheet.freeze_panes == "B2"
    header = [cell.value for cell in sheet[1]]
    assert header == ["unit_id", "city_id", "name", "light_2019", "light_2020", "light_2021"]
    units = hand_units()
    for row, expected in zip(sheet.iter_rows(min_row=2), units.itertuples(), strict=True):
        assert [cell.value or "" for cell in row[:3]] == [
            expected.unit_id,
            expected.city_id,
            expected.name,
        ]
        assert {cell.data_type for cell in row[:2]} == {"s"}
        assert {cell.number_format for cell in row[:2]} == {"@"}
        assert row[2].quotePrefix == (expected.name[:1] in tuple("=+-@\t"))
        assert row[2].data_type != "f"
        assert {cell.data_type for cell in row[3:]} == {"n"}
    assert [(row.rule, row.subject, row.count) for row in done.audit] == [
        ("marked_text", "name", 7)
    ]
    notes = [[cell.value for cell in row] for row in book["notes"].iter_rows()]
    assert notes[0] == ["column", "label", "unit", "description"]
    assert [row[0] for row in notes[1:]] == header
    assert notes[4][1] == "Mean light 2019"


def test_every_digit(tmp_path: Path) -> None:
    numbers = [0.1 + 0.2, -1e-300, np.pi, 1.7976931348623157e308, np.nan, -0.5]
    table = as_export(pd.DataFrame({"x": numbers, "n": range(6), "b": [True, False] * 3}))
    write_excel(table, tmp_path / "x.xlsx", file="x")
    back = pd.read_excel(tmp_path / "x.xlsx", sheet_name="panel")
    np.testing.assert_array_equal(back["x"], numbers)
    assert back["b"].tolist() == [True, False] * 3


def test_texts_that_look_like_something_else(tmp_path: Path) -> None:
    texts = ["=1+1", "#N/A", "007", "1e5", "TRUE", " padded ", "2020-01-01", "a\nb", None, ""]
    table = as_export(pa.table({"=t": pa.array(texts, pa.large_string())}))
    write_excel(table, tmp_path / "x.xlsx", file="x")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["panel"]
    assert [cell.value or "" for (cell,) in sheet] == ["=t", *(text or "" for text in texts)]
    assert {cell.data_type for (cell,) in sheet if cell.value} <= {"s", "inlineStr"}


@pytest.mark.parametrize("bad", [["\x01"], ["x" * 32_768], [np.inf], [pd.Timestamp("2020")]])
def test_what_a_cell_cannot_hold(tmp_path: Path, bad: list[object]) -> None:
    with pytest.raises(OutputError, match="f: x: expected numbers, and texts of at most 32767"):
        write_excel(as_export(pd.DataFrame({"x": bad})), tmp_path / "x.xlsx", file="f")


def test_more_rows_than_a_sheet_has(tmp_path: Path) -> None:
    table = as_export(pa.table({"x": pa.nulls(MOST_ROWS, pa.float64())}))
    with pytest.raises(OutputError, match=r"1,048,575 rows .* found 1,048,576 rows .* export csv"):
        write_excel(table, tmp_path / "x.xlsx", file="f")


def test_a_workbook_that_reads_back_otherwise_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = excel_file._values
    for calls, expected in ((1, "row 3 as it was"), (0, "row 13 as it was")):
        made = []

        def values(rows: pa.Table, made=made, calls=calls) -> object:
            made.append(rows)
            listed = list(honest(rows))
            if len(made) > 1:  # what is read back is compared with something else
                return iter([listed[0], listed[0], *listed[2:]] if calls else listed[:-1])
            return iter(listed)

        monkeypatch.setattr(excel_file, "_values", values)
        with pytest.raises(OutputError, match=expected):
            export(run, what="townships", to=tmp_path / "x.xlsx")
        assert not (tmp_path / "x.xlsx").exists()
