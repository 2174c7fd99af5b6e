"""How a TOML file becomes scenarios of the structural model, or its first problem."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geo.errors import StudyFileError
from nightpanel.scenario_sections import ScenarioFile
from nightpanel.study_paths import with_data_path
from nightpanel.toml_file import raise_first, read_toml, validated


def load_scenarios(path: Path) -> ScenarioFile:
    """Read a scenario file.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    ScenarioFile
        With absolute paths.

    Raises
    ------
    StudyFileError
        The file's first problem: it is no TOML, a key is unknown or of the wrong kind, a name
        occurs twice, a grid or figure names a scenario that is not there, there is none at all.
    """
    content = with_data_path(read_toml(path, what="scenario file"), path)
    model, problems = validated(ScenarioFile, content, path, remark=_name)
    if model is None:
        raise_first(problems)
    _require_names(model, path)
    return model


def _require_names(model: ScenarioFile, path: Path) -> None:
    """Refuse names that occur twice or mean nothing, and a file that asks for nothing."""
    if not model.scenarios and not model.grid:
        raise StudyFileError(
            str(path),
            expected="at least one [[scenarios]] or [[grid]] table",
            found="none",
            hint="add one, or leave --scenarios out for those of the paper",
        )
    known: dict[str, str] = {}
    named = [(f"scenarios.{at}", one.name) for at, one in enumerate(model.scenarios)]
    named += [(f"grid.{at}", one.name) for at, one in enumerate(model.grid)]
    for key, name in named:
        if name in known:
            raise StudyFileError(
                f"{path}: {key}.name",
                expected="a name of its own",
                found=f"{name!r}, the name of {known[name]}",
                hint="rename one of them",
            )
        known[name] = key
    scenarios = {one.name for one in model.scenarios}
    for at, grid in enumerate(model.grid):
        if grid.scenario is not None:
            _require_known([grid.scenario], scenarios, f"{path}: grid.{at}.scenario")
    figures = model.figures or []
    for at, figure in enumerate(figures):
        _require_known(figure.scenarios, scenarios, f"{path}: figures.{at}.scenarios")
    _require_once([figure.name for figure in figures], f"{path}: figures")


def _require_known(names: Sequence[str], known: set[str], where: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise StudyFileError(
            where,
            expected=f"a scenario's name: {', '.join(sorted(known)) or 'there are none'}",
            found=repr(unknown[0]),
            hint="correct the name, or add the scenario",
        )


def _require_once(names: Sequence[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StudyFileError(
            where, expected="names of their own", found=f"{twice[0]!r} twice", hint="rename one"
        )


def _name(content: Any, location: Sequence[str | int]) -> str:
    """The name of the scenario or grid that a location is in, in brackets; empty if in none."""
    if len(location) < 2 or location[0] not in {"scenarios", "grid", "figures"}:
        return ""
    try:
        section = content[location[0]][location[1]]
    except (KeyError, TypeError):  # a table where a list of them is expected
        return ""
    name = section.get("name") if isinstance(section, Mapping) else None
    return f" ({name!r})" if isinstance(name, str) and name else ""
