"""Files that appear under their name whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A hidden place beside a path, whose file moves there if the block ends without an error.

    Parameters
    ----------
    path : Path
        In an existing folder.

    Yields
    ------
    Path
        Where to write; nobody else writes there.

    Raises
    ------
    OSError
        If the file cannot be moved; what was at the path still is.
    """
    draft = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
