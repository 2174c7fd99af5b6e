"""Shared fixtures: where real data are, one Hypothesis profile, the count of marked tests."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import chromium, open_page  # noqa: F401  fixtures, known to every test

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


class MarkedTests:
    """Counts the outcomes of tests with a mark; a skipped one can be made to fail the run."""

    def __init__(self, mark: str, *, required: bool, hint: str) -> None:
        self.mark = mark
        self.required = required
        self.hint = hint
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.mark in report.keywords and (report.when == "call" or report.outcome != "passed"):
            self.outcomes[report.outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.required and session.exitstatus == 0 and self._incomplete(session):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran, skipped = self._ran(), self.outcomes["skipped"]
        terminalreporter.write_line(f"{self.mark} tests: {ran} ran, {skipped} skipped")
        if self.required and (skipped or not ran):
            terminalreporter.write_line(f"{self.mark} tests are required here: {self.hint}")

    def _ran(self) -> int:
        return self.outcomes["passed"] + self.outcomes["failed"]

    def _incomplete(self, session: pytest.Session) -> bool:
        on_worker = hasattr(session.config, "workerinput")
        return not on_worker and (self.outcomes["skipped"] > 0 or self._ran() == 0)


REQUIRED = {
    "real": ("NIGHTPANEL_REQUIRE_REAL", "set NIGHTPANEL_DATA"),
    "browser": ("NIGHTPANEL_REQUIRE_BROWSER", "install Chromium, and run make viewer"),
}
"""By mark: the variable that makes its tests required, and what they need."""


def pytest_configure(config: pytest.Config) -> None:
    for mark, (variable, hint) in REQUIRED.items():
        required = os.environ.get(variable) == "1"
        config.pluginmanager.register(
            MarkedTests(mark, required=required, hint=hint), f"{mark}-tests"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first in each quarter, so that no worker is left alone with them at the end.

    Workers begin with equal parts of the list. Blocks, not single tests: they share what is set up
    for their file.
    """
    quarters = 4
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    items[:] = [
        item
        for quarter in range(quarters)
        for tests in (long, rest)
        for item in tests[quarter * len(tests) // quarters : (quarter + 1) * len(tests) // quarters]
    ]
