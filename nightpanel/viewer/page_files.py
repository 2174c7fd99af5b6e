"""The files of the page: ours, and MapLibre GL JS as `make viewer` puts it beside them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from geo.errors import ViewError

PAGE = Path(__file__).with_name("page")
VENDOR = Path(__file__).with_name("vendor")
"""Not in the repository: `make viewer` fills it from npm."""
MAPLIBRE = "6.17.0"
"""Version of MapLibre GL JS (BSD-3-Clause), which draws the map."""
MAPLIBRE_SHA512 = (
    "d9c848670a4b19e9e851039c9e6f4f93848b6c0f29a4d16af239695e2abdbdc6"
    "26dd8d702777dcf3614bd062f005a3d82422f33effe60b8e8a12ea55a2fef9ad"
)
"""SHA-512, in hexadecimal, of npm's archive of that version, as its registry states it."""
VENDORED: Mapping[str, str] = MappingProxyType(
    {
        "maplibre-gl.mjs": "package/dist/maplibre-gl.mjs",
        "maplibre-gl-worker.mjs": "package/dist/maplibre-gl-worker.mjs",
        "maplibre-gl.css": "package/dist/maplibre-gl.css",
        f"maplibre-gl-{MAPLIBRE}.txt": "package/LICENSE.txt",
    }
)
"""Files of the archive that are taken, by the names that they get; the licence says the version."""
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
}


def page_files() -> dict[str, Path]:
    """The files of the page by the path under which they are served: these and no others.

    Raises
    ------
    ViewError
        MapLibre is not there.
    """
    lacking = [name for name in VENDORED if not (VENDOR / name).is_file()]
    if lacking:
        raise ViewError(
            str(VENDOR),
            expected=f"MapLibre GL JS {MAPLIBRE}, which draws the map",
            found=f"no {lacking[0]}",
            hint="type 'make viewer' once in the project's folder, with npm installed",
        )
    own = {path.name: path for path in PAGE.iterdir() if path.suffix in TYPES}
    return own | {f"vendor/{name}": VENDOR / name for name in VENDORED}


def is_right_archive(archive: bytes) -> bool:
    """Whether an archive from npm is the one that is meant."""
    return hashlib.sha512(archive).hexdigest() == MAPLIBRE_SHA512
