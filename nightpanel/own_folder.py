"""An output folder of one command alone: empty, or left by an earlier run of the same."""

from pathlib import Path

from geo.errors import OutputError
from nightpanel.manifest import read_manifest
from nightpanel.outputs import STAGED, check_writable


def require_own_folder(folder: Path, *, stage: str, what: str) -> None:
    """Refuse a folder that holds anything but the outputs of a stage, and change nothing in it.

    Parameters
    ----------
    folder : Path
        Need not be there.
    stage : str
        As its manifest names it.
    what : str
        What a run of it is called, for the error.

    Raises
    ------
    OutputError
        The manifest is of another command, or there are files without a manifest.
    """
    if not folder.is_dir():
        return
    if any(folder.glob(f"{STAGED}*")):
        check_writable(folder)  # moves what a killed run had still to move, the manifest last
    found = set(read_manifest(folder).get("stages", {}))
    if found == {stage}:
        return
    # Hidden files are locks and drafts, or of the system.
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if not found and not others:
        return
    told = f"outputs of {', '.join(sorted(found))}" if found else f"other files, as {others[0]}"
    raise OutputError(
        str(folder),
        expected=f"an empty folder, or one of an earlier {what}",
        found=told,
        hint="choose another with --out",
    )
