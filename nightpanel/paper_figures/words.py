"""The words of a figure: names of cities, designs and columns in letters that can be drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nightpanel.city_labels import city_labels, with_id
from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures.chinese_font import ChineseFont, best_font, code_points, own_letters

LONGEST = 36
"""Letters of a name that are drawn."""
NO_LETTER = "\N{WHITE SQUARE}"
NAMED = {
    "design": ("design", "variation_of"),
    "column": ("outcome", "treatment", "along"),
    "term": ("term",),
}
"""Columns of estimates and curves whose texts are drawn, by what they name."""
SHOWN_LETTERS = 12
"""Letters without a font that a note lists."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in figures for the names of a study."""

    cities: Mapping[str, str]
    """Name, or code, of each city by its id."""
    others: Mapping[str, str]
    """What is drawn for names of designs, columns and terms."""
    font: ChineseFont | None
    """The font that is needed beside the style's own."""
    notes: tuple[str, ...]
    """What a reader must know of names that cannot be drawn."""

    def of(self, name: object) -> str:
        """What is drawn for a name; a letter without a font is an empty box."""
        known = self.others.get(str(name))
        line = tidy(str(name))
        return known or "".join(one if self.has(one) else NO_LETTER for one in line)

    def has(self, text: str) -> bool:
        """Whether a text can be drawn as it is."""
        return code_points(text) <= _letters(self.font)

    def city(self, city_id: str) -> str:
        """What is drawn for a city: its name with its id, or the id alone."""
        return with_id(self.cities.get(city_id, city_id), tidy(city_id))


def words_of(folder: OutputFolder) -> Words:
    """The words for an output folder, with the fonts of this machine.

    Parameters
    ----------
    folder : OutputFolder

    Returns
    -------
    Words
        A city whose name no font has stands under its id, which is its code; a design, column or
        term under its kind and number, which a note explains.
    """
    labels = {city: tidy(name) for city, name in city_labels(folder).items()}
    named = _named(folder)
    others = words_of_names(named, beside=labels.values())
    cities, notes = _drawable_cities(labels, _letters(others.font))
    return Words(cities, others.others, others.font, notes + others.notes)


def words_of_names(named: Mapping[str, Sequence[str]], *, beside: Iterable[str] = ()) -> Words:
    """The words for some names without an output folder, with the fonts of this machine.

    Parameters
    ----------
    named : mapping of str to sequence of str
        Names by what they name; one that no font has stands under that word and its number.
    beside : iterable of str
        Other texts that the font should write.

    Returns
    -------
    Words
        Without cities.
    """
    font = best_font([*beside, *(tidy(name) for names in named.values() for name in names)])
    others, notes = dict[str, str](), list[str]()
    for kind, names in named.items():
        drawn, said = _drawable(kind, names, _letters(font))
        others |= drawn
        notes += said
    return Words({}, others, font, tuple(notes))


def _letters(font: ChineseFont | None) -> frozenset[int]:
    """Code points that can be drawn."""
    return own_letters() | (font.letters if font else frozenset[int]())


def tidy(name: str) -> str:
    """A name on one line, cut where it is too long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _named(folder: OutputFolder) -> dict[str, list[str]]:
    """Names of a study by kind, each once, in the order in which the tables have them."""
    tables = [table for table in (folder.estimates, folder.curves) if table is not None]
    return {kind: list(dict.fromkeys(_texts(tables, columns))) for kind, columns in NAMED.items()}


def _texts(tables: Iterable[pd.DataFrame], columns: Iterable[str]) -> Iterable[str]:
    for table in tables:
        for column in columns:
            if column in table:
                yield from table[column].dropna().astype(str).unique()


def _drawable_cities(
    labels: Mapping[str, str], letters: frozenset[int]
) -> tuple[dict[str, str], tuple[str, ...]]:
    lost = [city for city, name in labels.items() if not code_points(name) <= letters]
    codes = [city for city in lost if code_points(tidy(city)) <= letters]
    nameless = [city for city in lost if city not in set(codes)]
    drawn = (
        dict(labels)
        | {city: tidy(city) for city in codes}
        | {city: f"city {number + 1}" for number, city in enumerate(nameless)}
    )
    return drawn, (_note([labels[city] for city in lost], letters),) if lost else ()


def _note(names: Sequence[str], letters: frozenset[int]) -> str:
    missing = sorted(set("".join(names)) - set(map(chr, letters)))
    shown = "".join(missing[:SHOWN_LETTERS]) + (" ..." if len(missing) > SHOWN_LETTERS else "")
    return (
        f"Names of cities: {len(names)} stand under their codes, since no font of this machine has "
        f"{shown}; install one with Chinese letters, such as Noto Sans CJK"
    )


def _drawable(
    kind: str, names: Iterable[str], letters: frozenset[int]
) -> tuple[dict[str, str], tuple[str, ...]]:
    drawn, said = {}, []
    for number, name in enumerate(names, start=1):
        line = tidy(name)
        if code_points(line) <= letters:
            drawn[name] = line
            continue
        drawn[name] = f"{kind} {number}"
        said.append(f"{kind} {number} is {name}, for which this machine has no font")
    return drawn, tuple(said)
