"""One year of a product in several files: parts of it, or versions among which a rule decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from geo.audit import AuditRow
from geo.errors import DuplicateYearError
from tiles.tile_names import Named

Several = Literal["refuse", "average", "prefer", "keep-both", "mosaic"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is made of several files of one year."""

    several: Several = "refuse"
    """``refuse`` them; ``average`` them, once calibrated; ``prefer`` one; ``keep-both`` under
    labels of their own; or put them together as a ``mosaic``."""
    prefer: tuple[str, ...] = ()
    """Satellites or versions, the most wanted first, for ``prefer``."""


REFUSE = Rule()


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one tile."""

    files: tuple[Named, ...]
    """One, or the parts of a mosaic in the order of their names."""
    label: str = ""
    """What tables call the product, if not by its name."""

    @property
    def key(self) -> tuple[str, int]:
        """Label and year."""
        first = self.files[0]
        return self.label or first.product.name, first.facts.year


def groups(named: Sequence[Named], rule: Rule) -> tuple[list[Group], list[AuditRow]]:
    """Files by the tiles that they make.

    Parameters
    ----------
    named : sequence of Named
    rule : Rule

    Returns
    -------
    list of Group
        By product and year; a year has several groups only if they are kept or averaged.
    list of AuditRow
        What the rule did.

    Raises
    ------
    DuplicateYearError
        If two files claim the same product and year and nothing says what to do.
    """
    found: list[Group] = []
    audit: list[AuditRow] = []
    for _, of_year in groupby(sorted(named, key=_year), key=_year):
        versions = _versions(list(of_year), rule)
        chosen, rows = _chosen(versions, rule)
        found += chosen
        audit += rows
    # A satellite that has a year alone is the same series as in the years that it shares.
    apart = {group.files[0].product.name for group in found if group.label}
    labelled = [
        Group(group.files, _label(group)) if group.files[0].product.name in apart else group
        for group in found
    ]
    return labelled, audit


def _year(item: Named) -> tuple[str, int]:
    return item.product.name, item.facts.year


def _versions(files: list[Named], rule: Rule) -> list[Group]:
    """The files of a product and year, by satellite and version."""
    if rule.several == "mosaic":
        for first, second in pairwise(files):
            if first.facts.variant != second.facts.variant:
                raise _duplicate(first, second, hint="name the parts of one satellite and version")
        return [Group(tuple(sorted(files, key=lambda item: item.where)))]
    versions = []
    ordered = sorted(files, key=lambda item: (item.facts.variant, item.facts.part, item.where))
    for _, same in groupby(ordered, key=lambda item: item.facts.variant):
        parts = list(same)
        for first, second in pairwise(parts):
            if first.facts.part == second.facts.part:
                raise _duplicate(first, second, hint="name only one of the two files")
        versions.append(Group(tuple(parts)))
    return versions


def _chosen(versions: list[Group], rule: Rule) -> tuple[list[Group], list[AuditRow]]:
    if len(versions) == 1 or rule.several == "average":
        return versions, []
    if rule.several == "keep-both":
        labelled = [Group(one.files, _label(one)) for one in versions]
        product, year = versions[0].key
        labels = ", ".join(group.label for group in labelled)
        return labelled, [
            AuditRow("tiles", "keep_both", f"{product} {year}", labels, len(labelled))
        ]
    if rule.several == "prefer":
        wanted = min(versions, key=lambda one: _rank(one, rule.prefer))
        if _rank(wanted, rule.prefer) < len(rule.prefer):
            rows = [
                AuditRow(
                    "tiles",
                    "not_preferred",
                    item.name,
                    f"{wanted.files[0].facts.variant} is preferred for {item.facts.year}",
                )
                for one in versions
                if one is not wanted
                for item in one.files
            ]
            return [wanted], rows
    hint = (
        "name only one of the two files, or say what makes one year of them: 'average', 'prefer' "
        "or 'keep-both' (lights.several, --several)"
    )
    raise _duplicate(versions[0].files[0], versions[1].files[0], hint=hint)


def _rank(group: Group, prefer: Sequence[str]) -> int:
    """Place of a group's satellite or version among those that are wanted, the last if none."""
    facts = group.files[0].facts
    names = {facts.satellite.lower(), facts.version.lower(), facts.variant.lower()}
    return next((k for k, name in enumerate(prefer) if name.lower() in names), len(prefer))


def _label(group: Group) -> str:
    first = group.files[0]
    return f"{first.product.name}:{first.facts.variant.replace(' ', '-') or 'unnamed'}"


def _duplicate(first: Named, second: Named, *, hint: str) -> DuplicateYearError:
    return DuplicateYearError(
        second.where,
        expected=f"one tile of {first.product.name} for {first.facts.year}",
        found=f"a second one, {first.where}",
        hint=hint,
    )
