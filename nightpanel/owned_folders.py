"""Hidden folders of one writer each: who finds one can tell whether its writer is alive.

Beside a folder lies its owner, a file that its writer keeps locked; the folder has the owner's name
without the ending. What a killed writer leaves, the next one finds by its owner.
"""

import secrets
import shutil
from pathlib import Path
from typing import IO

from nightpanel.file_locks import is_left, take

OWNER = ".owner"


def new_owner(parent: Path, prefix: str) -> tuple[Path, IO[bytes]]:
    """The owner of a folder that is still to be made, locked until the stream is closed.

    Raises
    ------
    OSError
        It cannot be made.
    """
    owner = parent / f"{prefix}{secrets.token_hex(8)}{OWNER}"
    stream = owner.open("xb")
    take(stream)
    return owner, stream


def folder_of(owner: Path) -> Path:
    """The folder that belongs to an owner."""
    return owner.with_suffix("")


def left_owners(parent: Path, prefix: str) -> list[Path]:
    """Owners whose writers are gone, by name."""
    return [owner for owner in sorted(parent.glob(f"{prefix}*{OWNER}")) if is_left(owner)]


def discard(owner: Path) -> None:
    """Remove a folder and its owner.

    Raises
    ------
    OSError
        The owner cannot be removed.
    """
    shutil.rmtree(folder_of(owner), ignore_errors=True)
    owner.unlink(missing_ok=True)
