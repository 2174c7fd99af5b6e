"""The study file: its models, and how a TOML file becomes one.

Unknown keys are refused with a suggestion; paths are relative to the file and may name environment
variables as ``${NAME}``. Every problem of a file is found at once; the first one is raised.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from estimation.designs import VARIANTS, Design
from geo.errors import StudyFileError

Model = TypeVar("Model", bound=BaseModel)

# What pydantic says before the part that answers "expected what?".
SHOULD = re.compile(r"^(Value error, |(Input|List|Dictionary|String) should (be|have) )")
LONGEST_FOUND = 60
VARIABLE = re.compile(r"\$\{(\w+)\}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _as_path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


FilePath = Annotated[Path, BeforeValidator(_as_path)]


class StudySection(_Section):
    """What the study is called and which years it covers."""

    name: str = Field(min_length=1)
    """A short name; it stands in the manifest."""
    years: list[int] | None = None
    """Calendar years; every one needs a tile. All years that have tiles when left out."""


class ProductSection(_Section):
    """A light product of the user's own: its contract."""

    name: str
    """The product's name, as used in ``lights.product``."""
    title: str = ""
    """A longer name for tables."""
    pattern: str
    """Regular expression for the file name, with a group named ``year``."""
    unit: str
    """Unit of the values, for example ``DN`` or ``nW/cm2/sr``."""
    valid_min: float
    """Smallest valid value."""
    valid_max: float
    """Largest valid value."""
    fill_values: list[float] = []
    """Values that mean "not observed"; all outside the valid range."""
    saturation: float | None = None
    """Value at and above which the sensor was saturated."""
    lit_above: float = 0.0
    """A cell is lit when its value is above this one."""
    source: str = "the study file"
    """Where the contract comes from."""


class LightsSection(_Section):
    """Which tiles to read and how."""

    tiles: list[str] = Field(min_length=1)
    """File names or glob patterns."""
    product: str | None = None
    """The product of all tiles; read from their names when left out."""
    cell_area: Literal["planar", "geodesic"] = "planar"
    """Weight of a cell: its share alone, or its share times its geodesic area."""
    bootstrap_draws: int = Field(default=500, ge=0)
    """Draws of the bootstrap over units that gives the Gini's interval; 0 for none."""


class UnitsSection(_Section):
    """The polygons."""

    file: FilePath
    """Any vector file: GeoPackage, GeoJSON, Shapefile, GeoParquet."""
    layer: str | None = None
    """The layer, where the file has several."""
    unit_id: str
    """Column that identifies a unit."""
    city_id: str
    """Column of the city, or ``COLUMN:DIGITS`` for the first digits of a code."""
    name: str | None = None
    """Column of the unit's name."""
    crosswalk: str | None = None
    """Named crosswalk of city codes, for example ``china-municipalities``."""


class UilSection(_Section):
    """Industrial upgrading (UIL), from value added or from reported shares."""

    name: str = "uil"
    """Name of the column to make."""
    value_added: list[str] | None = None
    """Mapped columns of value added: primary, secondary, tertiary."""
    shares: list[str] | None = None
    """Mapped columns of reported shares, used where value added is missing."""
    unit: Literal["fraction", "percent"] | None = None
    """Unit of the reported shares; must be stated where shares are used."""
    on_bad_shares: Literal["error", "keep", "drop"] = "error"
    """What to do with shares that miss one by more than 0.005."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.value_added is None and self.shares is None:
            raise ValueError("value_added or shares must name three columns")
        if self.shares is not None and self.unit is None:
            raise ValueError('unit must be "fraction" or "percent" where shares are used')
        return self


class TableSection(_Section):
    """One yearbook table and the mapping of its columns."""

    file: FilePath
    """csv, xlsx, dta or parquet."""
    sheet: str | None = None
    """Sheet of an xlsx file with several."""
    city: str
    """Column of the city code."""
    year: str
    """Column of the year."""
    city_digits: int = Field(default=4, ge=1)
    """How many leading digits of the code name the city."""
    columns: dict[str, str] = Field(min_length=1)
    """New name = the column's name in the file."""
    crosswalk: str | None = None
    """Named crosswalk of city codes."""
    encoding: str | None = None
    """Encoding of a csv file; UTF-8 when left out."""
    uil: UilSection | None = None
    """Industrial upgrading made from this table's columns, when the study wants it."""


class PanelSection(_Section):
    """The yearbook tables that join the light, and columns made from them."""

    tables: list[TableSection] = Field(min_length=1)
    """The tables, each keyed by city and year."""
    product: str | None = None
    """The product whose city-years are joined, where the light has several."""
    sums: dict[str, list[str]] = {}
    """New column = sum of columns."""
    ratios: dict[str, list[str]] = {}
    """New column = first over second column."""
    logs: dict[str, str] = {}
    """New column = natural logarithm of a column."""


