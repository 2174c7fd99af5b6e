"""The paths of a study file: relative to it, with environment variables as ``${NAME}``."""

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import StudyFileError
from tiles.calibration.coefficient_tables import SHIPPED
from tiles.tile_place import is_elsewhere

VARIABLE = re.compile(r"\$\{(\w+)\}")


def with_paths(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Expand ``${NAME}`` and anchor every path of a study file at its folder.

    Parameters
    ----------
    content : dict
        As TOML gives it; what has the wrong form is left for the models to name.
    path : Path
        The study file.

    Returns
    -------
    dict
        The same one.

    Raises
    ------
    StudyFileError
        If a variable is not set.
    """
    anchor = _Anchor(path, path.resolve().parent)
    lights, panel = content.get("lights"), content.get("panel")
    if isinstance(lights, dict):
        if isinstance(lights.get("tiles"), list):
            lights["tiles"] = [anchor.pattern(one, "lights.tiles") for one in lights["tiles"]]
        for index, step in enumerate(_tables(lights.get("steps"))):
            anchor.in_section(step, f"lights.steps.{index}")
    anchor.in_section(content.get("units"), "units")
    if isinstance(panel, dict):
        anchor.in_panel(panel)
    for index, design in enumerate(_tables(content.get("designs"))):
        anchor.in_design(design, f"designs.{index}")
    return content


def with_data_path(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same for a file of scenarios, which names data alone."""
    data = content.get("data")
    anchor = _Anchor(path, path.resolve().parent)
    anchor.in_section(data, "data")
    anchor.key(data, "mapping", "data")
    return content


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Where paths of a study file begin."""

    file: Path
    folder: Path

    def path(self, value: object, key: str) -> object:
        """An absolute path; what is no text is left alone."""
        if not isinstance(value, str):
            return value
        return str(self.folder / Path(self.expanded(value, key)).expanduser())

    def pattern(self, value: object, key: str) -> object:
        """An absolute pattern; addresses are left alone."""
        if not isinstance(value, str) or is_elsewhere(value):
            return value
        # The folder may hold characters that a pattern gives a meaning to.
        escaped = Path(glob.escape(str(self.folder)))
        return str(escaped / Path(self.expanded(value, key)).expanduser())

    def in_section(self, section: object, key: str) -> None:
        """Anchor the files that a section names."""
        if not isinstance(section, dict):
            return
        for name in ("file", "reference", "scale", "confirm", "cities"):
            self.key(section, name, key)
        crosswalk = section.get("crosswalk")
        if isinstance(crosswalk, str) and Path(crosswalk).suffix:
            self.key(section, "crosswalk", key)
        if section.get("coefficients") not in (None, *SHIPPED):
            section["coefficients"] = self.path(section["coefficients"], f"{key}.coefficients")

    def in_panel(self, panel: dict[str, Any]) -> None:
        """Anchor the files of a panel's tables and indices."""
        self.in_section(panel, "panel")
        for index, table in enumerate(_tables(panel.get("tables"))):
            self.in_section(table, f"panel.tables.{index}")
            if isinstance(table, dict):
                self.in_section(table.get("vintage"), f"panel.tables.{index}.vintage")
        for name, section in _sections(panel.get("indices")):
            self.in_section(section, f"panel.indices.{name}")
        for name, section in _sections(panel.get("real")):
            table = section.get("table")
            self.in_section(table, f"panel.real.{name}.table")
            if isinstance(table, dict):
                self.in_section(table.get("vintage"), f"panel.real.{name}.table.vintage")

    def in_design(self, design: object, key: str) -> None:
        """Anchor the files that a design and its variations name."""
        if not isinstance(design, dict):
            return
        asked = design.get("shift_share")
        if isinstance(asked, dict):
            for name in ("shares", "shocks", "leave_one_out"):
                self.in_section(asked.get(name), f"{key}.shift_share.{name}")
        for index, variation in enumerate(_tables(design.get("vary"))):
            self.in_design(variation, f"{key}.vary.{index}")

    def key(self, section: object, name: str, where: str) -> None:
        """Anchor the path of one key of a section."""
        if isinstance(section, dict) and name in section:
            section[name] = self.path(section[name], f"{where}.{name}")

    def expanded(self, value: str, key: str) -> str:
        """A text with its variables' contents."""

        def content(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in os.environ:
                raise StudyFileError(
                    f"{self.file}: {key}",
                    expected=f"the environment variable {name} that {value!r} names",
                    found="it is not set",
                    hint=f"set {name}, or write the path",
                )
            return os.environ[name]

        return VARIABLE.sub(content, value)


def _tables(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sections(value: object) -> list[tuple[str, dict[str, Any]]]:
    named = value.items() if isinstance(value, dict) else ()
    return [(name, section) for name, section in named if isinstance(section, dict)]
