"""The references that methods are cited by: shipped as BibTeX, told as text.

``references.bib`` has an entry for each key that a sentence may cite, one field a line.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENTRY = re.compile(r"@(?P<kind>\w+)\{(?P<key>\w+),\n(?P<fields>(?:  .*\n)+)\}\n")
FIELD = re.compile(r"  (\w+) = \{(.*)\},")
VENUES = ("journal", "booktitle", "institution", "publisher")
OTHERS = "others"
ACCENTS = {
    r"{\'a}": "á", r"{\'e}": "é", r"{\`a}": "à", r"{\`e}": "è", r"{\~a}": "ã", r"{\"e}": "ë",
    r"{\O}": "Ø", r"\&": "&", "---": "\N{EM DASH}", "--": "\N{EN DASH}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of the bibliography."""

    key: str
    """What a sentence cites it by."""
    fields: Mapping[str, str]
    """Its fields as BibTeX has them."""
    source: str
    """The entry as it stands in the file."""

    @property
    def authors(self) -> tuple[str, ...]:
        """Authors as text, ``Last, First``."""
        return tuple(as_text(one) for one in self.fields["author"].split(" and "))

    @property
    def label(self) -> str:
        """Authors and year as a sentence has them: ``Sun and Abraham 2021``."""
        names = [name.split(",", 1)[0] for name in self.authors]
        short = names[0] if len(names) == 1 else f"{names[0]} et al."
        who = f"{names[0]} and {names[1]}" if len(names) == 2 else short
        return " ".join(part for part in (who, self.fields.get("year", "")) if part)

    @property
    def text(self) -> str:
        """The reference as a list of references has it."""
        last = " and others" if self.authors[-1] == OTHERS else ""
        people = [one for one in self.authors if one != OTHERS]
        if not last and len(people) > 1:
            who = f"{'; '.join(people[:-1])} and {people[-1]}"
        else:
            who = "; ".join(people) + last
        year = f" ({self.fields['year']})" if "year" in self.fields else ""
        title = as_text(self.fields["title"])
        parts = [f"{who}{year}. {title}{'' if title.endswith('?') else '.'}"]
        venue = next((as_text(self.fields[one]) for one in VENUES if one in self.fields), "")
        parts += [f"{venue}{self._place()}."] if venue else []
        parts += [f"doi:{self.fields['doi']}"] if "doi" in self.fields else []
        return " ".join(parts)

    def _place(self) -> str:
        """Volume, number and pages."""
        volume, number, pages = (self.fields.get(one, "") for one in ("volume", "number", "pages"))
        issue = f" {volume}" + (f"({number})" if number else "") if volume else ""
        return issue + (f", {as_text(pages)}" if pages else "")


def as_text(tex: str) -> str:
    """A BibTeX field as plain text: accents as letters, no braces."""
    for mark, letter in ACCENTS.items():
        tex = tex.replace(mark, letter)
    return tex.replace("{", "").replace("}", "")


@cache
def references() -> Mapping[str, Reference]:
    """All shipped references by their keys."""
    text = files("nightpanel.methods").joinpath("references.bib").read_text(encoding="utf-8")
    return {
        found["key"]: Reference(found["key"], dict(FIELD.findall(found["fields"])), found[0])
        for found in ENTRY.finditer(text)
    }


def bibtex(keys: Iterable[str]) -> str:
    """Entries as a BibTeX file, each once, in order of their keys.

    Parameters
    ----------
    keys : iterable of str
        Keys of :func:`references`.

    Raises
    ------
    KeyError
        There is no such reference.
    """
    return "\n".join(references()[key].source for key in sorted(set(keys)))
