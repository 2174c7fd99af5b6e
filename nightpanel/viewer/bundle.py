"""Put MapLibre GL JS beside the page: ``python -m nightpanel.viewer.bundle ARCHIVE``."""

import io
import shutil
import sys
import tarfile
from functools import partial
from pathlib import Path

from geo.errors import ViewError
from nightpanel.drafts import write_whole
from nightpanel.viewer.page_files import MAPLIBRE, VENDOR, VENDORED, is_right_archive


def bundle(archive: Path, *, to: Path = VENDOR) -> None:
    """Take the files that the page needs out of an archive, if it is the right one.

    Parameters
    ----------
    archive : Path
        ``maplibre-gl-VERSION.tgz``, as ``npm pack`` leaves it.
    to : Path
        Folder of the files, made when it is not there.

    Raises
    ------
    ViewError
        The archive is not there, or is another than the one whose checksum is known.
    """
    content = archive.read_bytes() if archive.is_file() else b""
    if not is_right_archive(content):
        raise ViewError(
            str(archive),
            expected=f"npm's archive of maplibre-gl {MAPLIBRE}, by its SHA-512",
            found="another file" if content else "no such file",
            hint="remove it and type 'make viewer' again",
        )
    to.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        for name, inside in VENDORED.items():
            stream = packed.extractfile(inside)
            if stream is not None:
                write_whole(to / name, partial(shutil.copyfileobj, stream))


if __name__ == "__main__":
    try:
        bundle(Path(sys.argv[1]))
    except ViewError as error:
        sys.exit(f"ViewError: {error}")
