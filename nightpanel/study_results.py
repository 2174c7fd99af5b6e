"""The study file's section on the tables of a paper."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_section import Section

TAKEN = frozenset(
    {
        "estimates", "notes", "descriptives", "balance", "missing", "outliers", "lost_cities",
        "index_weights", "index_contributions", "index_shares", "index_stability",
    }
)  # fmt: skip
"""File names in ``tables/`` that stand for something else."""


Layout = Literal["full", "paper", "both"]
Uncertainty = Literal["standard_error", "interval", "both"]
SHARED = {
    "effects": ("layout", "stars", "uncertainty", "labels"),
    "descriptive": ("layout", "labels"),
}
"""Keys of ``[results]`` that hold for a kind of table."""


class ResultsSection(Section):
    """What holds for all tables that do not say otherwise; see `ResultTableSection`."""

    layout: Layout = "full"
    """Layout of tables of effects and descriptive statistics."""
    stars: bool = False
    """Whether estimates carry stars."""
    uncertainty: Uncertainty | None = None
    """What stands below an estimate."""
    labels: dict[str, str] = {}
    """What columns of the panel are called in the paper's layout."""


def with_results(study: object) -> object:
    """A study as it was read, its tables with what ``[results]`` says of all of them.

    Parameters
    ----------
    study : object
        A mapping, normally; what has another shape is left to validation.
    """
    if not isinstance(study, dict):
        return study
    results, tables = study.get("results"), study.get("tables")
    if not isinstance(results, dict) or not isinstance(tables, list):
        return study
    return study | {"tables": [_with_shared(table, results) for table in tables]}


def _with_shared(table: object, results: dict[str, object]) -> object:
    if not isinstance(table, dict):
        return table
    layout = table.get("layout", results.get("layout", "full"))
    keys = [key for key in SHARED.get(str(table.get("kind", "effects")), ()) if key in results]
    kept = [key for key in keys if key != "labels" or layout != "full"]
    return {key: results[key] for key in kept} | table


class ResultTableSection(Section):
    """A table of the paper: a title, and designs beside each other."""

    title: str = Field(min_length=1)
    """Its title, and in small letters its file's name: "Table 3" is ``tables/table_3.csv``."""
    caption: str = ""
    """What it is about."""
    kind: Literal["effects", "curves", "checks", "descriptive", "standardised"] = "effects"
    """Effects side by side, effects along a variable, checks, descriptive statistics, or effects
    of a standard deviation with their arithmetic."""
    columns: Annotated[list[str], Field(min_length=1)]
    """Designs and variations by name, in the order of the table; one for descriptive statistics."""
    variants: list[str] | None = None
    """Variants of each; the faithful and the recommended one when left out."""
    stars: bool = False
    """Whether estimates carry stars (10, 5 and 1 %)."""
    layout: Layout = "full"
    """Everything that decides how far to trust an estimate, or Yu and Zhang's own few rows with the
    rest as notes, or both: then ``tables/table_3_paper.csv`` stands beside ``tables/table_3.csv``;
    it has the paper's variant of each design, and stars, uncertainty and labels are its alone."""
    uncertainty: Uncertainty | None = None
    """What stands below an estimate: both when left out, the error alone in the paper's layout."""
    labels: dict[str, str] = {}
    """What columns of the panel are called in the paper's layout: { uil = "UIL" }."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.stem():
            raise ValueError("title must have a letter or a digit")
        if self.stem() in TAKEN:
            raise ValueError(
                f"title must not be {self.title!r}, whose file stands for another table"
            )
        if self.kind == "descriptive" and (len(self.columns) > 1 or self.variants):
            raise ValueError("a descriptive table has one design in columns, and no variants")
        if self.kind != "effects" and self.stars:
            raise ValueError("stars are for a table of effects")
        if self.kind != "effects" and self.uncertainty is not None:
            raise ValueError("uncertainty is for a table of effects")
        if self.kind not in {"effects", "descriptive"} and self.layout != "full":
            raise ValueError("layout must be left out but for effects and descriptive statistics")
        if self.labels and self.layout == "full":
            raise ValueError('labels are for layout = "paper" or "both"')
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns must name each design once")
        return self

    def as_paper(self) -> "ResultTableSection | None":
        """The section of the same table in the paper's layout; None where it is not asked for."""
        own = {"layout": "paper", "variants": None}
        if self.layout == "both":
            return self.model_copy(update=own)
        return None if self.layout == "full" else self

    def as_full(self) -> "ResultTableSection | None":
        """The section of the full table; None where it is not asked for."""
        paper_only = {"layout": "full", "stars": False, "uncertainty": None, "labels": {}}
        if self.layout == "both":
            return self.model_copy(update=paper_only)
        return None if self.layout == "paper" else self

    def below(self) -> Uncertainty:
        """What stands below an estimate."""
        return self.uncertainty or ("standard_error" if self.layout == "paper" else "both")

    def stems(self) -> tuple[str, ...]:
        """The names of all its files without the endings."""
        beside = (f"{self.stem()}_paper",) if self.layout == "both" else ()
        return (self.stem(), *beside)

    def stem(self) -> str:
        """The name of its files without the ending; of both layouts that of the full one."""
        return re.sub(r"\W+", "_", self.title.lower()).strip("_")
