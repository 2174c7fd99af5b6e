"""Files by name alone: whose folders they were in is nobody's business."""

from pathlib import PurePath

from nightpanel.output_folder import OutputFolder


def known_folders(folder: OutputFolder) -> tuple[str, ...]:
    """Folders that a run's records speak of, as texts that end where a name begins.

    Parameters
    ----------
    folder : OutputFolder

    Returns
    -------
    tuple of str
        Of the inputs, of the audit's files and the output folder itself; longer ones first.
    """
    paths = [path for record in folder.stages.values() for path in record["inputs"]]
    if folder.audit is not None and "file" in folder.audit:
        paths += [str(one) for one in folder.audit["file"].dropna().unique()]
    parents = {PurePath(path).parent for path in paths}
    parents |= {folder.path.absolute(), folder.path.resolve()}
    found = {f"{parent}/" for parent in parents if parent.is_absolute() and parent.name}
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def without_folders(text: str, folders: tuple[str, ...]) -> str:
    """A text whose files have lost their folders."""
    for one in folders:
        text = text.replace(one, "")
    return text
