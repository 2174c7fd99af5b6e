"""Which crosswalks of a study are files of the user's."""

from pathlib import Path


def crosswalk_files(*names: str | None) -> list[Path]:
    """The files among crosswalks; shipped ones are names without an ending.

    Parameters
    ----------
    names : str or None
        As a study says them.

    Returns
    -------
    list of Path
    """
    return [Path(name) for name in names if name is not None and Path(name).suffix]
