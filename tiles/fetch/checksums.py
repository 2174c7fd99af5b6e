"""The checksums beside fetched files: written at the first download, kept to from then on."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from geo.errors import FetchError
from tiles.whole_file import whole_file

NAME = "checksums.sha256"
"""In the form of ``sha256sum``, which can check it."""

LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[^/\\\n]+)")
READ_BYTES = 4 << 20


def read_checksums(folder: Path) -> dict[str, str]:
    """Checksums of a folder's files, by name.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to str
        SHA-256 in hexadecimal; empty if there is no such file.

    Raises
    ------
    FetchError
        If the file is damaged.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = LINE.fullmatch(line)
        if match is None:
            raise FetchError(
                f"{path}, line {number}",
                expected="64 hexadecimal digits, two spaces and a file's name",
                found=repr(line[:60]),
                hint="restore the file, or remove it to accept what is fetched next",
            )
        found[match["name"]] = match["digest"]
    return found


def write_checksums(folder: Path, checksums: Mapping[str, str]) -> None:
    """Write the file of checksums, whole or not at all."""
    text = "".join(f"{checksums[name]}  {name}\n" for name in sorted(checksums))
    with whole_file(folder / NAME) as draft:
        draft.write_text(text, encoding="utf-8")


def digest(path: Path, kind: str = "sha256") -> str:
    """Digest of a file's bytes, in hexadecimal."""
    found = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(READ_BYTES):
            found.update(block)
    return found.hexdigest()
