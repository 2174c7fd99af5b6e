"""Which city a code or a name means: each answer with its rule, guesses only proposed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property

import pandas as pd

from panels.cities.codes import EARLIER_CODES, MUNICIPALITIES, PSEUDO_CITIES
from panels.cities.place_names import (
    folded,
    is_autonomous,
    province_code,
    province_stem,
    stem,
    without_province,
)
from panels.cities.places import (
    PROVINCE_DIGITS,
    City,
    are_provinces,
    is_municipality,
    province_names,
)

APPLIED = ("confirmed", "code", "earlier_code", "exact_name", "normalised_name", "crosswalk")
"""Rules by which a city is found, in the order in which they are tried; the last for codes that
only a crosswalk knows."""
PROPOSED = "proposed"
"""A guess: listed with its score, not applied."""
UNMATCHED = "unmatched"
LOWEST_SCORE = {True: 0.5, False: 0.6}
"""Names less alike (`difflib.SequenceMatcher.ratio` of their stems) are not proposed; by whether
the province is known."""
_MOST_PROPOSALS = 3

MATCH_COLUMNS = {
    "code": "str", "name": "str", "province": "str", "city_id": "str", "city": "str",
    "rule": "str", "score": "float64", "proposals": "str", "reason": "str", "rows": "int64",
}  # fmt: skip
"""Columns of a table of matches: one row for each code, name and province as written."""


def no_matches() -> pd.DataFrame:
    """A table of matches without rows."""
    return pd.DataFrame({name: [] for name in MATCH_COLUMNS}).astype(MATCH_COLUMNS)


@dataclass(frozen=True, slots=True)
class Key:
    """How a table names a city; what it does not say is empty."""

    code: str = ""
    """Digits, as long as written."""
    name: str = ""
    """As written."""
    province: str = ""
    """Its name, as written."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a key means."""

    rule: str
    """One of ``APPLIED``, ``proposed`` or ``unmatched``."""
    city_id: str = ""
    """The city; empty unless the rule applies."""
    score: float = 1.0
    """How alike the names are; 1 for everything but proposals, 0 without any."""
    proposals: tuple[City, ...] = ()
    """Cities that may be meant, the likeliest first."""
    reason: str = ""
    """Why nothing is applied, or what deserves a look."""


@dataclass(frozen=True)
class Reference:
    """A list of cities, ready for look-ups."""

    cities: Sequence[City]
    """Every city under each of its names."""
    confirmed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Folded name and two digits of the province ("" for any) to city: the study's own word."""

    @cached_property
    def of_provinces(self) -> bool:
        """Whether the places looked up are provinces, not cities."""
        return are_provinces(self.cities)

    @cached_property
    def by_id(self) -> dict[str, list[City]]:
        """Cities under their names by code."""
        return _grouped(self.cities, [city.city_id for city in self.cities])

    @cached_property
    def by_name(self) -> dict[str, list[City]]:
        """Cities by folded name."""
        return _grouped(self.cities, [folded(city.name) for city in self.cities])

    @cached_property
    def by_stem(self) -> dict[str, list[City]]:
        """Cities by stem, autonomous prefectures also as 恩施州."""
        found = _grouped(self.cities, [stem(city.name) for city in self.cities])
        for city in self.cities:
            if is_autonomous(city.name):
                found.setdefault(stem(city.name) + "州", []).append(city)
        return found


def _grouped(cities: Sequence[City], keys: Sequence[str]) -> dict[str, list[City]]:
    found: dict[str, list[City]] = defaultdict(list)
    for key, city in zip(keys, cities, strict=True):
        found[key].append(city)
    return dict(found)


def match_city(key: Key, reference: Reference, *, digits: int = 4) -> Match:
    """The city that a key means.

    Parameters
    ----------
    key : Key
    reference : Reference
    digits : int
        First digits of a code that name the city.

    Returns
    -------
    Match

    Notes
    -----
    In this order: the study's own table; the code, or the code that a place had earlier; the name
    as it is; the name without its suffix (`panels.cities.place_names.stem`). Names are looked up
    within the province where one is given. A name alone must be unique in the country and must not
    be that of a province. Whatever else is alike is proposed.
    """
    name, province, clash = _named(key)
    confirmed = _confirmed(name, province, reference)
    if confirmed is not None:
        return Match("confirmed", confirmed)
    by_code = match_code(key.code, reference, digits=digits)
    if by_code is not None:
        return _with_doubt(by_code, name, reference)
    if not name:
        return Match(UNMATCHED, score=0.0, reason=codes_reason(key.code, digits))
    if clash:
        return Match(UNMATCHED, score=0.0, reason=clash)
    by_name = _by_name(name, province, reference, written=key.name)
    if key.code and by_name.rule in APPLIED:
        return replace(by_name, reason=codes_reason(key.code, digits))
    return by_name


def _named(key: Key) -> tuple[str, str | None, str]:
    """The folded name, its province, and what is wrong with them."""
    before, name = without_province(key.name) if key.name else (None, "")
    given = province_code(key.province) if key.province else None
    if key.province and given is None:
        return name, before, f"no province is called {key.province}"
    if given is not None and before is not None and given != before:
        return name, given, f"the name says {province_names()[before]}, not {key.province}"
    return name, given or before, ""


def _confirmed(name: str, province: str | None, reference: Reference) -> str | None:
    known = reference.confirmed
    return known.get((name, province or ""), known.get((name, "")))


