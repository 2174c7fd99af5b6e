"""Where a tile is, told from the text of its path or address alone."""

import re
from pathlib import Path

ON_THE_WEB = ("http://", "https://")
ELSEWHERE = re.compile(r"^(?:/vsi|[a-zA-Z][a-zA-Z0-9_+.-]+:)")
"""GDAL's virtual file systems, and schemes as in ftp://, s3: or NETCDF:; not a drive's letter."""


def is_elsewhere(text: str) -> bool:
    """Whether a text is an address or a path of a virtual file system, and no path of a file."""
    return text.startswith(ON_THE_WEB) or ELSEWHERE.match(text) is not None


def is_store(path: Path) -> bool:
    """Whether a path is that of a Zarr store: a folder with a store's own files."""
    return path.is_dir() and any((path / name).is_file() for name in ("zarr.json", ".zgroup"))


def file_name(where: str) -> str:
    """The last part of a path or an address."""
    return where.rsplit("/", 1)[-1]
