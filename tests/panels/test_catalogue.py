"""The catalogue of indices is what the code makes and what the page shows."""

import math
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from nightpanel.run_indices import make_index
from nightpanel.study_indices import (
    AdvancedStructureSection,
    CompositeSection,
    DigitalFinanceSection,
    IndexSection,
    LabourMisallocationSection,
    RationalisationSection,
    UilIndexSection,
    WeightedStructureSection,
)
from nightpanel.study_steps import PanelStep
from panels.catalogue import CATALOGUE, catalogue_table
from panels.origins import UNKNOWN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "panel.md"
LOWER = {"rationalisation", "labour_misallocation", "labour_misallocation_loss"}
BY_KIND = {one.kind: one for one in CATALOGUE}
VA = ["a", "b", "c"]


def sections():
    composites = {
        kind: CompositeSection(kind=kind, indicators=VA, stability_draws=1)
        for kind in ("entropy", "equal_min_max", "equal_standardised")
    }
    return composites | {
        "uil": UilIndexSection(kind="uil", value_added=VA),
        "advanced_structure": AdvancedStructureSection(kind="advanced_structure", value_added=VA),
        "rationalisation": RationalisationSection(
            kind="rationalisation", value_added=VA, employment=["d", "e", "f"]
        ),
        "weighted_structure": WeightedStructureSection(
            kind="weighted_structure", outputs=VA, weights=[0.2, 0.5, 1.0]
        ),
        "labour_misallocation": LabourMisallocationSection(
            kind="labour_misallocation", value_added=VA, employment=["d", "e", "f"]
        ),
        "labour_misallocation_loss": LabourMisallocationSection(
            kind="labour_misallocation_loss",
            value_added=VA,
            employment=["d", "e", "f"],
            labour_share=[0.4, 0.5, 0.6],
        ),
        "digital_finance": DigitalFinanceSection(
            kind="digital_finance", breadth="a", depth="b", digitisation="c"
        ),
    }


def made(kind, values):
    table = pd.DataFrame(values, columns=list("abcdef"))
    table.insert(0, "city_id", [f"{one:04d}" for one in range(len(table))])
    table.insert(1, "year", 2020)
    result = make_index(table, "index", sections()[kind], origins=UNKNOWN)
    return result.stepped.table["index"].to_numpy()


def test_every_kind_of_the_study_file_is_in_the_catalogue():
    union = get_args(IndexSection)[0]
    kinds = {
        kind
        for section in get_args(union)
        for kind in get_args(section.model_fields["kind"].annotation)
    }
    assert kinds == set(BY_KIND) == set(sections())


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_every_index_stays_in_its_range(seed):
    values = np.random.default_rng(seed).lognormal(sigma=1.5, size=(8, 6))
    for kind, entry in BY_KIND.items():
        index = made(kind, values)
        assert (index >= entry.low - 1e-12).all(), kind
        assert (index <= entry.high + 1e-12).all(), kind


def test_every_index_has_its_direction():
    """A city whose tertiary sector, or third indicator, grows: away from equal productivity."""
    values = np.array([[2.0, 3.0, 4.0, 3.0, 3.0, 3.0], [1.0, 2.0, 3.0, 1.0, 2.0, 3.0],
                       [3.0, 5.0, 8.0, 2.0, 2.0, 2.0]])  # fmt: skip
    grown = values.copy()
    grown[0, 2] = 7.0
    for kind, entry in BY_KIND.items():
        assert entry.direction.startswith("LOWER" if kind in LOWER else "higher")
        assert made(kind, grown)[0] > made(kind, values)[0], kind


def test_equal_productivity_is_the_most_rational():
    assert made("rationalisation", [[1, 2, 3, 2, 4, 6]])[0] == 0.0
    assert made("rationalisation", [[1, 2, 3, 3, 2, 1]])[0] > 0.0


def test_ranges_as_text():
    assert BY_KIND["uil"].range == "1 to 3"
    assert BY_KIND["rationalisation"].range == "0 or more"
    assert BY_KIND["equal_standardised"].range == "any"
    assert math.isinf(BY_KIND["equal_standardised"].low)


def test_the_page_shows_the_catalogue():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in catalogue_table().itertuples(index=False):
        kind, *rest = row
        assert f"| `{kind}` | {' | '.join(rest)} |" in lines


def test_the_page_names_every_step():
    page = PAGE.read_text(encoding="utf-8")
    union = get_args(PanelStep)[0]
    for section in get_args(union):
        for word in get_args(section.model_fields["step"].annotation):
            assert f"`{word}`" in page
        for key in set(section.model_fields) - {"step"}:
            assert f"`{key}" in page, (section, key)
