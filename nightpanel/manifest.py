"""The manifest: for every stage, the settings, input digests and time that made its files."""

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import shapely

from geo.coverage import COVERAGE_VERSION
from geo.errors import OutputError
from nightpanel.study import Study
from tiles.stripes import STRIPE_ROWS

STAGES = ("lights", "panel", "estimates")
STAGE_FILES = {
    "lights": ("units.parquet", "cities.parquet", "townships.gpkg", "townships.parquet"),
    "panel": ("panel.parquet", "unmatched.parquet"),
    "estimates": ("estimates.parquet", "tables/estimates.csv", "tables/notes.txt"),
}
PACKAGES = (
    "nightpanel", "numpy", "numba", "scipy", "pandas", "pyarrow", "geopandas", "pyogrio", "pyproj",
    "shapely", "rasterio", "doubleml", "scikit-learn", "pyfixest",
)  # fmt: skip
MANIFEST = "manifest.json"
SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg")


def stage_settings(study: Study) -> dict[str, Any]:
    """What of a study decides each stage's files, as JSON knows it."""
    whole = study.model_dump(mode="json")
    return {
        "lights": {key: whole[key] for key in ("products", "lights", "units")}
        | {"years": whole["study"]["years"]},
        "panel": whole["panel"],
        "estimates": whole["designs"],
    }


def stage_record(*, settings: object, inputs: Iterable[Path], seconds: float) -> dict[str, Any]:
    """One stage's entry of the manifest.

    Parameters
    ----------
    settings : object
        As JSON knows it.
    inputs : iterable of Path
        Files, or folders whose files count; their digests are SHA-256.
    seconds : float
        Wall time.

    Returns
    -------
    dict
    """
    return {"settings": settings, "inputs": digests(inputs), "seconds": seconds}


def merged_manifest(
    records: Mapping[str, Mapping[str, Any]], folder: Path, *, stale: Collection[str] = ()
) -> dict[str, Any]:
    """The manifest of an output folder after some stages ran.

    Parameters
    ----------
    records : mapping of stage to record
        The stages that ran now.
    folder : Path
        The output folder, with the manifest of earlier runs or without.
    stale : collection of str
        Stages whose files are removed now.

    Returns
    -------
    dict
        ``stages`` and ``versions``.

    Raises
    ------
    OutputError
        The earlier manifest cannot be read.
    """
    kept = {
        stage: record
        for stage, record in read_manifest(folder).get("stages", {}).items()
        if stage not in stale
    }
    return {"stages": kept | dict(records), "versions": versions()}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an output folder; empty where there is none.

    Raises
    ------
    OutputError
        It cannot be read.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        content = error
    if not isinstance(content, dict):
        raise OutputError(
            str(path),
            expected="the manifest of an earlier run",
            found=str(content)[:80],
            hint="remove it, or choose another output folder",
        )
    return content


def require_same_settings(stage: str, settings: Mapping[str, Any], folder: Path) -> None:
    """Refuse to build on files of a stage that other settings made.

    Raises
    ------
    OutputError
        The manifest records other settings for the stage than the study has.
    """
    record = read_manifest(folder).get("stages", {}).get(stage)
    if record is not None and record["settings"] != settings[stage]:
        raise OutputError(
            f"{folder / STAGE_FILES[stage][0]}",
            expected=f"the {stage} stage of this study",
            found="files that other settings made",
            hint=f"run the {stage} stage again, or choose another output folder",
        )


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of every file's bytes in hexadecimal, by absolute path."""
    files = sorted({file for path in paths for file in _files(path.resolve())})
    return {str(file): _digest(file) for file in files}


def versions() -> dict[str, str]:
    """Versions of Python and of everything that the numbers depend on."""
    packages = {name: version(name) for name in PACKAGES}
    libraries = {
        "GEOS": shapely.geos_version_string,
        "GDAL": ".".join(str(part) for part in pyogrio.__gdal_version__),
        "PROJ": pyproj.proj_version_str,
        "coverage": str(COVERAGE_VERSION),
        "stripe rows": str(STRIPE_ROWS),
    }
    return {"python": platform.python_version()} | packages | libraries


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return (file for file in path.rglob("*") if file.is_file())
    if path.suffix.lower() == ".shp":
        beside = (path.with_suffix(ending) for ending in SHAPEFILE_PARTS)
        return (path, *(file for file in beside if file.is_file()))
    return (path,)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
