"""Which code a process runs: what has to be equal on every machine for the same bits."""

import hashlib
import platform
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from geo.errors import SchedulerError
from tiles.made_with import ROOMS, libraries, package_version

PACKAGES = (
    "dask", "distributed", "scikit-learn", "doubleml", "pyfixest", "pandera", "statsmodels",
    "lightgbm", "xgboost", "xgboost-cpu", "optuna",
)  # fmt: skip
"""Packages that carry tasks from machine to machine, or that estimates come from."""

CodeVersion = tuple[tuple[str, str], ...]


@cache
def code_version() -> CodeVersion:
    """Names and versions of what this process computes with.

    Returns
    -------
    tuple of (name, version)
        Python with its minor version, the packages that tasks and results depend on with the C
        libraries in them, and
        ``nightpanel code``: a digest of this project's own sources, because two working copies of
        one version may differ.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    packages = [(name, package_version(name)) for name in PACKAGES]
    return (("python", python), *packages, *libraries(), ("nightpanel code", _digest()))


def check_same_code(here: CodeVersion, there: CodeVersion, *, where: str) -> None:
    """Refuse a process whose code is not the client's.

    Parameters
    ----------
    here, there : tuple of (name, version)
        The client's and the other's, from `code_version`.
    where : str
        The other process, for the error.

    Raises
    ------
    SchedulerError
        If they differ.
    """
    if here == there:
        return
    other = dict(there)
    unlike = [(name, mine) for name, mine in here if other.get(name) != mine]
    raise SchedulerError(
        where,
        expected=", ".join(f"{name} {mine}" for name, mine in unlike) + ", as here",
        found=", ".join(f"{name} {other.get(name, 'missing')}" for name, _ in unlike),
        hint="run the same environment on every machine of the cluster",
    )


def _digest() -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the rooms' sources."""
    digest = hashlib.sha256()
    for room in ROOMS:
        spec = find_spec(room)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            for source in sorted(Path(folder).rglob("*.py")):
                digest.update(f"{room}/{source.relative_to(folder)}\n".encode())
                digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
