"""Where a panel's values stand: the file of a column, the row of a city and year in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origins:
    """The files behind the columns of a panel, as far as they are known."""

    files: Mapping[str, str] = field(default_factory=dict)
    """File, with its sheet, by column; columns made of others are not among them."""
    rows: Mapping[str, Mapping[tuple[str, int], int]] = field(default_factory=dict)
    """By file, the row of a city and year, as the file's own program counts."""

    def of(self, column: str, city: str, year: int) -> tuple[str, int | None]:
        """File and row of a value.

        Returns
        -------
        file : str
            Blank for a column that was made of others.
        row : int or None
            None where it is not known.
        """
        file = self.files.get(column, "")
        return file, self.row(file, city, year)

    def row(self, file: str, city: str, year: int) -> int | None:
        """Row of a city and year in a file; None where it is not known."""
        return self.rows.get(file, {}).get((city, year))


UNKNOWN = Origins()
"""No file is known."""
