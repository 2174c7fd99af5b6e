"""The effects themselves: one row for every term of the design."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from estimation.cross_fitting import Answer, Inquiry
from estimation.parts.families import with_holm
from estimation.parts.part import MAIN, Setting, Told
from estimation.parts.rows import term_rows


@dataclass(frozen=True, slots=True)
class Effect:
    """The part that every variant has."""

    name: ClassVar[str] = "effect"

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - the main one is enough
        """Nothing beyond the main inquiry."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """A row for each term and scaling."""
        rows = with_holm(term_rows(setting, answers[MAIN]), setting.design)
        return Told(estimates=tuple(rows))
