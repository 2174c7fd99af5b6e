"""Scenario files: what they may say, and every problem by its key."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estimation.structural.parameters import Parameters
from estimation.structural.paths import gamma_ramp
from estimation.structural.scenarios import Scenario, paper
from estimation.structural.simulate import simulate
from geo.errors import NightpanelError, StructuralError, StudyFileError
from nightpanel.scenario_file import load_scenarios
from nightpanel.scenario_runs import calibrations_of, scenarios_of
from nightpanel.scenario_sections import ModelSection
from nightpanel.structural_tables import calibration_table

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "structural_scenarios.toml"
ONE = '[[scenarios]]\nname = "a"\n'
CALIBRATED = "calibrate_B = { labour = [0.623, 0.092, 0.285], level = 0.9 }\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    return path


def made(folder: Path, text: str, *, periods: int = 60) -> tuple[Scenario, ...]:
    path = write(folder, text)
    return scenarios_of(load_scenarios(path), where=str(path), periods=periods, gaps=None)


def assert_same(one: Scenario, other: Scenario) -> None:
    assert (one.name, one.parameters, one.state) == (other.name, other.parameters, other.state)
    for name in ("xi_m", "xi_s", "ramp", "s", "s_H"):
        np.testing.assert_array_equal(getattr(one.paths, name), getattr(other.paths, name), name)


def test_the_example_holds_every_sensitivity_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", "/data")
    model = load_scenarios(EXAMPLE)
    assert model.data is not None
    assert model.data.file == Path("/data/sectors/ETD_230918.xlsx")
    gaps = np.linspace(1.2, 0.8, 29), np.linspace(1.6, 1.9, 29)
    found = scenarios_of(model, where="example", periods=60, gaps=lambda _: gaps)
    wanted = paper(gaps)
    assert [one.name for one in found] == [one.name for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert_same(one, other)


def test_a_scenario_that_says_nothing_is_the_benchmark_without_gaps(tmp_path: Path) -> None:
    (one,) = made(tmp_path, '[[scenarios]]\nname = "benchmark"\n')
    assert_same(one, paper()[0])


def test_every_parameter_of_the_model_is_a_key() -> None:
    assert set(Parameters.__dataclass_fields__) <= set(ModelSection.model_fields)


def test_a_scenario_stands_on_the_baseline_and_may_say_otherwise(tmp_path: Path) -> None:
    text = """
        [baseline]
        sigma_M = 0.9
        omega = [0.5, 0.6, 0.7]
        xi_m = [1.5, 1.25]
        xi_scale = [2.0, 3.0]
        ramp = { start = 1, length = 2 }
        K_1 = 2.0
        [[scenarios]]
        name = "as it is"
        [[scenarios]]
        name = "other"
        sigma_M = 0.4
        gamma = 0.5
        s = [0.3, 0.35]
        infrastructure_inside = false
        M_1 = 1.5
    """
    first, second = made(tmp_path, text, periods=4)
    assert first.parameters.sigma_M == 0.9
    assert second.parameters.sigma_M == 0.4
    assert first.parameters.omega == second.parameters.omega == (0.5, 0.6, 0.7)
    assert second.parameters.gamma == (0.5, 0.5, 0.5)
    assert (first.parameters.infrastructure_inside, second.parameters.infrastructure_inside) == (
        True, False,
    )  # fmt: skip
    np.testing.assert_array_equal(first.paths.xi_m, [3.0, 2.5, 2.5, 2.5])
    np.testing.assert_array_equal(first.paths.xi_s, [3.0, 3.0, 3.0, 3.0])
    np.testing.assert_array_equal(first.paths.ramp, [0.0, 0.5, 1.0, 1.0])
    np.testing.assert_array_equal(second.paths.s, [0.3, 0.35, 0.35, 0.35])
    assert first.state.ln_K == second.state.ln_K == pytest.approx(np.log(2.0))
    assert (first.state.ln_M, second.state.ln_M) == (0.0, pytest.approx(np.log(1.5)))


def test_gaps_of_data_are_measured_with_the_scenarios_own_capital_shares(tmp_path: Path) -> None:
    text = f"{ONE}beta = [0.5, 0.6, 0.7]\n" + '[[scenarios]]\nname = "b"\nxi_m = 2.0\n'
    model = load_scenarios(write(tmp_path, text))

    def gaps(beta: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([beta[0] + 1.0]), np.array([beta[2] + 1.0])

    one, other = scenarios_of(model, where="file", periods=2, gaps=gaps)
    np.testing.assert_allclose([one.paths.xi_m[1], one.paths.xi_s[1]], [1.5, 1.7])
    np.testing.assert_allclose([other.paths.xi_m[1], other.paths.xi_s[1]], [2.0, 1.439])


def test_a_reform_is_linear_and_may_end_after_the_last_period(tmp_path: Path) -> None:
    text = f'{ONE}xi_s = 3.0\nreforms = [{{ sector = "s", from_period = 2, to_period = 6 }}]\n'
    (one,) = made(tmp_path, text, periods=4)
    np.testing.assert_allclose(one.paths.xi_s, [3.0, 3.0, 2.5, 2.0])
    assert one.paths.ramp.tolist() == gamma_ramp(4).tolist()
    (later,) = made(tmp_path, text.replace("from_period = 2", "from_period = 5"), periods=4)
    np.testing.assert_allclose(later.paths.xi_s, 3.0)


BAD = {
    "a name twice": (
        ONE + ONE,
        "scenarios.1.name: expected a name of its own, found 'a', the name of scenarios.0",
    ),
    "a grid with a scenario's name": (
        f'{ONE}[[grid]]\nname = "a"\nvalues = {{ s = [0.3] }}\n',
        "grid.0.name: expected a name of its own, found 'a', the name of scenarios.0",
    ),
    "an unknown key": (
        f"{ONE}sigma_m = 0.5\n",
        "scenarios.0.sigma_m ('a'): expected one of the keys B, K_1",
    ),
    "the key that was meant": (f"{ONE}sigma_m = 0.5\n", "did you mean 'sigma_M'?"),
    "an unknown section": ("[model]\n", "model: expected one of the keys baseline"),
    "no scenarios": ("", "at least one [[scenarios]] or [[grid]] table, found none"),
    "no name": ("[[scenarios]]\n", "scenarios.0.name: expected this key, found nothing"),
    "an empty name": ('[[scenarios]]\nname = ""\n', "scenarios.0.name: expected at least 1"),
    "horizon": (f"[simulation]\nperiods = 0\n{ONE}", "simulation.periods: expected greater than"),
    "a horizon beyond all": (
        f"[simulation]\nperiods = 10001\n{ONE}",
        "simulation.periods: expected less than or equal to 10000",
    ),
    "a horizon in words": (
        f'[simulation]\nperiods = "60"\n{ONE}',
        "simulation.periods: expected a valid integer, found '60'",
    ),
    "a text for a number": (f'{ONE}s = "x"\n', "scenarios.0.s ('a'): expected a finite number"),
    "a number that no float holds": (
        f"{ONE}alpha_M = 1{'0' * 400}\n",
        "scenarios.0.alpha_M ('a'): expected a finite number",
    ),
    "a truth for a number": (f"{ONE}s = [true]\n", "scenarios.0.s ('a'): expected a finite number"),
    "a ramp of ages": (
        f"{ONE}ramp = {{ start = 1{'0' * 30} }}\n",
        "scenarios.0.ramp.start ('a'): expected less than or equal to 10000",
    ),
    "a reform of ages": (
        f'{ONE}reforms = [{{ sector = "m", to_period = 2000000000 }}]\n',
        "scenarios.0.reforms.0.to_period ('a'): expected less than or equal to 10000",
    ),
    "years of ages": (
        f'[data]\nfile = "x"\nyears = [1990, 1{"0" * 12}]\n{ONE}',
        "data.years.1: expected less than or equal to 9999",
    ),
    "no number": (f"{ONE}alpha_M = nan\n", "scenarios.0.alpha_M ('a'): expected a finite number"),
    "two of three": (f"{ONE}gamma = [1.0, 0.5]\n", "scenarios.0.gamma ('a'): expected a finite"),
    "an empty path": (f"{ONE}xi_m = []\n", "scenarios.0.xi_m ('a'): expected a finite number, or"),
    "capital of nothing": (f"{ONE}K_1 = 0.0\n", "scenarios.0.K_1 ('a'): expected greater than 0"),
    "a sector without a gap": (
        f'{ONE}reforms = [{{ sector = "x" }}]\n',
        "scenarios.0.reforms.0.sector ('a'): expected 'm' or 's', found 'x'",
    ),
    "a scale for one": (f"{ONE}xi_scale = [0.9]\n", "scenarios.0.xi_scale ('a'): expected"),
    "a scale for three": (f"{ONE}xi_scale = [0.9, 1, 1]\n", "scenarios.0.xi_scale ('a'): expected"),
    "a grid of nothing": ('[[grid]]\nname = "g"\nvalues = {}\n', "grid.0.values ('g'): expected"),
    "an empty list": (
        '[[grid]]\nname = "g"\nvalues = { s = [] }\n',
        "grid.0.values.s ('g'): expected a list of finite numbers",
    ),
    "a grid of no scenario": (
        f'{ONE}[[grid]]\nname = "g"\nscenario = "b"\nvalues = {{ s = [0.3] }}\n',
        "grid.0.scenario: expected a scenario's name: a, found 'b'",
    ),
    "a figure of no scenario": (
        f'{ONE}[[figures]]\nname = "f"\nscenarios = ["a", "c"]\n',
        "figures.0.scenarios: expected a scenario's name: a, found 'c'",
    ),
    "a figure in another folder": (
        f'{ONE}[[figures]]\nname = "../f"\nscenarios = ["a"]\n',
        "figures.0.name ('../f'): expected",
    ),
    "two figures of a name": (
        ONE + 2 * '[[figures]]\nname = "f"\nscenarios = ["a"]\n',
        "figures: expected names of their own, found 'f' twice",
    ),
    "two sources of productivity": (
        f"{ONE}B = 1.0\n{CALIBRATED}",
        "scenarios.0 ('a'): expected either B or calibrate_B",
    ),
    "no level": (
        f"{ONE}calibrate_B = {{ labour = [0.6, 0.1, 0.3] }}\n",
        "scenarios.0.calibrate_B.level ('a'): expected this key",
    ),
    "a level of nothing": (
        f"{ONE}{CALIBRATED.replace('0.9', '0.0')}",
        "scenarios.0.calibrate_B.level ('a'): expected greater than 0",
    ),
    "a list where a table is": ('scenarios = "a"\n', "scenarios: expected a valid list"),
    "a variable that is not set": (
        f'[data]\nfile = "${{NOBODY_SETS_THIS}}/x.xlsx"\n{ONE}',
        "data.file: expected the environment variable NOBODY_SETS_THIS",
    ),
    "no TOML": ("[[scenarios]\n", "expected TOML in UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_file_is_named_by_its_key(tmp_path: Path, case: str) -> None:
    text, line = BAD[case]
    path = write(tmp_path, text)
    with pytest.raises(StudyFileError) as raised:
        load_scenarios(path)
    assert str(raised.value).startswith(str(path))
    assert line in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match=r"absent.toml: expected a readable scenario file"):
        load_scenarios(tmp_path / "absent.toml")


OUTSIDE = {
    "calibrate_B = { labour = [0.5, 0.6, 0.7], level = 1.0 }": (
        "scenarios.0 ('a').calibrate_B, target of the calibration: expected employment shares"
    ),
    "alpha_M = 1.0": "scenarios.0 ('a').alpha_M: expected shares between 0 and 1",
    "alpha_S = 0.0": "scenarios.0 ('a').alpha_S: expected shares between 0 and 1",
    "sigma_M = -0.5": "scenarios.0 ('a').sigma_M: expected positive numbers, found -0.5",
    "sigma_S = 0.0": "scenarios.0 ('a').sigma_S: expected positive numbers",
    "epsilon = -0.1": "scenarios.0 ('a').epsilon, epsilon_C: expected numbers of zero or more",
    "omega = [0.5, 1.5, 0.5]": "scenarios.0 ('a').omega, omega_I: expected shares between",
    "beta = [0.5, 0.5, 0.0]": "scenarios.0 ('a').beta, beta_s: expected shares between 0 and 1",
    "B = [1.0, 0.0, 1.0]": "scenarios.0 ('a').B, B_x: expected positive numbers, found 0",
    "gamma = [1.0, -0.5, 0.5]": "scenarios.0 ('a').gamma, gamma_x: expected numbers of zero",
    "delta_K = 1.5": "scenarios.0 ('a').delta_K: expected shares from 0 to 1, found 1.5",
    "delta_M = -1.0": "scenarios.0 ('a').delta_M: expected shares from 0 to 1",
    "xi_m = [1.0, -1.0]": "scenarios.0 ('a').xi_m: expected positive numbers",
    "xi_scale = [1.0, 0.0]": "scenarios.0 ('a').xi_s: expected positive numbers",
    "s = 1.0": "scenarios.0 ('a').s: expected shares between 0 and 1",
    "s_H = -0.01": "scenarios.0 ('a').s_H: expected shares from 0 to 1",
    "reforms = [{ sector = 'm', from_period = 9, to_period = 3 }]": (
        "scenarios.0 ('a').reforms: expected periods in order"
    ),
}


@pytest.mark.parametrize("key", OUTSIDE)
def test_a_value_outside_its_domain_is_named_by_its_key(tmp_path: Path, key: str) -> None:
    with pytest.raises(StructuralError) as raised:
        made(tmp_path, f"{ONE}{key}\n")
    assert f": {OUTSIDE[key]}" in str(raised.value)


def test_productivities_can_be_calibrated_to_employment(tmp_path: Path) -> None:
    text = f"""
        [baseline]
        xi_m = [2.4, 2.2]
        xi_s = 1.7
        {CALIBRATED}
        [[scenarios]]
        name = "calibrated"
        [[scenarios]]
        name = "by hand"
        B = [1.0, 2.0, 3.0]
    """
    path = write(tmp_path, text)
    model = load_scenarios(path)
    first, second = scenarios_of(model, where="file", periods=3, gaps=None)
    labour = simulate(first.parameters, first.paths).labour[0]
    np.testing.assert_allclose(labour, [0.623, 0.092, 0.285], atol=1e-9)
    assert np.prod(first.parameters.B) ** (1 / 3) == pytest.approx(0.9)
    assert second.parameters.B == (1.0, 2.0, 3.0)
    found = calibrations_of(model, (first, second))
    assert set(found) == {"calibrated"}
    table = calibration_table(found)
    assert table["taken"].tolist() == [True] + [False] * len(found["calibrated"].others)
    assert len(table) > 1
    np.testing.assert_allclose(table.loc[0, ["B_m", "B_x", "B_s"]].to_list(), first.parameters.B)
    for row in table.to_dict("records"):
        other = replace(first.parameters, B=(row["B_m"], row["B_x"], row["B_s"]))
        again = simulate(other, first.paths).labour[0]
        np.testing.assert_allclose(again, [0.623, 0.092, 0.285], atol=1e-7)


def test_a_value_of_the_baseline_is_named_there(tmp_path: Path) -> None:
    with pytest.raises(NightpanelError, match=r"scenarios.toml: baseline.sigma_M: expected"):
        made(tmp_path, f"[baseline]\nsigma_M = -1\n{ONE}")
