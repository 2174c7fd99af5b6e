"""The manifest: for every stage, the settings, inputs, code and time that made its files."""

import json
import platform
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from geo.errors import OutputError
from nightpanel.study import Study
from tiles.made_with import package_version

REPORT = "report"
"""The stage that shows what the others made."""
STAGES = ("lights", "panel", "estimates", REPORT)
SEAM = "seam.csv"
STAGE_FILES = {
    "lights": ("units.parquet", "cities.parquet", "townships.gpkg", "townships.parquet", SEAM),
    "panel": (
        "panel.parquet",
        "unmatched.parquet",
        "matches.parquet",
        "dropped.parquet",
        "reconciliation.parquet",
        "tables/descriptives.csv",
        "tables/balance.csv",
        "tables/missing.csv",
        "tables/outliers.csv",
        "tables/lost_cities.csv",
        "tables/index_weights.csv",
        "tables/index_contributions.csv",
        "tables/index_shares.csv",
        "tables/index_stability.csv",
    ),
    "estimates": (
        "estimates.parquet",
        "checks.parquet",
        "curves.parquet",
        "tuning.parquet",
        "residuals.parquet",
        "tables/estimates.csv",
        "tables/notes.txt",
    ),
    REPORT: ("report.html", "methods.md", "references.bib"),
}
"""Files that stages leave in an output folder; figures and tables of the paper come beside them."""
IF_ANY = frozenset(
    {
        SEAM,
        "reconciliation.parquet",
        "tables/index_weights.csv",
        "tables/index_contributions.csv",
        "tables/index_shares.csv",
        "tables/index_stability.csv",
    }
)
"""Of these, files that there are only where the study asks for them."""
PACKAGES = (
    "nightpanel", "numpy", "numba", "scipy", "pandas", "pyarrow", "geopandas", "pyogrio", "pyproj",
    "shapely", "rasterio", "doubleml", "scikit-learn", "pyfixest", "statsmodels", "lightgbm",
    "optuna", "dask", "distributed",
)  # fmt: skip
XGBOOST = ("xgboost-cpu", "xgboost")
"""Under which names it may be installed."""
MANIFEST = "manifest.json"
CACHE = ".cache"
"""The folder of the store in an output folder, unless another is named."""


def stage_settings(study: Study) -> dict[str, Any]:
    """What of a study decides each stage's files, as JSON knows it."""
    whole = study.model_dump(mode="json")
    return {
        "lights": {key: whole[key] for key in ("products", "lights", "units")}
        | {"years": whole["study"]["years"]},
        "panel": whole["panel"] and {"years": whole["study"]["years"], **whole["panel"]},
        "estimates": {key: whole[key] for key in ("designs", "tables")},
        REPORT: {},
    }


def stage_record(
    *,
    settings: object,
    inputs: Mapping[str, str],
    files: Mapping[str, str],
    code: str,
    seconds: float,
    about: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One stage's entry of the manifest.

    Parameters
    ----------
    settings : object
        As JSON knows it.
    inputs, files : mapping of str to str
        SHA-256 of what was read, by absolute path, and of what was written, by its name in the
        output folder.
    code : str
        Digest of the code that ran and of what it stands on; versions are written beside it.
    seconds : float
        Wall time.
    about : mapping, optional
        Further entries.

    Returns
    -------
    dict
    """
    return dict(about or {}) | {
        "settings": settings,
        "inputs": dict(inputs),
        "files": dict(files),
        "code": code,
        "versions": versions(),
        "seconds": seconds,
    }


def merged_manifest(
    records: Mapping[str, Mapping[str, Any]],
    folder: Path,
    *,
    audit: str | None,
    stale: Collection[str] = (),
) -> dict[str, Any]:
    """The manifest of an output folder after some stages ran.

    Parameters
    ----------
    records : mapping of stage to record
        The stages that ran now.
    folder : Path
        The output folder, with the manifest of earlier runs or without.
    audit : str or None
        SHA-256 of the audit table; None where there is none.
    stale : collection of str
        Stages whose files are removed now, or whose audit rows are lost.

    Returns
    -------
    dict
        ``stages`` and ``audit``.

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
    return {"stages": kept | dict(records), "audit": audit}


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


def versions() -> dict[str, str]:
    """Versions of Python and of everything that the numbers depend on."""
    from importlib.metadata import version

    # Only what writes a manifest needs these, and a run with nothing to do writes none.
    import pyogrio
    import pyproj
    import shapely

    packages = {name: version(name) for name in PACKAGES}
    # One library under two names: with what graphics cards need, and without.
    packages |= {"xgboost": next(v for v in map(package_version, XGBOOST) if v != "missing")}
    libraries = {
        "GEOS": shapely.geos_version_string,
        "GDAL": ".".join(str(part) for part in pyogrio.__gdal_version__),
        "PROJ": pyproj.proj_version_str,
    }
    return {"python": platform.python_version()} | packages | libraries
