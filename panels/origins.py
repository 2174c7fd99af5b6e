"""Where a panel's values stand: the file of a column, the row of a city and year in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Place = tuple[str, int | None]
"""A file, with its sheet, and a row of it as its own program counts; None where not known."""
Places = Mapping[tuple[str, int], Place]
"""The place of each city and year of a table."""

NOWHERE: Place = ("", None)
"""The place of what was made of other values."""


def first_place(places: Places, keys: Iterable[tuple[str, int]]) -> Place:
    """The place of the first of some city-years that has one."""
    return next((places[key] for key in keys if key in places), NOWHERE)


@dataclass(frozen=True, slots=True)
class Origins:
    """The files behind the columns of a panel, as far as they are known."""

    tables: Mapping[str, str] = field(default_factory=dict)
    """Table, by column; columns made of others are not among them."""
    places: Mapping[str, Places] = field(default_factory=dict)
    """Places of its city-years, by table."""

    def of(self, column: str, city: str, year: int) -> Place:
        """File and row of a value; blank and None where they are not known."""
        return self.places.get(self.tables.get(column, ""), {}).get((city, year), NOWHERE)


UNKNOWN = Origins()
"""No file is known."""