class DesignSection(_Section):
    """What is estimated and how."""

    name: str
    """The design's name in the table of estimates."""
    outcome: str
    """Outcome column of the panel."""
    treatment: str
    """Treatment column of the panel."""
    controls: list[str] = []
    """Control columns of the panel."""
    variants: list[str] = list(VARIANTS)
    """Ways of running it, side by side."""
    learner: str = "gradient_boosting"
    """Learner of the nuisance functions."""
    folds: int = Field(default=5, ge=2)
    """Folds of the cross-fitting."""
    repetitions: int = Field(default=20, ge=1)
    """Repetitions of the sample splitting (the faithful variant has one)."""
    seed: int = 20110
    """Seed of folds and learners."""
    min_units: int = Field(default=5, ge=1)
    """City-years with fewer units are left out, where the panel counts units."""
    exclude_cities: list[str] | None = None
    """Cities to leave out; the pseudo-cities when not given."""
    years: list[int] | None = None
    """Years of the sample; all when left out."""

    def design(self) -> Design:
        """The estimation room's frozen design."""
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in self.model_dump(exclude={"exclude_cities"}).items()
        }
        if self.exclude_cities is not None:
            given["exclude_cities"] = frozenset(self.exclude_cities)
        return Design(**given)


class Study(_Section):
    """A whole study; paths are absolute once it is read from a file."""

    study: StudySection
    """Name and years."""
    products: list[ProductSection] = []
    """Light products of the user's own."""
    lights: LightsSection
    """Tiles."""
    units: UnitsSection
    """Polygons."""
    panel: PanelSection | None = None
    """Yearbook tables; a study without them ends with the light."""
    designs: list[DesignSection] = []
    """Designs; they need a panel."""

    @model_validator(mode="after")
    def _designs_have_a_panel(self) -> Self:
        if self.designs and self.panel is None:
            raise ValueError("designs need a [panel] section")
        return self


class DesignsFile(_Section):
    """A file of designs alone, for a panel that exists already."""

    designs: list[DesignSection] = Field(min_length=1)
    """The designs."""


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
        content = _resolved(_toml(path), path)
    except StudyFileError as error:
        return None, (error,)
    return _validated(Study, content, path)


def load_designs(path: Path) -> tuple[Design, ...]:
    """The designs of a designs file, or of a study file.

    Raises
    ------
    StudyFileError
        As `load_study`.
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
        return tuple(section.design() for section in study.designs)
    model, problems = _validated(DesignsFile, content, path)
    if model is None:
        _raise_first(problems)
    return tuple(section.design() for section in model.designs)


def lights_study(
    *,
    tiles: Sequence[str],
    units: Path,
    unit_id: str,
    city_id: str,
    product: str | None = None,
    layer: str | None = None,
    crosswalk: str | None = None,
) -> Study:
    """A study of light and inequality alone, without a file.

    Parameters
    ----------
    tiles : sequence of str
        File names or glob patterns.
    units : Path
        Vector file of the units.
    unit_id, city_id, layer, crosswalk
        As in the study file's ``[units]``.
    product : str, optional
        As in the study file's ``[lights]``.

    Returns
    -------
    Study
    """
    return Study(
        study=StudySection(name="lights"),
        lights=LightsSection(tiles=list(tiles), product=product),
        units=UnitsSection(
            file=units, layer=layer, unit_id=unit_id, city_id=city_id, crosswalk=crosswalk
        ),
    )


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


def _resolved(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Expand ``${NAME}`` and anchor every path of the file at its folder."""
    folder = path.resolve().parent

    def anchored(value: object, key: str) -> object:
        if not isinstance(value, str):
            return value
        return str(folder / Path(_expanded(value, f"{path}: {key}")).expanduser())

    def anchor_file(section: object, key: str) -> None:
        if isinstance(section, dict) and "file" in section:
            section["file"] = anchored(section["file"], f"{key}.file")

    lights = content.get("lights")
    if isinstance(lights, dict) and isinstance(lights.get("tiles"), list):
        lights["tiles"] = [anchored(one, "lights.tiles") for one in lights["tiles"]]
    anchor_file(content.get("units"), "units")
    panel = content.get("panel")
    tables = panel.get("tables") if isinstance(panel, dict) else None
    for index, table in enumerate(tables if isinstance(tables, list) else []):
        anchor_file(table, f"panel.tables.{index}")
    return content


def _expanded(value: str, where: str) -> str:
    def content(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise StudyFileError(
                where,
                expected=f"the environment variable {name} that {value!r} names",
                found="it is not set",
                hint=f"set {name}, or write the path",
            )
        return os.environ[name]

    return VARIABLE.sub(content, value)


def _validated(
    model: type[Model], content: Mapping[str, Any], path: Path
) -> tuple[Model | None, tuple[StudyFileError, ...]]:
    try:
        return model.model_validate(content), ()
    except ValidationError as error:
        # A misspelt key also leaves the right one missing: the cause comes first.
        found = sorted(error.errors(), key=lambda details: details["type"] != "extra_forbidden")
        return None, tuple(_problem(model, details, path) for details in found)


def _problem(model: type[BaseModel], details: ErrorDetails, path: Path) -> StudyFileError:
    location = details["loc"]
    key = ".".join(str(part) for part in location)
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
    found = repr(details["input"])
    return StudyFileError(
        where,
        expected=SHOULD.sub("", details["msg"]),
        found=found if len(found) <= LONGEST_FOUND else "the section as it is written",
        hint="mend it",
    )


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> set[str]:
    """Names of the keys that the section at a location may have."""
    section: type[BaseModel] = model
    for part in location:
        if isinstance(part, int):
            continue
        section = _section_of(section.model_fields[part].annotation)
    return set(section.model_fields)


def _section_of(annotation: object) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_section_of(inner) for inner in get_args(annotation) if inner is not type(None))
