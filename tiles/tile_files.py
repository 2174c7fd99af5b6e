"""From what a user names to the files of tiles: patterns, archives, catalogues; none is opened."""

import glob
from collections.abc import Sequence
from pathlib import Path

from geo.errors import TileMissingError, TilePathError
from tiles.tile_place import ON_THE_WEB, is_elsewhere, is_store
from tiles.unpack import ZIP, tile_members
from tiles.web_address import check_address, shown


def tile_files(patterns: Sequence[str | Path], *, network: bool = False) -> list[str]:
    """The tiles that paths and patterns name, each once, in the order named; none is opened.

    Parameters
    ----------
    patterns : sequence of str or Path
        Paths, patterns with ``*``, ``?``, ``[...]`` and ``**``, and addresses of web servers.
    network : bool
        Whether addresses are allowed.

    Returns
    -------
    list of str
        Absolute paths, and addresses; of a member of an archive, the archive's path and its name.

    Raises
    ------
    TileMissingError
        If a file does not exist, or a pattern matches none.
    TilePathError
        If a path leads to a network without leave, or to a virtual file system.
    TileUnreadableError
        If a STAC catalogue or an archive cannot be read, or has no tile.
    """
    files: dict[str, str] = {}
    for pattern in patterns:
        text = str(pattern)
        if is_elsewhere(text):
            _check_allowed(text, network=network)
            files.setdefault(text, text)
            continue
        for path in _matched(pattern):
            for where in _listed(path):
                if is_elsewhere(where):
                    _check_allowed(where, network=network)
                    files.setdefault(where, where)
                else:
                    files.setdefault(str(Path(where).resolve()), where)
    if not files:
        raise TileMissingError(
            "tiles", expected="a path or a pattern", found="none", hint="name the raster files"
        )
    return list(files.values())


def stores_and_files(
    patterns: Sequence[str | Path], *, network: bool = False
) -> tuple[list[Path], list[str]]:
    """The Zarr stores among what paths and patterns name, and all else; as `tile_files`."""
    found = tile_files(patterns, network=network)
    stores = {where: Path(where) for where in found if is_store(Path(where))}
    return list(stores.values()), [where for where in found if where not in stores]


def _check_allowed(text: str, *, network: bool) -> None:
    if not text.startswith(ON_THE_WEB):
        raise TilePathError(
            shown(text),
            expected="a file of this machine, or an address that begins with https://",
            found="a virtual file system or another scheme",
            hint="name the file itself; packed files are unpacked without such a prefix",
        )
    check_address(text, error=TilePathError, query=False)
    if not network:
        raise TilePathError(
            text,
            expected="a file of this machine",
            found="an address on the network, which the study does not allow",
            hint="fetch the file first, or set lights.network = true",
        )


def _listed(path: Path) -> list[str]:
    """The path itself, the tiles of an archive, or what a STAC catalogue lists."""
    if path.suffix.lower() == ".json":
        from tiles.read_stac import read_stac  # pystac is loaded with the first catalogue

        return [where for href in read_stac(path) for where in _members(href)]
    return _members(str(path.absolute()))


def _members(where: str) -> list[str]:
    """The path itself, or those of an archive's tiles."""
    if is_elsewhere(where) or Path(where).suffix.lower() != ZIP:
        return [where]
    return [f"{where}/{member}" for member in tile_members(Path(where))]


def _matched(pattern: str | Path) -> list[Path]:
    path = Path(pattern).expanduser()
    matched = [path]
    if glob.has_magic(str(path)) and not path.exists():
        # Path.glob takes no absolute pattern and matches hidden files.
        names = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
        matched = [Path(name) for name in names if Path(name).is_file() or is_store(Path(name))]
    if not matched or not (matched[0].is_file() or is_store(matched[0])):
        raise TileMissingError(
            str(pattern),
            expected="a raster file, or a pattern that matches one",
            found="a folder" if path.is_dir() else "no such file",
            hint="add /*.tif to the folder" if path.is_dir() else "correct the path",
        )
    return matched
