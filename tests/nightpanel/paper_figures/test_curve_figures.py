"""Curves along a variable, by years since adoption and by windows; the structural model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nightpanel.paper_figures.curve_panels import curves_of, keep_in_view, panels
from nightpanel.paper_figures.drawn import Material, NotDrawn
from nightpanel.paper_figures.event_study import event_studies
from nightpanel.paper_figures.marginal_effect import marginal_effects
from nightpanel.paper_figures.rolling_windows import rolling_windows
from nightpanel.paper_figures.structural_looks import SCENARIO_LOOKS
from nightpanel.paper_figures.structural_paths import structural_paths


def test_a_curve_is_drawn_with_its_interval_and_band(material: Material):
    drawing = marginal_effects(material)
    assert isinstance(drawing, tuple)
    linear, smooth = drawing
    first, second = linear.figure.axes
    at = np.linspace(0.0, 4.0, 9)
    low, high, effect = first.lines[:3]
    assert effect.get_xdata() == pytest.approx(at)
    assert effect.get_ydata() == pytest.approx(at / 10)
    assert low.get_ydata() == pytest.approx(at / 10 - 0.3)
    assert high.get_ydata() == pytest.approx(at / 10 + 0.3)
    corners = first.collections[0].get_paths()[0].vertices
    for point in np.column_stack([at, at / 10 + 0.2]):
        assert np.isclose(corners, point).all(axis=1).any()
    assert [axes.get_title(loc="left") for axes in (first, second)] == [
        "a  faithful",
        "b  first difference",
    ]
    assert first.get_ylim() == second.get_ylim()
    assert "linear in the moderator" in linear.caption
    assert "cubic spline" in smooth.caption


def test_the_variables_distribution_is_below_the_curves(material: Material):
    drawing = marginal_effects(material)
    assert isinstance(drawing, tuple)
    axes = drawing[0].figure.axes[0]
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert material.folder.panel is not None
    values = material.folder.panel["finance"]
    counts, _ = np.histogram(values[values <= 4.0], bins=len(heights))
    assert heights / heights.max() == pytest.approx(counts / counts.max())
    bottom, _ = axes.get_ylim()
    lowest = min(line.get_ydata().min() for line in axes.lines[:3])
    assert bottom + heights.max() < lowest


def test_a_variable_that_the_panel_lacks_has_no_distribution(material: Material):
    without = replace(material, folder=replace(material.folder, panel=None))
    drawing = marginal_effects(without)
    assert isinstance(drawing, tuple)
    assert not drawing[0].figure.axes[0].patches
    assert "distribution" not in drawing[0].caption


def test_a_band_out_of_proportion_does_not_hide_the_curve(material: Material):
    curves = material.folder.curves
    assert curves is not None
    wide = curves.assign(band_low=-1e6, band_high=1e6)
    ((first, second),) = curves_of(wide, ["marginal_effect"])
    _, axes = panels(2)
    axes[0].set_ylim(-1e6, 1e6)
    keep_in_view(axes, [first, second])
    assert axes[0].get_ylim() == pytest.approx((-1.2, 1.6))


def test_an_event_study_has_each_year_of_each_estimator(material: Material):
    drawing = event_studies(material)
    assert isinstance(drawing, tuple)
    axes = drawing[0].figure.axes[0]
    points = {str(line.get_label()): line for line in axes.lines if line.get_linestyle() == "None"}
    named = {name: points[name] for name in ("Sun and Abraham", "imputation")}
    years = np.arange(-3.0, 4.0)
    for line in named.values():
        assert line.get_ydata() == pytest.approx(years / 10)
        assert np.rint(line.get_xdata()) == pytest.approx(years)
    gap = named["imputation"].get_xdata() - named["Sun and Abraham"].get_xdata()
    assert (gap > 0).all()


def test_the_year_that_others_are_held_to_is_explained(material: Material):
    curves = material.folder.curves
    assert curves is not None
    said = "A point at zero without an interval is the year that others are held to."
    of_study = curves["curve"] == "event_study"
    plain = curves.assign(ci_high=curves["ci_high"] + 0.1 * of_study)
    ends = ["effect", "ci_low", "ci_high", "band_low", "band_high"]
    held = curves.copy()
    held.loc[of_study & (held["at"] == -1.0), ends] = 0.0
    for table, is_said in ((plain, False), (held, True)):
        found = event_studies(replace(material, folder=replace(material.folder, curves=table)))
        assert isinstance(found, tuple)
        assert found[0].caption.endswith(said) == is_said


def test_years_without_an_error_are_drawn_without_a_band(material: Material):
    curves = material.folder.curves
    assert curves is not None
    holes = curves.assign(band_low=np.nan, band_high=np.nan, ci_low=np.nan, ci_high=np.nan)
    found = event_studies(replace(material, folder=replace(material.folder, curves=holes)))
    assert isinstance(found, tuple)
    found[0].figure.draw_without_rendering()


def test_windows_are_marked_each(material: Material):
    drawing = rolling_windows(material)
    assert isinstance(drawing, tuple)
    axes = drawing[0].figure.axes[0]
    assert axes.lines[-1].get_xdata() == pytest.approx(np.arange(2015, 2020))
    assert axes.get_xlabel() == "year, middle of the window"


def simulation(scenarios: list[str]) -> pd.DataFrame:
    names = [f"{kind}_{sector}" for kind in ("labour", "output") for sector in "mxs"]
    rows = [
        (scenario, year - 2019, year, name, 0.1 * number + 0.01 * k)
        for number, scenario in enumerate(scenarios)
        for year in (2020, 2021)
        for k, name in enumerate([*names, "ln_K"])
    ]
    return pd.DataFrame(rows, columns=["scenario", "period", "year", "variable", "value"])


def in_folder(material: Material, path: Path, table: pd.DataFrame) -> Material:
    table.to_parquet(path / "simulation.parquet")
    return replace(material, folder=replace(material.folder, path=path))


def test_scenarios_are_lines_by_sector(material: Material, tmp_path: Path):
    drawing = structural_paths(in_folder(material, tmp_path, simulation(["base", "改革", "slow"])))
    assert isinstance(drawing, tuple)
    axes = drawing[0].figure.axes
    assert len(axes) == 6
    assert [line.get_ydata().tolist() for line in axes[1].lines] == [
        pytest.approx([0.1 * number + 0.01] * 2) for number in range(3)
    ]
    drawing[0].figure.draw_without_rendering()


def test_shares_begin_at_zero(material: Material, tmp_path: Path):
    drawing = structural_paths(in_folder(material, tmp_path, simulation(["base"])))
    assert isinstance(drawing, tuple)
    assert {axes.get_ylim()[0] for axes in drawing[0].figure.axes} == {0.0}


def test_more_scenarios_than_lines_are_counted(material: Material, tmp_path: Path):
    names = [f"s{number}" for number in range(len(SCENARIO_LOOKS) + 2)]
    drawing = structural_paths(in_folder(material, tmp_path, simulation(names)))
    assert isinstance(drawing, tuple)
    assert "2 more scenarios" in drawing[0].caption


def test_a_simulation_of_other_columns_gives_no_figure(material: Material, tmp_path: Path):
    table = simulation(["base"])
    found = structural_paths(in_folder(material, tmp_path, table.drop(columns="year")))
    assert found == NotDrawn("simulation.parquet has no column year")
    other = table[table["variable"] == "ln_K"]
    found = structural_paths(in_folder(material, tmp_path, other))
    assert found == NotDrawn("simulation.parquet has no shares of sectors")
