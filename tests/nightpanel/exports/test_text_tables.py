"""csv and what spreadsheets make of texts."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutputError
from nightpanel.exports import csv_file
from nightpanel.exports.csv_file import BOM, write_csv
from nightpanel.exports.export import export
from nightpanel.exports.formulas import STARTS, neutralised
from tests.nightpanel.exports.conftest import NAMES, as_export, hand_units

RISKY = [name for name in NAMES if name[:1] and name[0] in "=+-@\t\r"]


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_texts_like_formulas_have_an_apostrophe_and_a_row_in_the_audit(
    run: Path, tmp_path: Path
) -> None:
    to = tmp_path / "townships.csv"
    done = export(run, what="townships", to=to)
    header, *rows = _cells(to)
    place = header.index("name")
    for (*_, old), new in zip(hand_units()[["name"]].itertuples(), rows, strict=True):
        assert new[place] == ("'" + old if old in RISKY else old)
    assert not any(cell[:1] and cell[0] in "=+-@\t\r" for row in rows for cell in row)
    assert [(row.rule, row.subject, row.row, row.old, row.new) for row in done.audit] == [
        ("neutralised_text", "name", number + 2, name, "'" + name)
        for number, name in enumerate(hand_units()["name"])
        if name in RISKY
    ]
    assert {row.file for row in done.audit} == {str(to)}


def test_numbers_are_left_alone(tmp_path: Path) -> None:
    numbers = [-1.5, 1e-300, 0.1 + 0.2, np.nan, -0.0, 1e22]
    table = as_export(pd.DataFrame({"x": numbers, "n": [-1, 2, 3, 4, 5, 6]}))
    assert write_csv(table, tmp_path / "x.csv", bom=False, file="x") == ()
    back = pd.read_csv(tmp_path / "x.csv")
    np.testing.assert_array_equal(back["x"], numbers)
    assert back["n"].tolist() == [-1, 2, 3, 4, 5, 6]
    assert (tmp_path / "x.csv").read_text("utf-8").splitlines()[1] == "-1.5,-1"


def test_names_of_columns_are_neutralised_too() -> None:
    table, audit = neutralised(pa.table({"=x": [1], "y": [-2]}), file="f")
    assert table.column_names == ["'=x", "y"]
    assert [(row.row, row.old) for row in audit] == [(1, "=x")]


@given(st.lists(st.one_of(st.none(), st.text(alphabet=STARTS + "a'é甲\n", max_size=4))))
def test_no_text_begins_like_a_formula(texts: list[str | None]) -> None:
    table, audit = neutralised(pa.table({"t": pa.array(texts, pa.large_string())}), file="f")
    for old, new in zip(texts, table["t"].to_pylist(), strict=True):
        assert new == (old if not old or old[0] not in STARTS else f"'{old}")
    changed = [(row.row, row.old) for row in audit]
    assert changed == [(k + 2, t) for k, t in enumerate(texts) if t and t[0] in STARTS]


def test_a_byte_order_mark_when_asked_for(run: Path, tmp_path: Path) -> None:
    with_mark, without = tmp_path / "a.csv", tmp_path / "b.csv"
    export(run, what="townships", to=with_mark, bom=True)
    export(run, what="townships", to=without)
    assert with_mark.read_bytes() == BOM + without.read_bytes()
    assert not without.read_bytes().startswith(BOM)
    with pytest.raises(OutputError, match="leave --bom out"):
        export(run, what="townships", to=tmp_path / "c.dta", bom=True)


def test_missing_and_empty_texts_differ(tmp_path: Path) -> None:
    table = pa.table(
        {"t": pa.array(["", None, "x,\ny", 'q"'], pa.large_string()), "k": [1, 2, 3, 4]}
    )
    write_csv(as_export(table), tmp_path / "x.csv", bom=True, file="x")
    assert (tmp_path / "x.csv").read_bytes() == BOM + b'"t","k"\n"",1\n,2\n"x,\ny",3\n"q""",4\n'


def test_a_csv_that_reads_back_otherwise_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = csv_file._read
    damages = {
        "columns": lambda table: table.drop(["name"]),
        "rows": lambda table: table.slice(1),
        "column 'light_2020'": lambda table: table.set_column(
            table.schema.get_field_index("light_2020"), "light_2020", table["light_2021"]
        ),
    }
    for expected, damage in damages.items():
        monkeypatch.setattr(csv_file, "_read", lambda *words, damage=damage: damage(honest(*words)))
        with pytest.raises(OutputError, match=expected):
            export(run, what="townships", to=tmp_path / "x" / "x.csv")
        assert list((tmp_path / "x").iterdir()) == []
