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
    layout: Literal["full", "paper"] = "full"
    """Everything that decides how far to trust an estimate, or Yu and Zhang's own few rows, with
    the rest as notes."""
    uncertainty: Literal["standard_error", "interval", "both"] | None = None
    """What stands below an estimate: both when left out, the error alone in the paper's layout."""
    labels: dict[str, str] = {}
    """What columns of the panel are called in the table: { uil = "UIL" }."""

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
        if self.kind not in {"effects", "descriptive"} and self.layout == "paper":
            raise ValueError('layout = "paper" is for tables of effects and descriptive statistics')
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns must name each design once")
        return self

    def below(self) -> Literal["standard_error", "interval", "both"]:
        """What stands below an estimate."""
        return self.uncertainty or ("standard_error" if self.layout == "paper" else "both")

    def stem(self) -> str:
        """The name of its files without the ending."""
        return re.sub(r"\W+", "_", self.title.lower()).strip("_")
