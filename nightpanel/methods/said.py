"""Paragraphs with citations, as they are made and as they are read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nightpanel.methods.bibliography import references

CITED = re.compile(r"\[(@\w+(?:; @\w+)*)\]")
"""A citation as sentences are written here: ``[@sun2021; @callaway2021]``."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the methods."""

    heading: str
    """What it is about."""
    text: str
    """Its sentences, citations by authors and year."""
    citations: tuple[str, ...]
    """Keys of what it cites, in order, each once."""


@dataclass(frozen=True, slots=True)
class Methods:
    """What was run, in words."""

    paragraphs: tuple[Paragraph, ...]
    """In the order of the work: light, panel, estimation, software."""
    citations: tuple[str, ...]
    """Keys of everything that is cited, in order, each once."""

    @property
    def references(self) -> tuple[str, ...]:
        """What is cited as a list of references, by authors."""
        return tuple(sorted(references()[key].text for key in self.citations))

    def markdown(self) -> str:
        """The paragraphs with headings and the list of references, with a line break at its end."""
        parts = [f"## {one.heading}\n\n{one.text}" for one in self.paragraphs]
        if self.citations:
            listed_ones = "\n".join(f"- {text}" for text in self.references)
            parts.append(f"## References\n\n{listed_ones}")
        return "\n\n".join(parts) + "\n"


def paragraph(heading: str, sentences: Iterable[str]) -> Paragraph | None:
    """A paragraph of sentences, or None where there is nothing to say.

    Parameters
    ----------
    heading : str
    sentences : iterable of str
        With citations as ``[@key]``; empty ones are left out, and one said twice stands once.

    Raises
    ------
    KeyError
        A key has no reference.
    """
    text = " ".join(dict.fromkeys(one for one in sentences if one))
    if not text:
        return None
    keys = [key.lstrip("@") for found in CITED.findall(text) for key in found.split("; ")]
    return Paragraph(heading, CITED.sub(_with_labels, text), tuple(dict.fromkeys(keys)))


def methods(paragraphs: Iterable[Paragraph | None]) -> Methods:
    """Paragraphs together, without those that have nothing to say."""
    told = tuple(one for one in paragraphs if one is not None)
    return Methods(told, tuple(dict.fromkeys(key for one in told for key in one.citations)))


def _with_labels(found: re.Match[str]) -> str:
    keys = [key.lstrip("@") for key in found[1].split("; ")]
    return f"({'; '.join(references()[key].label for key in keys)})"


def cite(*keys: str) -> str:
    """The mark of a citation, with a space before it; empty without keys."""
    return f" [{'; '.join(f'@{key}' for key in keys)}]" if keys else ""


def listed(words: Sequence[object]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    texts = [str(word) for word in words]
    return " and ".join([*([", ".join(texts[:-1])] if len(texts) > 1 else []), *texts[-1:]])


def counted(number: int, one: str, several: str | None = None) -> str:
    """``1 city``, ``2 cities``."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def span(years: Iterable[int]) -> str:
    """Years as a range where none is missing: ``2011-2021``, else one by one."""
    ordered = sorted({int(year) for year in years})
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}-{ordered[-1]}"
    return listed(ordered)
