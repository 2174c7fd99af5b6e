"""What GDAL's `ogrinfo` and QGIS itself make of the files, where they are installed.

Debian has them as ``gdal-bin`` and ``python3-qgis``. NIGHTPANEL_QGIS_PYTHON names a Python that
imports ``qgis.core``, if that is not the system's.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nightpanel.exports.export import export
from tests.nightpanel.exports.conftest import YEARS

QGIS_PYTHON = os.environ.get("NIGHTPANEL_QGIS_PYTHON", "/usr/bin/python3")
IN_QGIS = """
import sys
from qgis.core import (Qgis, QgsApplication, QgsDateTimeRange, QgsFeatureRequest, QgsRenderContext,
                       QgsVectorLayer, QgsVectorLayerTemporalContext)
from qgis.PyQt.QtCore import QDate, QDateTime, QTime
app = QgsApplication([], False)
app.initQgis()
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    renderer, temporal = layer.renderer(), layer.temporalProperties()
    context = QgsRenderContext()
    renderer.startRender(context, layer.fields())
    drawn = sum(renderer.symbolForFeature(row, context) is not None for row in layer.getFeatures())
    renderer.stopRender(context)
    print("map", name, renderer.type(), renderer.classAttribute(), drawn, int(temporal.isActive()))
    about = QgsVectorLayerTemporalContext()
    about.setLayer(layer)
    for year in range(2018, 2023) if temporal.isActive() else ():
        ends = [QDateTime(QDate(y, 1, 1), QTime(0, 0)) for y in (year, year + 1)]
        frame = temporal.createFilterString(about, QgsDateTimeRange(*ends, True, False))
        rows = layer.getFeatures(QgsFeatureRequest().setFilterExpression(frame))
        print("frame", name, year, *sorted(row["year"] for row in rows))
"""


def _ogrinfo(*words: object) -> str:
    program = shutil.which("ogrinfo")
    if program is None:
        pytest.skip("ogrinfo is not installed here (Debian: gdal-bin)")
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("what", "ending", "rows"),
    [
        ("townships", "gpkg", 12), ("cities", "gpkg", 3), ("townships", "fgb", 12),
        ("panel", "gpkg", 9), ("unit_years", "gpkg", 36), ("townships", "csv", 12),
        ("townships", "xlsx", 12),
    ],
)  # fmt: skip
def test_ogrinfo_reads_exports(
    run: Path, tmp_path: Path, what: str, ending: str, rows: int
) -> None:
    to = export(run, what=what, to=tmp_path / f"{what}.{ending}").path
    said = _ogrinfo("-so", to, what)
    assert f"Feature Count: {rows}" in said
    if ending in {"gpkg", "fgb"} and what in {"townships", "cities"}:
        assert "Geometry: Multi Polygon" in said
        assert "WGS 84" in said


def test_ogrinfo_reads_the_views(run: Path) -> None:
    path = run / "townships.gpkg"
    where = "year_start < '2021-01-01T00:00:00Z' AND year_end > '2020-01-01T00:00:00Z'"
    for view, rows in (("townships_by_year", 12), ("cities_by_year", 3)):
        said = _ogrinfo("-so", "-where", where, path, view)
        assert f"Feature Count: {rows}" in said
        assert "year_start: DateTime" in said
        assert "FID Column = OGC_FID" in said
    for layer in ("townships", "cities"):
        said = _ogrinfo(path, "-sql", f"SELECT rtreecheck('rtree_{layer}_geom')")
        assert "= ok" in said
    assert "= ok" in _ogrinfo(path, "-sql", "PRAGMA integrity_check")


def test_qgis_opens_maps_and_moves_its_slider(run: Path) -> None:
    try:
        probe = [QGIS_PYTHON, "-c", "import qgis.core"]
        there = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        there = False
    if not there:
        pytest.skip(f"{QGIS_PYTHON} has no QGIS (Debian: python3-qgis; NIGHTPANEL_QGIS_PYTHON)")
    names = ["townships", "cities", "townships_by_year", "cities_by_year"]
    done = subprocess.run(
        [QGIS_PYTHON, "-c", IN_QGIS, str(run / "townships.gpkg"), *names],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.split() for line in done.stdout.splitlines()]
    maps = {words[1]: words[2:] for words in said if words[0] == "map"}
    assert maps == {
        "townships": ["graduatedSymbol", "light_2021", "12", "0"],
        "cities": ["graduatedSymbol", "gini_2021", "3", "0"],
        "townships_by_year": ["graduatedSymbol", "mean", "35", "1"],  # one has no observation
        "cities_by_year": ["graduatedSymbol", "gini", "9", "1"],
    }
    frames = [words[1:] for words in said if words[0] == "frame"]
    assert frames == [
        [layer, str(year), *([str(year)] * rows if year in YEARS else [])]
        for layer, rows in (("townships_by_year", 12), ("cities_by_year", 3))
        for year in range(2018, 2023)
    ]
