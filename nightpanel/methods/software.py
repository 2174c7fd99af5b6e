"""Sentences on software: what the numbers hang on, with versions, and digests of inputs."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nightpanel.methods.said import counted, listed

OF_LIGHT = ("rasterio", "GDAL", "shapely", "GEOS", "pyproj", "PROJ", "numba")
OF_ESTIMATES = ("doubleml", "scikit-learn", "pyfixest")
OF_LEARNERS = ("lightgbm", "xgboost")
WORD = r"^(\w+)"
"""The learner's own name, before its settings."""
OF_ALL = ("numpy", "scipy", "pandas")


def software_sentences(
    stages: Mapping[str, Any],
    estimates: pd.DataFrame | None = None,
    tuning: pd.DataFrame | None = None,
) -> Iterator[str]:
    """Versions of the program and of what it stands on, as the stages recorded them.

    Parameters
    ----------
    stages : mapping
        Entries of the manifest by stage.
    estimates, tuning : pandas.DataFrame, optional
        Tables whose learners and searches have packages of their own.
    """
    versions: dict[str, set[str]] = {}
    for record in stages.values():
        for name, version in record.get("versions", {}).items():
            versions.setdefault(name, set()).add(str(version))
    wanted = [*OF_ALL]
    wanted += OF_LIGHT if "lights" in stages else ()
    wanted += OF_ESTIMATES if "estimates" in stages else ()
    learners = set() if estimates is None else set(estimates["learner"].str.extract(WORD)[0])
    wanted += [name for name in OF_LEARNERS if name in learners]
    wanted += ["optuna"] if tuning is not None and len(tuning) else []
    told = [
        f"{name} {listed(sorted(versions[name]))}"
        for name in ("nightpanel", "python", *wanted)
        if name in versions
    ]
    if told:
        yield f"Computed with {listed(told)}."
    inputs = {digest for record in stages.values() for digest in record.get("inputs", {}).values()}
    if inputs:
        yield (
            f"The manifest holds the SHA-256 of {counted(len(inputs), 'input file')} and of every "
            "file that was made."
        )
