"""Tile: the light of one product and year on one grid, wherever its values are."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from geo.grid import Grid
from tiles.products import NameFacts, Product
from tiles.source import Source
from tiles.tile_place import file_name

TileKey = tuple[str, int]
"""Label of the product, and year."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The light of one product and year."""

    where: str
    """Path or address of its file, of the first if it has several."""
    product: Product
    """Whose contract its values keep."""
    facts: NameFacts
    """What the names of its files say: year, satellite, version."""
    grid: Grid
    """Where its cells are."""
    dtype: str
    """NumPy name of its values' type."""
    nodata: float | None
    """The value that it declares to be no data, if it declares one."""
    source: Source
    """Its values."""
    label: str = ""
    """What tables call its product, where one year of a product has several tiles."""

    @property
    def path(self) -> Path:
        """Path of its file."""
        return Path(self.where)

    @property
    def name(self) -> str:
        """The name of its file, which audit rows speak of."""
        return file_name(self.where)

    @property
    def year(self) -> int:
        """Calendar year of the light."""
        return self.facts.year

    @property
    def product_label(self) -> str:
        """The word in the column ``product``."""
        return self.label or self.product.name

    @property
    def key(self) -> TileKey:
        """What tells it from the others of a catalogue."""
        return self.product_label, self.year

    @property
    def fill_values(self) -> tuple[float, ...]:
        """Values that mark a cell without an observation: the product's, and the declared one."""
        declared = () if self.nodata is None else (self.nodata,)
        return tuple(dict.fromkeys((*self.product.fill_values, *declared)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of its product's files of its year and satellite."""
        return tuple(
            note.text
            for note in self.product.notes
            if self.year in note.years and note.satellite in (None, self.facts.satellite)
        )

    def labelled(self, label: str) -> Self:
        """The same tile under a label of its own."""
        return replace(self, label=label)
