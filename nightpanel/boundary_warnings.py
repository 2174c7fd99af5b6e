"""Audit rows on boundaries in a few lines, those first that a person should look into."""

from collections import Counter
from collections.abc import Iterable

from geo.audit import AuditRow

WARNINGS = (
    "misread_text", "cut_text", "doubtful_encoding", "doubtful_datum", "outside_datum",
    "shifted_boundaries", "outside_city", "city_without_polygon",
)  # fmt: skip
"""Rules that a person should look into."""


def warnings_among(rows: Iterable[AuditRow]) -> list[str]:
    """A line for each rule that a person should look into."""
    return audit_lines([row for row in rows if row.rule in WARNINGS])


def audit_lines(rows: Iterable[AuditRow]) -> list[str]:
    """A line for each rule, with its first row; those to look into first, and marked."""
    first: dict[str, AuditRow] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        first.setdefault(row.rule, row)
        counts[row.rule] += row.count
    ordered = sorted(first, key=lambda rule: rule not in WARNINGS)
    return [
        f"{'warning' if rule in WARNINGS else 'boundaries'}: {rule} ({counts[rule]}), "
        f"the first: {first[rule].subject}: {first[rule].detail}"
        for rule in ordered
    ]
