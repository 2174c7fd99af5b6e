"""The page on estimation: what its script prints."""

from pathlib import Path

import numpy as np
import pytest

from docs.scripts import structural_estimation
from docs.scripts.structural_model import DATA
from panels.sectors import load_etd


@pytest.mark.real
def test_the_figures_that_are_quickly_had_stand_on_the_page(data_dir: Path) -> None:
    text = structural_estimation.PAGE.read_text(encoding="utf-8")
    data = load_etd(data_dir / DATA, "CHN")
    levels, calibrated = structural_estimation.calibrations(data)
    assert structural_estimation.markdown(levels) in text
    np.testing.assert_allclose(calibrated.root.ln_ratios, [0.48, 0.85], atol=0.01)
    np.testing.assert_allclose(calibrated.others[0].ln_ratios, [-8.64, -14.83], atol=0.05)
    seen = structural_estimation.observations(data)
    for weight, both in ((0.959, (0.111, 0.056)), (0.850, (0.064, 0.021))):
        found = structural_estimation.fit_at(seen, structural_estimation.point(weight))
        assert found == pytest.approx(both, abs=6e-4)
        assert f"{found[0]:.3f} and {found[1]:.3f}" in text


@pytest.mark.real
@pytest.mark.slow
def test_the_page_is_what_the_script_prints(data_dir: Path) -> None:
    text = structural_estimation.page(data_dir / DATA, structural_estimation.DRAWS)
    assert text == structural_estimation.PAGE.read_text(encoding="utf-8")
