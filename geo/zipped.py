"""Zipped vector files: checked by their table of contents, then read inside the archive by GDAL.

Nothing is unpacked to the disk, and no name of the archive becomes a path of this machine. Archives
with names that would lead elsewhere, and such as promise absurd sizes, are refused all the same:
whoever made them meant no boundaries.
"""

import re
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geo.errors import BoundaryFileError

ARCHIVES = (".zip", ".kmz")
VECTOR = (
    ".shp", ".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".geoparquet", ".pq", ".kml", ".gml",
    ".tab", ".mif", ".gdb",
)  # fmt: skip
"""Endings of members that are vector datasets of their own."""

MOST_MEMBERS = 10_000
MOST_BYTES = 8_000_000_000
MOST_RATIO = 1_000
"""Text of coordinates packs to a tenth; deflate cannot exceed 1,032."""
RATIO_FROM = 50_000_000
"""Bytes from which the ratio counts."""

ENCRYPTED, SAYS_UTF8 = 0x1, 0x800
"""Flags of a member."""
MOST_LISTED = 8
NOT_SHOWN = ("__MACOSX", ".")
"""Beginnings of names that systems add of their own accord."""


@dataclass(frozen=True, slots=True)
class Member:
    """A vector dataset in an archive."""

    archive: Path
    """The archive."""
    name: str
    """Its name there."""

    @property
    def gdal_path(self) -> str:
        """What GDAL opens; in braces the archive may have any ending."""
        where = str(self.archive)
        return f"/vsizip/{where if '{' in where or '}' in where else f'{{{where}}}'}/{self.name}"

    def content(self) -> bytes:
        """Its bytes."""
        with zipfile.ZipFile(self.archive) as opened:
            return opened.read(self.name)

    def beside(self, suffix: str) -> bytes | None:
        """The bytes of the member of the same name with another ending, in any letters."""
        wanted = PurePosixPath(self.name).with_suffix(suffix).as_posix()
        with zipfile.ZipFile(self.archive) as opened:
            names = [name for name in opened.namelist() if name.lower() == wanted.lower()]
            return opened.read(names[0]) if names else None


def archive_of(path: Path) -> Path | None:
    """The archive that a path names or leads into, None if none.

    Parameters
    ----------
    path : Path
        ``units.zip``, or ``units.zip/folder/units.shp`` where the archive holds several datasets.

    Returns
    -------
    Path or None
    """
    for part in (path, *path.parents):
        if part.suffix.lower() in ARCHIVES and part.is_file():
            return part
    return None


def member_of(path: Path, archive: Path) -> Member:
    """The vector dataset that a path names in an archive.

    Parameters
    ----------
    path : Path
    archive : Path
        As `archive_of` gives it.

    Returns
    -------
    Member

    Raises
    ------
    BoundaryFileError
        The archive is damaged, encrypted, hostile or absurdly large, holds no vector dataset or
        not the named one, or several and none was named.
    """
    entries = _entries(archive)
    for entry in entries:
        _refuse_hostile(archive, entry)
    _refuse_absurd(archive, entries)
    datasets = _datasets(entries)
    wanted = path.relative_to(archive).as_posix()
    if wanted == "." and len(datasets) == 1:
        return Member(archive, *datasets.values())
    if wanted in datasets:
        return Member(archive, datasets[wanted])
    listed = ", ".join(map(repr, list(datasets)[:MOST_LISTED]))
    raise BoundaryFileError(
        f"{path}",
        expected="one vector dataset in the archive, or the name of one",
        found=f"{len(datasets)}: {listed}" if datasets else "none",
        hint=f"name one, for example {archive.name}/{next(iter(datasets))}"
        if datasets
        else f"put a file of polygons in it ({', '.join(VECTOR)})",
    )


def _entries(archive: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise BoundaryFileError(
            f"{archive}",
            expected="a zip archive",
            found=f"{type(error).__name__}: {error}",
            hint="check that the file is whole",
        ) from error


def _refuse_hostile(archive: Path, entry: zipfile.ZipInfo) -> None:
    """Refuse names that lead out of the archive, links and what needs a password."""
    name = entry.orig_filename
    parts = name.split("/")
    wrong = {
        "an absolute name": name.startswith("/") or re.match("[A-Za-z]:", name) is not None,
        "a name that leads out of the archive": ".." in parts,
        "a name with a backslash": "\\" in name,
        "a name with a zero byte": "\0" in name,
        "a name with a brace": "{" in name or "}" in name,
        "a link": stat.S_ISLNK(entry.external_attr >> 16),
        "an encrypted member": bool(entry.flag_bits & ENCRYPTED),
    }
    for what, found in wrong.items():
        if found:
            raise BoundaryFileError(
                f"{archive}",
                expected="plain files under plain relative names",
                found=f"{what}: {name!r}",
                hint="do not trust this archive; unpack it elsewhere, look, and name the file",
            )


def _refuse_absurd(archive: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse archives that would fill memory or disk, by what their table of contents promises."""
    size = sum(entry.file_size for entry in entries)
    worst = max(
        (entry.file_size / max(entry.compress_size, 1) for entry in entries
         if entry.file_size > RATIO_FROM),
        default=1.0,
    )  # fmt: skip
    names = [entry.filename for entry in entries]
    found = {
        f"{len(entries)} members": len(entries) > MOST_MEMBERS,
        f"{size / 1e9:.1f} GB": size > MOST_BYTES,
        f"a member packed to a {worst:.0f}th of its size": worst > MOST_RATIO,
        # Members that share their bytes promise far more than is there.
        "members packed larger than the archive": sum(entry.compress_size for entry in entries)
        > archive.stat().st_size,
        "two members of one name": len(set(names)) < len(names),
    }
    for what, wrong in found.items():
        if wrong:
            raise BoundaryFileError(
                f"{archive}",
                expected=f"at most {MOST_MEMBERS} distinct members of {MOST_BYTES / 1e9:g} GB",
                found=what,
                hint="do not trust this archive; if it is meant so, unpack it and name the file",
            )


def _datasets(entries: Sequence[zipfile.ZipInfo]) -> dict[str, str]:
    """Names of vector datasets, folders such as ``x.gdb`` once, by what a reader calls them."""
    found: dict[str, str] = {}
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if any(part.startswith(NOT_SHOWN) for part in path.parts):
            continue
        holders = [parent for parent in path.parents if parent.suffix.lower() == ".gdb"]
        whole = holders[-1] if holders else path
        if whole.suffix.lower() in VECTOR and (holders or not entry.is_dir()):
            found[_legible(whole.as_posix(), entry)] = whole.as_posix()
    return found


def _legible(name: str, entry: zipfile.ZipInfo) -> str:
    """A name as its writer saw it: Chinese Windows puts GBK into archives and does not say so."""
    if entry.flag_bits & SAYS_UTF8 or name.isascii():
        return name
    raw = name.encode("cp437")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return name
