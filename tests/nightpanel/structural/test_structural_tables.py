"""Tables of simulated scenarios, held to figures done by hand."""

import numpy as np
import pandas as pd
import pytest

from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from nightpanel.structural_tables import (
    TABLE_3,
    changes,
    margins,
    markdown,
    path_table,
    tidy,
)


def test_changes_are_last_minus_first() -> None:
    values = {name: [0.25, 0.5, 1.0] for name in TABLE_3}
    table = pd.DataFrame(values, index=pd.RangeIndex(1, 4, name="period"))
    found = changes({"a": table, "b": table.iloc[:1]})
    assert found["row"].tolist() == [
        "period 1", "period 3", "change", "period 1", "period 1", "change",
    ]  # fmt: skip
    assert found["eta"].tolist() == [0.25, 1.0, 0.75, 0.25, 0.25, 0.0]


def test_a_tidy_table_goes_back_to_what_it_was() -> None:
    one = paper(periods=4)[0]
    wide = path_table(simulate(one.parameters, one.paths), first_year=2000)
    back = tidy({"a": wide}).pivot(index="period", columns="variable", values="value")
    assert set(back.columns) == set(wide.columns) - {"year"}
    pd.testing.assert_frame_equal(back, wide[back.columns], check_names=False)
    for kind in ("labour", "output", "capital"):
        shares = wide[[f"{kind}_{sector}" for sector in "mxs"]].sum(axis="columns")
        np.testing.assert_allclose(shares, 1.0, atol=1e-14)
    np.testing.assert_allclose(wide["split_M"] + wide["split_S"], wide["output_x"])
    np.testing.assert_allclose(wide["theta_M"] * wide["split_M"], wide["output_m"])
    np.testing.assert_allclose(wide["integration_S"] * wide["theta_S"], 1.0)


def test_no_scenario_makes_empty_tables_with_their_columns() -> None:
    assert list(tidy({}).columns) == ["scenario", "period", "year", "variable", "value"]
    assert list(changes({}).columns) == ["scenario", "row", *TABLE_3]
    assert len(margins({})) == 0


def test_markdown_keeps_residuals_visible() -> None:
    table = pd.DataFrame({"a": ["x|y"], "b": [0.12349], "c": [3.2e-15], "d": [np.nan], "e": [0.0]})
    assert markdown(table) == (
        "| a | b | c | d | e |\n| --- | --- | --- | --- | --- |\n"
        "| x\\|y | 0.123 | 3.2e-15 |  | 0.000 |\n"
    )


@pytest.mark.parametrize("periods", [1, 2])
def test_margins_need_two_periods(periods: int) -> None:
    one = paper(periods=periods)[0]
    assert len(margins({"a": simulate(one.parameters, one.paths)})) == 2 * (periods - 1)
