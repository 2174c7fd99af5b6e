"""Shared fixtures: where the real data are, and one Hypothesis profile for every machine."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fixed")

ROOT = Path(__file__).resolve().parents[1]


def _data_dir() -> Path | None:
    named = os.environ.get("NIGHTPANEL_DATA", str(ROOT.parent / "shared" / "data"))
    if named == "none":
        return None
    folder = Path(named).resolve()
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; the test is skipped, with its reason, where it is absent."""
    folder = _data_dir()
    if folder is None:
        pytest.skip("NIGHTPANEL_DATA names no folder of real data")
    return folder
