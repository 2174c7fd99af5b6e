"""Datasets: where a vector file's bytes are, in a folder of this machine or in an archive."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geo.errors import BoundaryFileError
from geo.zipped import archive_of, member_of


@dataclass(frozen=True, slots=True)
class Dataset:
    """A vector dataset that can be opened."""

    where: str
    """What errors and audit rows call it."""
    opens: str
    """What GDAL opens."""
    suffix: str
    """Its ending, in small letters."""
    content: Callable[[], bytes]
    """Gives its bytes."""
    beside: Callable[[str], bytes | None]
    """Gives the bytes of the file of the same name with another ending, None if there is none."""
    zipped: bool
    """Whether it lies in an archive."""


def dataset_of(path: Path) -> Dataset:
    """The dataset that a path names.

    Parameters
    ----------
    path : pathlib.Path
        A file or folder, an archive that holds one dataset, or ``ARCHIVE/NAME`` in one.

    Returns
    -------
    Dataset

    Raises
    ------
    BoundaryFileError
        There is no such file, or the archive cannot be used.
    """
    archive = archive_of(path)
    if archive is not None:
        member = member_of(path, archive)
        suffix = Path(member.name).suffix.lower()
        return Dataset(
            f"{archive}/{member.name}" if path == archive else f"{path}",
            member.gdal_path,
            suffix,
            member.content,
            member.beside,
            zipped=True,
        )
    if not path.exists():
        raise BoundaryFileError(
            f"{path}",
            expected="a file of polygons",
            found="no such file",
            hint="check the path of the units",
        )

    def beside(suffix: str) -> bytes | None:
        wanted = (path.stem + suffix).lower()
        found = [other for other in path.parent.iterdir() if other.name.lower() == wanted]
        return found[0].read_bytes() if found else None

    suffix = path.suffix.lower()
    return Dataset(f"{path}", f"{path}", suffix, path.read_bytes, beside, zipped=False)
