"""What code made a result: a digest of the sources and libraries behind it, part of its address."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from tiles.digest import digest_of

ROOMS = ("geo", "tiles", "panels", "estimation", "nightpanel")
"""The packages of this project."""

LIBRARIES = (
    "numpy", "numba", "scipy", "pandas", "pyarrow", "shapely", "pyproj", "pyogrio", "rasterio",
)  # fmt: skip
"""The packages that decide what is read from files and the bits that are computed from it."""

_IMPORT = re.compile(
    rf"^[ ]*(?:from (?P<package>(?:{'|'.join(ROOMS)})(?:\.\w+)*) import (?P<names>\([^)]*\)|.*)"
    rf"|import (?P<module>(?:{'|'.join(ROOMS)})(?:\.\w+)+))",
    re.MULTILINE,
)


@cache
def made_with(*modules: str) -> str:
    """Digest of everything that a result of some modules hangs on beside its input.

    Parameters
    ----------
    modules : str
        Modules of this project.

    Returns
    -------
    str
        SHA-256, in hexadecimal, of their sources, of those that they import, and of the versions of
        the libraries: whoever edits a loop or moves to another GEOS computes again.
    """
    sources = {}
    waiting = [name for name in modules if _source(name) is not None]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = _source(name)
            waiting += _imported(sources[name] or "")
    import shapely  # not for a run with nothing to do, which asks for `libraries` alone

    return digest_of(sorted(sources.items()), libraries(), shapely.geos_version_string)


@cache
def libraries() -> tuple[tuple[str, str], ...]:
    """Versions of the packages that results come from, and of the C libraries in them."""
    import pyproj
    import rasterio

    inside = [("GDAL", rasterio.__gdal_version__), ("PROJ", pyproj.proj_version_str)]
    return (*((name, package_version(name)) for name in LIBRARIES), *inside)


def package_version(package: str) -> str:
    """The version of a package, or ``missing``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _imported(source: str) -> Iterator[str]:
    """The modules of this project that a source names in its imports."""
    for found in _IMPORT.finditer(source):
        if found["module"]:
            yield found["module"]
            continue
        if _source(found["package"]) is not None:
            yield found["package"]
        for name in re.findall(r"\w+", re.sub(r"\bas \w+", "", found["names"])):
            module = f"{found['package']}.{name}"
            if _source(module) is not None:
                yield module


@cache
def _source(module: str) -> str | None:
    """The text of a module of this project; None if there is no such module."""
    room, *inner = module.split(".")
    spec = find_spec(room)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder, *inner)
        for file in (path.with_suffix(".py"), path / "__init__.py") if inner else ():
            if file.is_file():
                return file.read_text(encoding="utf-8")
    return None
