"""Window: a rectangle of a grid's cells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of cells: rows and columns counted from the grid's first, ends excluded."""

    first_row: int
    """First row."""
    end_row: int
    """Row after the last."""
    first_col: int
    """First column."""
    end_col: int
    """Column after the last."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return self.end_row - self.first_row, self.end_col - self.first_col
