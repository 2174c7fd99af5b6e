"""What stands for the code behind a result: sources with all that they import, and libraries."""

import re

import pytest

from tiles import made_with as module
from tiles.made_with import made_with

SOURCES = {
    "geo.a": "from geo import b as other\nfrom geo.c import one, two\nimport numpy\n",
    "geo.b": "def f():\n    from tiles.d import (\n        x,\n        y,\n    )\n",
    "geo.c": "from pathlib import Path\nimport geo.e\n",
    "tiles.d": "from geo.a import z\n",
    "geo.e": "",
    "geo.f": "",
}


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    made = dict(SOURCES)
    monkeypatch.setattr(module, "_source", made.get)
    made_with.cache_clear()
    yield made
    made_with.cache_clear()


def digest(*modules: str) -> str:
    made_with.cache_clear()
    return made_with(*modules)


@pytest.mark.parametrize("name", ["geo.a", "geo.b", "geo.c", "tiles.d", "geo.e"])
def test_it_hangs_on_the_module_and_all_that_it_imports(sources: dict[str, str], name: str) -> None:
    before = digest("geo.a")
    assert digest("geo.a") == before
    sources[name] += "# edited"
    assert digest("geo.a") != before


def test_it_hangs_on_nothing_else(sources: dict[str, str]) -> None:
    before = digest("geo.a")
    sources["geo.f"] += "# edited"
    assert digest("geo.a") == before
    assert digest("geo.f") != digest("geo.e")


def test_it_hangs_on_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest("geo.area")
    monkeypatch.setattr("shapely.geos_version_string", "0.0.0")
    other_geos = digest("geo.area")
    monkeypatch.setattr(module, "libraries", lambda: (("numba", "0.0"),))
    assert len({before, other_geos, digest("geo.area")}) == 3
    made_with.cache_clear()


@pytest.mark.parametrize(
    ("root", "kernel"),
    [
        ("tiles.grid_coverage", "geo._signed_area"),
        ("tiles.grid_coverage", "geo._straight"),
        ("tiles.sums", "tiles._sum_kernels"),
        ("tiles.open_tile", "tiles.reader"),
        ("geo.area", "geo._geodesic"),
        ("nightpanel.kept", "geo._resampled"),
        ("nightpanel.kept", "geo._repair"),
        ("nightpanel.kept", "tiles.unit_years"),
        ("nightpanel.shapes", "geo.outlines"),
        ("nightpanel.exports.geopackage", "nightpanel.year_blocks"),
    ],
)
def test_kernels_are_behind_what_they_make(root: str, kernel: str) -> None:
    seen, waiting = set(), [root]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += module._imported(module._source(name) or "")
    assert kernel in seen
    assert all(re.match(r"(geo|tiles|panels|nightpanel|estimation)\b", name) for name in seen)
