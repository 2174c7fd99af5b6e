"""The study file's sections on indices that are made from yearbook columns."""

from typing import Literal, Self

from pydantic import model_validator

from nightpanel.study_section import Section


class UilSection(Section):
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
