"""The shipped references: whole, well-formed, all cited somewhere, told as text."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

import nightpanel.methods
from nightpanel.methods.bibliography import as_text, bibtex, references
from nightpanel.methods.designs import LEARNERS, VARIANTS
from nightpanel.methods.inference import CHECKS
from nightpanel.methods.light import SOURCES
from nightpanel.methods.panel import INDICES
from nightpanel.methods.special import COMPOSITES, INSTRUMENTED, STAGGERED

FOLDER = Path(nightpanel.methods.__file__).parent
KINDS = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "book": {"author", "title", "publisher", "year"},
    "techreport": {"author", "title", "institution", "year"},
    "misc": {"author", "title", "doi"},
}


def test_every_entry_is_read_and_has_what_its_kind_needs() -> None:
    text = files("nightpanel.methods").joinpath("references.bib").read_text("utf-8")
    assert len(references()) == text.count("\n@") + 1
    assert "".join(f"{one.source}\n" for one in references().values()).strip() == text.strip()
    for one in references().values():
        kind = one.source[1 : one.source.index("{")]
        assert set(one.fields) >= KINDS[kind], one.key
        assert one.source.count("{") == one.source.count("}")


def test_every_reference_is_cited_by_some_sentence_and_every_citation_has_one() -> None:
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    named = set(re.findall(r'"([a-z]+_?(?:zhang|[0-9]{4}))"', code))
    named |= set(re.findall(r"'([a-z]+_?(?:zhang|[0-9]{4}))'", code))
    assert named == set(references())
    tables = (LEARNERS, VARIANTS, CHECKS, INDICES, INSTRUMENTED, STAGGERED, COMPOSITES)
    sources = [source for table in tables for _, source in table.values()] + [*SOURCES.values()]
    assert {key for source in sources for key in source} <= set(references())


def test_text_has_no_latex() -> None:
    for one in references().values():
        assert not re.search(r"[\\{}]|--", one.text), one.text
        assert one.fields.get("year", "") in one.text
    doi = [one.fields["doi"] for one in references().values() if "doi" in one.fields]
    assert all(re.fullmatch(r"10\.\d{4,}/\S+", found) for found in doi)
    assert len(set(doi)) == len(doi)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("chernozhukov2018", "Chernozhukov et al. 2018"),
        ("sun2021", "Sun and Abraham 2021"),
        ("callaway2021", "Callaway and Sant'Anna 2021"),
        ("montiel2013", "Montiel Olea and Pflueger 2013"),
        ("roth2022", "Roth 2022"),
        ("adao2019", "Adão et al. 2019"),
        ("oecd2008", "OECD and JRC 2008"),
        ("yu_zhang", "Yu and Zhang"),
    ],
)
def test_labels(key: str, label: str) -> None:
    assert references()[key].label == label


def test_a_reference_in_a_list() -> None:
    assert references()["callaway2021"].text == (
        "Callaway, Brantly and Sant'Anna, Pedro H. C. (2021). Difference-in-differences with "
        "multiple time periods. Journal of Econometrics 225(2), 200\N{EN DASH}230. "
        "doi:10.1016/j.jeconom.2020.12.001"
    )
    assert "Rom{" not in references()["roman2018"].text
    assert references()["roman2018"].text.startswith("Román, Miguel O.; Wang")
    assert " and others (2018)" in references()["roman2018"].text
    assert "productivity? Journal" in references()["vollrath2009"].text


def test_bibtex_has_the_entries_asked_for_and_no_others() -> None:
    text = bibtex(["sun2021", "roth2022", "sun2021"])
    assert re.findall(r"^@\w+\{(\w+),", text, flags=re.MULTILINE) == ["roth2022", "sun2021"]
    with pytest.raises(KeyError):
        bibtex(["nobody1900"])
    assert bibtex([]) == ""


def test_fields_as_text() -> None:
    assert as_text(r"Variabilit{\`a} e {DMSP} 1992--2019 \& more") == (
        "Variabilità e DMSP 1992\N{EN DASH}2019 & more"
    )