def match_code(code: str, reference: Reference, *, digits: int = 4) -> Match | None:
    """The city of a code: of the whole code of a county that became one, else of its first digits.

    Parameters
    ----------
    code : str
        Digits, perhaps none.
    reference : Reference
    digits : int
        First digits of a code that name the city.

    Returns
    -------
    Match or None
        None where the list has no such city. In a list of provinces the first two digits count.
    """
    if not code:
        return None
    if reference.of_provinces:
        known = code[:PROVINCE_DIGITS] in reference.by_id
        return Match("code", code[:PROVINCE_DIGITS]) if known else None
    for one in (code[:6], code[:digits]):
        if one in reference.by_id:
            return Match("code", one)
        new = MUNICIPALITIES.get(one) or EARLIER_CODES.get(one)
        if new in reference.by_id:
            return Match("earlier_code", new)
    return None


def _with_doubt(match: Match, name: str, reference: Reference) -> Match:
    """The same, with a word where the name is that of another city."""
    cities = reference.by_id[match.city_id]
    if not name or stem(name) in {stem(city.name) for city in cities}:
        return match
    if reference.of_provinces and province_code(name) == match.city_id:
        return match
    return Match(match.rule, match.city_id, reason=f"the code is that of {cities[-1].name}")


def codes_reason(code: str, digits: int) -> str:
    """Why no city has a code."""
    return not_a_city(code, digits) or ("no city has the code" if code else "neither code nor name")


def not_a_city(code: str, digits: int) -> str:
    """What a code that no city has stands for, where that is known; else empty."""
    if code[:digits] in PSEUDO_CITIES:
        became = EARLIER_CODES.get(code[:6])
        later = "" if became is None else f" (in china-codes it is {became})"
        return f"the code groups counties administered by a province: no city{later}"
    if set(code[2:]) == {"0"}:
        whole = "the country" if code[:2] == "00" else province_names().get(code[:2])
        return "" if whole is None else f"the code is that of {whole}: no city"
    return ""


def _by_name(name: str, province: str | None, reference: Reference, *, written: str) -> Match:
    """By the name within the province; ``written`` tells whether it had to be folded."""
    if reference.of_provinces:
        return _by_province(name, reference, written=written)
    for found in (reference.by_name.get(name, []), reference.by_stem.get(stem(name), [])):
        inside = [city for city in found if province in (None, city.province)]
        chosen = _only(inside)
        if chosen is not None and not _is_province(name, province):
            as_it_is = written in {city.name for city in inside}
            return Match("exact_name" if as_it_is else "normalised_name", chosen.city_id)
        if inside:
            reason = "also the name of a province" if chosen is not None else "several cities"
            return Match(PROPOSED, proposals=_distinct(inside), reason=reason)
        if found:
            reason = f"not in {province_names()[province or '']}"
            return Match(PROPOSED, proposals=_distinct(found), reason=reason)
    return _alike(name, province, reference)


def _by_province(name: str, reference: Reference, *, written: str) -> Match:
    """The province of a name, with or without 省, 市, 自治区 and the people before it."""
    code = province_code(name)
    if code is None or code not in reference.by_id:
        return Match(UNMATCHED, score=0.0, reason="no province of this name")
    as_it_is = written in {one.name for one in reference.by_id[code]}
    return Match("exact_name" if as_it_is else "normalised_name", code)


def _only(cities: Sequence[City]) -> City | None:
    """The one city that is meant; of an old and a present one with the same name the latter."""
    for some in (cities, [city for city in cities if city.last is None]):
        if len({city.city_id for city in some}) == 1:
            return some[0]
    return None


def _is_province(name: str, province: str | None) -> bool:
    """Whether a name alone may as well mean a province, as 吉林 and 海南 may."""
    code = province_code(name) if name == province_stem(name) else None
    return province is None and code is not None and not is_municipality(code)


def _distinct(cities: Sequence[City]) -> tuple[City, ...]:
    return tuple({city.city_id: city for city in cities}.values())[:_MOST_PROPOSALS]


def _alike(name: str, province: str | None, reference: Reference) -> Match:
    """The most similar names, as proposals."""
    if province_code(name) is not None:
        return Match(UNMATCHED, score=0.0, reason="a province, no city")
    best: dict[str, tuple[float, City]] = {}
    for city in reference.cities:
        score = SequenceMatcher(None, stem(name), stem(city.name)).ratio()
        near = province in (None, city.province) and score >= LOWEST_SCORE[province is not None]
        if near and score > best.get(city.city_id, (0.0, city))[0]:
            best[city.city_id] = (score, city)
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].city_id))
    reason = "no city of this name" + ("" if province is None else " in the province")
    if not ranked:
        return Match(UNMATCHED, score=0.0, reason=reason)
    cities = tuple(city for _, city in ranked[:_MOST_PROPOSALS])
    return Match(PROPOSED, score=ranked[0][0], proposals=cities, reason=reason)


def matches_table(
    keys: Sequence[Key], matches: Sequence[Match], rows: Sequence[int], reference: Reference
) -> pd.DataFrame:
    """Matches as a table.

    Parameters
    ----------
    keys : sequence of Key, (n)
    matches : sequence of Match, (n)
    rows : sequence of int, (n)
        How many rows of the file have the key.
    reference : Reference

    Returns
    -------
    pandas.DataFrame
        The columns ``MATCH_COLUMNS``; ``proposals`` lists code and name of each.
    """
    listed = []
    for key, match, count in zip(keys, matches, rows, strict=True):
        known = reference.by_id.get(match.city_id)
        city = known[-1].name if known else ""
        proposals = ", ".join(f"{one.city_id} {one.name}" for one in match.proposals)
        listed.append(
            (
                *(key.code, key.name, key.province, match.city_id, city),
                *(match.rule, match.score, proposals, match.reason, count),
            )
        )
    return pd.DataFrame(listed, columns=list(MATCH_COLUMNS)).astype(MATCH_COLUMNS)
