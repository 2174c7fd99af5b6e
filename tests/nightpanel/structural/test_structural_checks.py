"""No run passes whose quantities do not meet the model's equations."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from geo.errors import EquilibriumError
from nightpanel.structural_checks import checked


def test_the_largest_is_that_of_all_equations_and_periods() -> None:
    runs = {one.name: simulate(one.parameters, one.paths) for one in paper(periods=8)[:2]}
    found = checked(runs, where="test")
    for row in found.largest.to_dict("records"):
        own = found.every[found.every["scenario"] == row["scenario"]]
        worst = own.loc[own["residual"].abs().idxmax()]
        assert row["largest"] == abs(worst["residual"]) > 0.0
        assert row["slope"] == runs[row["scenario"]].slope.min()
        assert row["uncertain"] == 0
    assert len(found.every) == 2 * 8 * found.every["equation"].nunique()


def test_quantities_that_are_off_by_a_hair_are_refused_by_name() -> None:
    one = simulate(paper(periods=8)[0].parameters, paper(periods=8)[0].paths)
    labour = np.array(one.labour)
    labour[5, 0] *= 1.0 + 1e-8
    with pytest.raises(EquilibriumError, match=r"^file: scenario 'a', period 6, equation"):
        checked({"a": replace(one, labour=labour)}, where="file")
