"""How a TOML file becomes a study, or the list of its problems.

Unknown keys are refused with a suggestion; paths are relative to the file and may name environment
variables as ``${NAME}``. Every problem of a file is found at once; the first one is raised.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from geo.errors import StudyFileError
from nightpanel.asked import Asked, asked
from nightpanel.study import DesignsFile, Study
from nightpanel.study_paths import with_paths

Model = TypeVar("Model", bound=BaseModel)

# What pydantic says before the part that answers "expected what?".
SHOULD = re.compile(r"^(Value error, |(Input|List|Dictionary|String) should (be|have) )")
LONGEST_FOUND = 60
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
        _raise_first(problems)
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
        content = with_paths(_toml(path), path)
    except StudyFileError as error:
        return None, (error,)
    return _validated(Study, content, path)


def load_designs(path: Path) -> Asked:
    """The designs and tables of a designs file, or of a study file.

    Raises
    ------
    StudyFileError
        As `load_study`, or a table names no design.
    DesignError
        A design cannot be.
    """
    content = _toml(path)
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
    model, problems = _validated(DesignsFile, with_paths(content, path), path)
    if model is None:
        _raise_first(problems)
    return asked(model.designs, model.tables)


def _raise_first(problems: Sequence[StudyFileError]) -> NoReturn:
    first, others = problems[0], len(problems) - 1
    more = f" ({others} more: `nightpanel check` lists them)" if others else ""
    raise StudyFileError(
        first.where, expected=first.expected, found=first.found, hint=first.hint + more
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyFileError(
            str(path),
            expected="a readable study file",
            found=error.strerror or str(error),
            hint="check the path",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyFileError(
            str(path), expected="TOML in UTF-8", found=str(error), hint="mend that line"
        ) from error


def _validated(
    model: type[Model], content: Mapping[str, Any], path: Path
) -> tuple[Model | None, tuple[StudyFileError, ...]]:
    try:
        return model.model_validate(content), ()
    except ValidationError as error:
        # A misspelt key also leaves the right one missing: the cause comes first.
        found = sorted(error.errors(), key=lambda details: details["type"] != "extra_forbidden")
        return None, tuple(_problem(model, details, path, content) for details in found)


def _problem(
    model: type[BaseModel], details: ErrorDetails, path: Path, content: Mapping[str, Any]
) -> StudyFileError:
    location = details["loc"]
    key = ".".join(str(part) for part in location) + _variation(content, location)
    where = f"{path}: {key}" if key else str(path)
    if details["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, location[:-1]))
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        return StudyFileError(
            where,
            expected=f"one of the keys {', '.join(known)}",
            found=repr(str(location[-1])),
            hint=f"did you mean {close[0]!r}?" if close else "remove it",
        )
    if details["type"] == "missing":
        return StudyFileError(where, expected="this key", found="nothing", hint="add it")
    if details["type"] == "union_tag_invalid":
        return _unknown_kind(where, details["ctx"])
    found = repr(details["input"])
    return StudyFileError(
        where,
        expected=SHOULD.sub("", details["msg"]),
        found=found if len(found) <= LONGEST_FOUND else "the section as it is written",
        hint="mend it",
    )


def _variation(content: Any, location: Sequence[str | int]) -> str:
    """The name of the variation that a location is in, in brackets; empty if it is in none."""
    if len(location) < PLACE_OF_VARIATION or location[0] != "designs" or location[2] != "vary":
        return ""
    for part in location[:PLACE_OF_VARIATION]:
        content = content[part]
    name = content.get("name") if isinstance(content, Mapping) else None
    return f" (variation {name!r})" if name else ""


def _unknown_kind(where: str, context: Mapping[str, Any]) -> StudyFileError:
    """A section of several kinds that names none of them."""
    known = [word.strip("'") for word in context["expected_tags"].split(", ")]
    close = difflib.get_close_matches(context["tag"], known, n=1)
    key = context["discriminator"].strip("'")
    return StudyFileError(
        f"{where}.{key}",
        expected=f"one of {', '.join(known)}",
        found=repr(context["tag"]),
        hint=f"did you mean {close[0]!r}?" if close else "mend it",
    )


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> set[str]:
    """Names of the keys that the section at a location may have."""
    sections = [model]
    for part in location:
        if isinstance(part, int):
            continue
        inner = [
            one
            for section in sections
            if part in section.model_fields
            for one in _sections_of(section.model_fields[part].annotation)
        ]
        # Of a section that may be one of several kinds, the location also names the kind.
        sections = inner or [one for one in sections if part in _kinds(one)] or sections
    return {name for section in sections for name in section.model_fields}


def _sections_of(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for inner in get_args(annotation) for one in _sections_of(inner)]


def _kinds(section: type[BaseModel]) -> tuple[object, ...]:
    """The words by which a section of several kinds is told."""
    fields = (section.model_fields.get(name) for name in ("step", "kind"))
    return tuple(word for field in fields if field for word in get_args(field.annotation))
