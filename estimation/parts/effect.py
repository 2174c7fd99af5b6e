"""The effects themselves: one row for every term of the design."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from estimation.cross_fitting import Answer, Inquiry
from estimation.parts.families import with_holm
from estimation.parts.part import MAIN, Setting, Told
from estimation.parts.rows import clusters_of, term_rows
from estimation.problems.moving import few_moving, moving_clusters


@dataclass(frozen=True, slots=True)
class Effect:
    """The part that every variant has."""

    name: ClassVar[str] = "effect"

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - the main one is enough
        """Nothing beyond the main inquiry."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """A row for each term and scaling, with a warning where few clusters carry the term."""
        problem = setting.main.problem
        counts = moving_clusters(
            problem, setting.sample.year[problem.rows], in_levels=setting.in_levels
        )
        # That all clusters are few is said of the design as a whole.
        every = clusters_of(answers[MAIN])
        warnings = {
            name: few_moving(count) if count < every else ""
            for name, count in zip(problem.terms.names, counts, strict=True)
        }
        rows = [
            replace(row, note="; ".join(part for part in (row.note, warnings[row.term]) if part))
            for row in with_holm(term_rows(setting, answers[MAIN]), setting.design)
        ]
        notes = tuple(
            f"{problem.where}: {name} {warning}" for name, warning in warnings.items() if warning
        )
        return Told(estimates=tuple(rows), notes=notes)
