"""What made a stage's files: the code that runs, and digests of what it wrote."""

from pathlib import Path

from nightpanel.digests import FileDigests
from nightpanel.manifest import IF_ANY, STAGE_FILES
from tiles.code_version import code_version
from tiles.digest import digest_of


def running_code() -> str:
    """Digest of this project's sources and the versions of what they stand on."""
    return digest_of(code_version())


def stage_files(stage: str, folder: Path) -> dict[str, str]:
    """SHA-256 of the files that a stage has written into a folder, by name.

    Parameters
    ----------
    stage : str
    folder : Path
        A staging folder, which holds nothing else.
    """
    places = {name: folder / name for name in STAGE_FILES[stage]}
    files = {name: path for name, path in places.items() if name not in IF_ANY or path.is_file()}
    if stage == "estimates":
        files |= {str(path.relative_to(folder)): path for path in sorted(folder.glob("tables/*"))}
    digests = FileDigests().of(files.values())
    return {name: digests[path] for name, path in files.items()}
