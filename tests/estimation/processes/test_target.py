"""The averages that estimators aim at: by hand, and as the limit of oracles."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.processes.draw import draw_panel
from estimation.processes.spec import ProcessSpec
from estimation.processes.target import Contrast, target_average, target_weights

PLAIN = PROCESSES["linear_strong"]


def rows(years: list[int], sd: list[float], effect: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"city_id": "1101", "year": years, "true_noise_sd": sd, "true_effect": effect}
    )


def test_weights_by_hand_without_persistence() -> None:
    city = rows([2011, 2012, 2013], [1.0, 2.0, 3.0], [0.0, 1.0, 2.0])
    assert target_weights(city, PLAIN, "levels").tolist() == [1.0, 4.0, 9.0]
    np.testing.assert_allclose(target_weights(city, PLAIN, "within"), [2 / 3, 8 / 3, 6.0])
    # the middle year is in two differences
    assert target_weights(city, PLAIN, "difference").tolist() == [1.0, 8.0, 9.0]
    assert target_average(city, PLAIN, "levels") == pytest.approx(22 / 14)
    assert target_average(city, PLAIN, "difference") == pytest.approx(26 / 18)


def test_weights_by_hand_with_persistence_and_a_gap() -> None:
    spec = replace(PLAIN, treatment_persistence=0.5)
    city = rows([2011, 2012, 2014], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0])
    # covariances .5 (2011, 2012), .25 (2012, 2014), .125 (2011, 2014)
    expected = [1 - 1.625 / 3, 1 - 1.75 / 3, 1 - 1.375 / 3]
    np.testing.assert_allclose(target_weights(city, spec, "within"), expected)
    # 2014 has no year before it
    assert target_weights(city, spec, "difference").tolist() == [0.5, 0.5, 0.0]


@pytest.mark.parametrize("contrast", ["levels", "within", "difference"])
@pytest.mark.parametrize("name", ["linear_weak", "serial_linear", "unbalanced_nonlinear"])
def test_where_effects_are_one_all_aim_at_it(name: str, contrast: Contrast) -> None:
    panel = draw_panel(PROCESSES[name], 2)
    assert target_average(panel, PROCESSES[name], contrast) == pytest.approx(-0.10, abs=1e-12)


def left(panel: pd.DataFrame, column: pd.Series, contrast: Contrast) -> pd.Series:
    """What a contrast leaves of a column."""
    if contrast == "levels":
        return column
    by_city = column.groupby(panel["city_id"])
    if contrast == "within":
        return column - by_city.transform("mean")
    consecutive = panel.groupby("city_id")["year"].diff() == 1
    return by_city.diff()[consecutive]


@pytest.mark.parametrize(
    "spec",
    [
        PROCESSES["heterogeneous_linear"],
        replace(PROCESSES["heterogeneous_nonlinear"], unbalanced=True),
        replace(PROCESSES["heterogeneous_linear"], treatment_persistence=0.6),
    ],
    ids=["plain", "unbalanced", "persistent"],
)
@pytest.mark.parametrize("contrast", ["levels", "within", "difference"])
def test_an_oracle_that_knows_both_nuisances_reaches_the_target(
    spec: ProcessSpec, contrast: Contrast
) -> None:
    errors = []
    for seed in range(30):
        panel = draw_panel(spec, seed)
        v = left(panel, panel["true_noise"], contrast)
        u = left(panel, panel["true_effect"] * panel["true_noise"], contrast)
        errors.append((u * v).sum() / (v**2).sum() - target_average(panel, spec, contrast))
    assert abs(np.mean(errors)) < 3 * np.std(errors, ddof=1) / np.sqrt(len(errors))
    assert np.std(errors) < 0.01


def test_where_effects_differ_the_targets_do() -> None:
    spec = PROCESSES["heterogeneous_linear"]
    panel = draw_panel(spec, 1)
    levels, within, difference = (
        target_average(panel, spec, contrast) for contrast in ("levels", "within", "difference")
    )
    assert within == pytest.approx(levels, abs=1e-12)  # noise independent over years
    assert levels < -0.105  # noisy cities and late years, where effects are lower, weigh more
    assert difference > levels + 0.003  # the last year weighs half
