"""Blocks of years, their digests and the wide columns made of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xxhash import xxh3_128

from nightpanel.arrow_tables import array_digest, arrow_table, write_parquet
from nightpanel.year_blocks import digests, year_blocks, year_columns

TEXTS = ["unit_id", "product"]


def _table() -> pd.DataFrame:
    """Units b and a in 2001 and 2000 of product y, and b in 2000 of product x, as they come."""
    return pd.DataFrame(
        {
            "unit_id": ["b", "a", "b", "b", "a"],
            "year": [2001, 2001, 2000, 2000, 2000],
            "product": ["y", "y", "x", "y", "y"],
            "mean": [1.0, np.nan, 3.0, 4.0, 5.0],
        }
    ).astype(dict.fromkeys(TEXTS, "str"))


def test_blocks_are_ordered_and_keep_the_order_of_rows() -> None:
    blocks = year_blocks(_table())
    assert [(block.year, block.product) for block in blocks] == [
        (2000, "x"), (2000, "y"), (2001, "y"),
    ]  # fmt: skip
    assert [block.rows["unit_id"].to_pylist() for block in blocks] == [
        ["b"],
        ["b", "a"],
        ["b", "a"],
    ]
    assert [block.rows["mean"].to_pylist() for block in blocks] == [[3.0], [4.0, 5.0], [1.0, None]]


def test_rows_of_a_block_need_not_lie_together() -> None:
    table = _table().sort_values(["unit_id", "year", "product"], ignore_index=True)
    again = [block.rows.sort_by("unit_id") for block in year_blocks(table)]
    assert again == [block.rows.sort_by("unit_id") for block in year_blocks(_table())]


def test_digests_tell_contents_and_nothing_else() -> None:
    table = _table()
    found = digests(year_blocks(table))
    assert len(set(found)) == 3
    assert digests(year_blocks(table.astype(dict.fromkeys(TEXTS, "category")))) == found
    assert digests(year_blocks(table.iloc[[2, 3, 4]])) == found[:2]
    assert digests(year_blocks(pd.concat([table.iloc[:1], table.iloc[1:]]))) == found
    table.loc[4, "mean"] = np.nextafter(5.0, 6.0)
    changed = digests(year_blocks(table))
    assert [a == b for a, b in zip(changed, found, strict=True)] == [True, False, True]
    renamed = digests(year_blocks(_table().rename(columns={"mean": "sum"})))
    assert not set(renamed) & set(found)


def test_a_column_that_is_nearly_as_the_year_before() -> None:
    table = pd.DataFrame({"year": [2000, 2001, 2002], "product": "x", "mean": [0.0, -0.0, 0.0]})
    alone = [digests(year_blocks(table.iloc[[row]]))[0] for row in range(3)]
    assert digests(year_blocks(table)) == alone
    table["mean"] = [1.0, 1.0, np.nan]
    alone = [digests(year_blocks(table.iloc[[row]]))[0] for row in range(3)]
    assert digests(year_blocks(table)) == alone


def test_digest_of_a_known_array() -> None:
    numbers = xxh3_128(b"int64 2 0" + np.array([1, 2]).tobytes()).hexdigest()
    assert array_digest(pa.array([0, 1, 2, 3])[1:3]) == numbers
    lengths = np.array([2, 1]).tobytes()
    texts = xxh3_128(b"large_string 2 0" + lengths + b"abc").hexdigest()
    assert array_digest(pa.array(["x", "ab", "c"], pa.large_string())[1:]) == texts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab", "c"], ["a", "bc"]), (["", "a"], [None, "a"]), ([None, "a"], ["a", None]),
        ([0.0, 1.0], [None, 1.0]), ([0, 1], [0.0, 1.0]), ([1.0], [1.0, 1.0]), ([0.0], [-0.0]),
            ([0.0, None], [None, 0.0]), (["", None], [None, ""]),
    ],
)  # fmt: skip
def test_digests_of_arrays_that_are_nearly_equal(one: list[object], other: list[object]) -> None:
    frames = [pd.DataFrame({"a": pd.Series(values)}) for values in (one, other)]
    first, second = (arrow_table(frame)["a"].chunk(0) for frame in frames)
    assert array_digest(first) != array_digest(second)
    assert array_digest(pa.concat_arrays([first, first])[len(first) :]) == array_digest(first)


def test_columns_of_years_and_products() -> None:
    keys = pa.array(["a", "b", "c"], pa.large_string())
    blocks = year_blocks(_table())
    columns = year_columns(blocks, key="unit_id", keys=keys, values={"light": "mean"})
    assert {name: column.to_pylist() for name, column in columns.items()} == {
        "light_x_2000": [None, 3.0, None],
        "light_y_2000": [5.0, 4.0, None],
        "light_y_2001": [None, 1.0, None],
    }
    swapped = year_columns(blocks[2:], key="unit_id", keys=keys[:2], values={"light": "mean"})
    assert swapped["light_2001"].to_pylist() == [None, 1.0]
    of_one = year_columns(
        blocks[1:], key="unit_id", keys=keys, values={"light": "mean", "year": "year"}
    )
    assert list(of_one) == ["light_2000", "light_2001", "year_2000", "year_2001"]


def test_parquet_files_hold_the_table_and_a_row_group_a_block(tmp_path: Path) -> None:
    table = _table().iloc[[3, 4, 0, 1]].reset_index(drop=True).assign(flags="")
    table["flags"] = table["flags"].astype("str")
    path = tmp_path / "t.parquet"
    write_parquet(arrow_table(table), path, row_group=2)
    pd.testing.assert_frame_equal(pd.read_parquet(path), table, check_exact=True)
    of_2001 = pd.read_parquet(path, filters=[("year", "==", 2001)])
    assert of_2001["unit_id"].tolist() == ["b", "a"]
    metadata = pq.ParquetFile(path).metadata
    year = metadata.schema.names.index("year")
    assert [
        metadata.row_group(group).column(year).statistics.min
        for group in range(metadata.num_row_groups)
    ] == [2000, 2001]
