"""A TOML file as a model, or the list of its problems; for unknown keys one is suggested."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from geo.errors import StudyFileError

Model = TypeVar("Model", bound=BaseModel)
Place = Sequence[str | int]
Remark = Callable[[Any, Place], str]
"""What to say after the key of a problem, from the file's content and the key's parts."""

# What pydantic says before the part that answers "expected what?".
SHOULD = re.compile(r"^(Value error, |(Input|List|Dictionary|String) should (be|have) )")
COUNTED = re.compile(r" after validation, not \d+$")
"""What it says behind it, where the value that was found says it, too."""
LONGEST_FOUND = 60


def read_toml(path: Path, *, what: str) -> dict[str, Any]:
    """The content of a TOML file.

    Parameters
    ----------
    path : Path
    what : str
        What kind of file it is, for errors.

    Raises
    ------
    StudyFileError
        It cannot be read, or is no TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyFileError(
            str(path),
            expected=f"a readable {what}",
            found=error.strerror or str(error),
            hint="check the path",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyFileError(
            str(path), expected="TOML in UTF-8", found=str(error), hint="mend that line"
        ) from error


def validated(
    model: type[Model], content: Mapping[str, Any], path: Path, *, remark: Remark
) -> tuple[Model | None, tuple[StudyFileError, ...]]:
    """A file's model, or all its problems.

    Parameters
    ----------
    model : type
        A section, see `nightpanel.study_section.Section`.
    content : mapping
        As TOML gives it.
    path : Path
        The file, for errors.
    remark : callable
        As `Remark`.

    Returns
    -------
    model : Model or None
        None when there are problems.
    problems : tuple of StudyFileError
    """
    try:
        return model.model_validate(content), ()
    except ValidationError as error:
        # A misspelt key also leaves the right one missing: the cause comes first.
        found = sorted(error.errors(), key=lambda details: details["type"] != "extra_forbidden")
        return None, tuple(_problem(model, details, path, content, remark) for details in found)


def raise_first(problems: Sequence[StudyFileError], *, others_by: str = "") -> NoReturn:
    """Raise the first of some problems, with the number of the others and what lists them.

    Raises
    ------
    StudyFileError
    """
    first, others = problems[0], len(problems) - 1
    more = f" ({others} more{others_by})" if others else ""
    raise StudyFileError(
        first.where, expected=first.expected, found=first.found, hint=first.hint + more
    )


def _problem(
    model: type[BaseModel],
    details: ErrorDetails,
    path: Path,
    content: Mapping[str, Any],
    remark: Remark,
) -> StudyFileError:
    location = details["loc"]
    key = ".".join(str(part) for part in location) + remark(content, location)
    where = f"{path}: {key}" if key else str(path)
    if details["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, location[:-1]))
        key = str(location[-1])
        alike = [name for name in known if name.lower() == key.lower()]
        close = alike or difflib.get_close_matches(key, known, n=1)
        return StudyFileError(
            where,
            expected=f"one of the keys {', '.join(known)}",
            found=repr(key),
            hint=f"did you mean {close[0]!r}?" if close else "remove it",
        )
    if details["type"] == "missing":
        return StudyFileError(where, expected="this key", found="nothing", hint="add it")
    if details["type"] == "union_tag_invalid":
        return _unknown_kind(where, details["ctx"])
    found = repr(details["input"])
    return StudyFileError(
        where,
        expected=COUNTED.sub("", SHOULD.sub("", details["msg"])),
        found=found if len(found) <= LONGEST_FOUND else "the section as it is written",
        hint="mend it",
    )


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
