"""A tile's file on this machine: the one that the user has, and what of it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tiles.file_state import FileState, file_state, require_unchanged
from tiles.unpack import archive_of, is_packed, unpacked


@dataclass(frozen=True, slots=True)
class TileFile:
    """A file, or a member of an archive."""

    where: Path
    """What errors call it; of a member, the archive's path and the member's name."""
    path: Path
    """The file that the user has, which is digested and watched."""
    state: FileState
    """Its state when it was opened."""
    member: str = ""
    """Name of the member, if the file is an archive."""
    unpacked: Path | None = None
    """Where the raster is, if the file came packed."""

    @property
    def raster(self) -> Path:
        """The file that is read."""
        return self.unpacked or self.path

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`."""
        found = of_file(self.path)
        return ("member", found, self.member) if self.member else found

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        require_unchanged(self.path, self.state)


def tile_file(where: str, *, unpack_to: Path, max_bytes: int) -> TileFile:
    """Find a tile's file, and unpack it if it is packed.

    Parameters
    ----------
    where : str
        Path of a file, or of a member of an archive.
    unpack_to : Path
        Folder for files that come packed.
    max_bytes : int
        How large they may become.

    Returns
    -------
    TileFile

    Raises
    ------
    TileMissingError
        If there is no such file.
    TileUnreadableError, TileSizeError
        If it cannot be unpacked.
    """
    path, member = archive_of(where)
    state = file_state(path)
    if not is_packed(path):
        return TileFile(path, path, state)
    folder = unpacked(path, state, folder=unpack_to, max_bytes=max_bytes)
    return TileFile(Path(where), path, state, member, folder / (member or path.stem))
