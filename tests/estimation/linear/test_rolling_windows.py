"""Windows of years: each is the regression on its years."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.inference.intervals import quantile
from estimation.linear.keys import Windows
from estimation.tables.curve_table import curve_table
from estimation.vocabulary import LINEAR
from tests.estimation.linear.effects_panel import made_up

TABLE = made_up()
BASE = Design("base", "y", "d", ("x",), variants=(LINEAR,), windows=Windows(4, 2))


def test_each_window_is_the_regression_on_its_years() -> None:
    result = estimate(TABLE, [BASE])
    points = result.curves
    assert points["at"].tolist() == [2012.5, 2014.5, 2016.5]
    assert set(points["curve"]) == {"rolling_window"}
    for (_, point), first in zip(points.iterrows(), (2011, 2013, 2015), strict=True):
        alone = replace(BASE, windows=None, years=tuple(range(first, first + 4)))
        row = estimate(TABLE, [alone]).estimates.iloc[0]
        assert point["effect"] == row["estimate"]
        assert (point["ci_low"], point["ci_high"]) == (row["ci_low"], row["ci_high"])
        # Bonferroni's rule over three windows.
        half = quantile(1 - 0.05 / 6, df=23.0) * row["std_error"]
        assert point["band_high"] - point["effect"] == pytest.approx(half)
    (note,) = [note for note in result.notes if "windows of 4 years" in note]
    assert "3 windows" in note
    assert "share 2 years, so that their estimates are not independent" in note
    table = curve_table("Table W", "", [BASE], result)
    assert len(table.rows) == 3
    assert "overlap" in table.notes[0]


def test_windows_apart_are_said_to_be_so() -> None:
    result = estimate(TABLE, [replace(BASE, windows=Windows(4, 4))])
    assert any("they do not overlap" in note for note in result.notes)


def test_a_window_without_variation_is_a_note_and_the_others_stand() -> None:
    early = TABLE["year"] <= 2014
    table = TABLE.assign(
        d=TABLE["d"].where(~early, TABLE.groupby("city_id")["d"].transform("first"))
    )
    result = estimate(table, [BASE])
    assert result.curves["at"].tolist() == [2014.5, 2016.5]
    (note,) = [note for note in result.notes if "window 2011-2014 not estimated" in note]
    assert "variation left" in note


def test_years_that_lack_and_windows_too_wide_are_notes() -> None:
    table = TABLE[~TABLE["year"].isin([2012, 2013, 2014])]
    result = estimate(table, [replace(BASE, windows=Windows(4, 1))])
    assert any("window 2011-2014 not estimated" in note and "found 1" in note
               for note in result.notes)  # fmt: skip
    wide = estimate(TABLE, [replace(BASE, windows=Windows(9))])
    assert wide.curves.empty
    assert any("expected 9 years or more, found 2011-2018" in note for note in wide.notes)
    assert np.isfinite(wide.estimates["estimate"]).all()
