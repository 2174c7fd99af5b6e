"""A study's indices, steps and ranges over the joined panel, in their order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from geo.audit import AuditRow
from nightpanel.do_step import do_step
from nightpanel.run_indices import INDEX_TABLES, make_index
from nightpanel.study_indices import CompositeSection, IndexSection
from nightpanel.study_panel import PanelSection
from nightpanel.study_steps import BalancedStep, IndexStep, PanelStep
from panels.losses import loss_table, step_losses
from panels.origins import Origins
from panels.ranges import Range, check_ranges
from panels.steps.derive import derive
from panels.steps.logs import log_columns
from panels.steps.regions import add_regions
from panels.steps.stepped import Stepped


@dataclass(frozen=True, slots=True)
class Shaped:
    """The panel after its steps."""

    table: pd.DataFrame
    """The panel."""
    audit: tuple[AuditRow, ...]
    """What was done."""
    losses: pd.DataFrame
    """City-years that steps dropped, as `panels.losses.loss_table`."""
    index_tables: Mapping[str, pd.DataFrame]
    """Tables of the composites, by name; none without a composite."""


def shape(
    table: pd.DataFrame,
    section: PanelSection,
    *,
    origins: Origins,
    years: Collection[int] | None = None,
    blank: frozenset[str] = frozenset(),
) -> Shaped:
    """Derive columns, make indices, do the steps, hold the ranges.

    Parameters
    ----------
    table : pandas.DataFrame
        The joined panel.
    section : PanelSection
        The study's ``[panel]``.
    origins : Origins
        Where the panel's values stand.
    years : collection of int, optional
        Years of the study, which a balanced step asks for where it names none; those of the table
        when left out.
    blank : frozenset of str
        Columns that are blank only because the light has not been read; cities are not
        dropped for them, and an index of them is blank.

    Returns
    -------
    Shaped

    Raises
    ------
    NightpanelError
        A column is missing, a value is outside a step's domain, a name is taken.
    """
    work = _Work(origins, years, blank)
    made = derive(table, sums=section.sums, ratios=section.ratios, logs={})
    for name, rule in section.logs.items():
        where = f"panel.logs.{name}"
        logged = log_columns(
            made,
            {rule.column: name},
            zeros=rule.zeros,
            constant=rule.constant,
            origins=origins,
            where=where,
        )
        made = work.keep(logged, where)
    if section.regions:
        added = add_regions(made, division=section.regions, where="panel.regions")
        made = work.keep(added, "panel.regions")
    later = {step.name for step in section.steps if isinstance(step, IndexStep)}
    for name, index in section.indices.items():
        if name not in later:
            made = work.index(made, name, index)
    for at, step in enumerate(section.steps):
        where = f"panel.steps.{at}"
        if isinstance(step, IndexStep):
            made = work.index(made, step.name, section.indices[step.name])
        else:
            stepped = do_step(work.fitted(made, step), made, origins, where)
            made = work.keep(stepped, f"{where} ({step.step})")
    if section.ranges:
        ranges = {name: Range(**one.model_dump()) for name, one in section.ranges.items()}
        made = work.keep(check_ranges(made, ranges, origins=origins), "panel.ranges")
    return work.shaped(made)


class _Work:
    """What steps leave on the way."""

    def __init__(
        self, origins: Origins, years: Collection[int] | None, blank: frozenset[str]
    ) -> None:
        self._origins = origins
        self._years = years
        self._blank = blank
        self._audit: list[AuditRow] = []
        self._losses: list[pd.DataFrame] = []
        self._tables: dict[str, list[pd.DataFrame]] = {}

    def keep(self, stepped: Stepped, place: str) -> pd.DataFrame:
        """Note what a step did; its panel."""
        self._audit += stepped.audit
        if len(stepped.dropped):
            self._losses.append(step_losses(stepped.dropped, place=place))
        return stepped.table

    def index(self, table: pd.DataFrame, name: str, section: IndexSection) -> pd.DataFrame:
        """The panel with an index more."""
        if self._blank and isinstance(section, CompositeSection):
            parts = [one for part in section.groups().values() for one in part]
            if any(one in table and table[one].isna().all() for one in parts):
                return table.assign(**{name: float("nan")})
        made = make_index(table, name, section, origins=self._origins)
        for kind, part in made.tables.items():
            self._tables.setdefault(kind, []).append(part)
        return self.keep(made.stepped, f"panel.indices.{name}")

    def fitted(self, table: pd.DataFrame, step: PanelStep) -> PanelStep:
        """The step in the study's years, and without the columns that only lack their light."""
        if not isinstance(step, BalancedStep):
            return step
        known = [
            one
            for one in step.columns
            if not self._blank or one not in table or table[one].notna().any()
        ]
        years = self._years if step.years is None else step.years
        return step.model_copy(
            update={"columns": known, "years": None if years is None else sorted(years)}
        )

    def shaped(self, table: pd.DataFrame) -> Shaped:
        """Everything together."""
        losses = pd.concat([loss_table(), *self._losses], ignore_index=True)
        tables = {
            kind: pd.concat(self._tables[kind], ignore_index=True)
            for kind in INDEX_TABLES
            if kind in self._tables
        }
        return Shaped(table, tuple(self._audit), losses, tables)
