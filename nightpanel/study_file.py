"""How a TOML file becomes a study, or the list of its problems.

Unknown keys are refused with a suggestion; paths are relative to the file and may name environment
variables as ``${NAME}``. Every problem of a file is found at once; the first one is raised.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geo.errors import StudyFileError
from nightpanel.asked import Asked, asked
from nightpanel.study import DesignsFile, Study
from nightpanel.study_paths import with_paths
from nightpanel.toml_file import raise_first, read_toml, validated

WHAT = "study file"
LISTED = ": `nightpanel check` lists them"
PLACE_OF_VARIATION = 4  # as in designs.0.vary.1


def load_study(path: Path) -> Study:
    """Read a study file.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    Study
        With absolute paths.

    Raises
    ------
    StudyFileError
        The file's first problem, with the number of further ones.
    """
    study, problems = read_study(path)
    if study is None:
        raise_first(problems, others_by=LISTED)
    return study


def read_study(path: Path) -> tuple[Study | None, tuple[StudyFileError, ...]]:
    """A study file's model, or all its problems.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    study : Study or None
        None when there are problems.
    problems : tuple of StudyFileError
    """
    try:
        content = with_paths(read_toml(path, what=WHAT), path)
    except StudyFileError as error:
        return None, (error,)
    return validated(Study, content, path, remark=_variation)


def load_designs(path: Path) -> Asked:
    """The designs and tables of a designs file, or of a study file.

    Raises
    ------
    StudyFileError
        As `load_study`, or a table names no design.
    DesignError
        A design cannot be.
    """
    content = read_toml(path, what=WHAT)
    if "study" in content:
        study = load_study(path)
        if not study.designs:
            raise StudyFileError(
                f"{path}: designs",
                expected="at least one [[designs]] table",
                found="none",
                hint="add one, or name another file",
            )
        return asked(study.designs, study.tables)
    model, problems = validated(DesignsFile, with_paths(content, path), path, remark=_variation)
    if model is None:
        raise_first(problems, others_by=LISTED)
    return asked(model.designs, model.tables)


def _variation(content: Any, location: Sequence[str | int]) -> str:
    """The name of the variation that a location is in, in brackets; empty if it is in none."""
    if len(location) < PLACE_OF_VARIATION or location[0] != "designs" or location[2] != "vary":
        return ""
    for part in location[:PLACE_OF_VARIATION]:
        content = content[part]
    name = content.get("name") if isinstance(content, Mapping) else None
    return f" (variation {name!r})" if name else ""
