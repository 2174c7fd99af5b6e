"""What made a stage's files: the code that runs, and digests of what it wrote."""

from pathlib import Path

from nightpanel.digests import FileDigests
from nightpanel.manifest import STAGE_FILES
from tiles.code_version import code_version
from tiles.digest import digest_of


def running_code() -> str:
    """Digest of this project's sources and the versions of what they stand on."""
    return digest_of(code_version())


def stage_files(stage: str, folder: Path) -> dict[str, str]:
    """SHA-256 of the files that a stage has written into a folder, by name.

    Some stages write some of theirs only where there is something to say.
    """
    files = {name: folder / name for name in STAGE_FILES[stage] if (folder / name).exists()}
    digests = FileDigests().of(files.values())
    return {name: digests[path] for name, path in files.items()}
