"""The machine a run was made on, in words."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import rasterio

LOAD = "load at the start"
PACKAGES = (
    "dask", "exactextract", "geopandas", "numba", "numpy", "rasterio", "rasterstats", "rioxarray",
    "shapely", "xarray", "xvec",
)  # fmt: skip


def machine(work: Path) -> dict[str, str]:
    """What a reader needs to compare figures.

    Parameters
    ----------
    work : Path
        Folder of the workload, whose disk is described.

    Returns
    -------
    dict of str to str
    """
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "disk": _disk(work),
        "system": platform.platform(),
        "python": f"{platform.python_version()}, GDAL {rasterio.__gdal_version__}",
        "packages": versions,
        LOAD: f"{load} (1, 5, 15 minutes)",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor()
    lines = path.read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    speed = [line.split(":")[1].strip() for line in lines if line.startswith("cpu MHz")]
    return f"{names[0]}, {float(speed[0]):.0f} MHz" if names and speed else platform.machine()


def _disk(work: Path) -> str:
    mounts = [
        one for one in psutil.disk_partitions(all=True) if work.is_relative_to(one.mountpoint)
    ]
    if not mounts:
        return "unknown"
    mount = max(mounts, key=lambda one: len(one.mountpoint))
    return f"{mount.device}, {mount.fstype}"
