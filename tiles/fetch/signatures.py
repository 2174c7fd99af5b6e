"""Files that no checksum vouches for: whether they are what their names say, and no web page."""

from collections.abc import Mapping
from pathlib import Path, PurePath

from geo.errors import FetchError

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
HDF5 = (b"\x89HDF\r\n\x1a\n",)
FIRST_BYTES = {
    ".tif": TIFF, ".tiff": TIFF, ".gz": (b"\x1f\x8b",), ".zip": (b"PK",),
    ".h5": HDF5, ".hdf5": HDF5, ".he5": HDF5,
}  # fmt: skip
"""How files of an ending begin."""

PAGES = (".html", ".htm", ".xhtml")


def check_signature(path: Path, name: str, *, where: str) -> None:
    """Refuse a file that does not begin as its name promises.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called.
    where : str
        Its address, for the error.

    Raises
    ------
    FetchError
    """
    known = FIRST_BYTES.get(PurePath(name).suffix.lower())
    if known is None:
        return
    with path.open("rb") as stream:
        first = stream.read(max(map(len, known)))
    if not first.startswith(known):
        raise _no_file(where, name, f"one that begins with {first!r}")


def check_is_no_page(headers: Mapping[str, str], name: str, where: str) -> None:
    """Refuse a page for people where a file was asked for, as sites send that want a log-in.

    Parameters
    ----------
    headers : mapping of str to str
        Of the answer.
    name : str
        What the file is called; names with a known beginning are judged by that alone, for some
        servers call every file a page.
    where : str
        Its address, for the error.

    Raises
    ------
    FetchError
    """
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    ending = PurePath(name).suffix.lower()
    if kind in ("text/html", "application/xhtml+xml") and ending not in (*PAGES, *FIRST_BYTES):
        raise _no_file(where, name, f"a page, {kind}")


def _no_file(where: str, name: str, found: str) -> FetchError:
    return FetchError(
        where,
        expected=f"a file as {name} promises",
        found=found,
        hint="sites that ask people to log in send such pages: give credentials, or correct the "
        "address",
    )
