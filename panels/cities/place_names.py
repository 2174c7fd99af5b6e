"""Names of provinces and cities in the many ways in which tables write them."""

import re
import unicodedata
from functools import cache, lru_cache

from panels.cities.codes import shipped_rows
from panels.cities.places import province_names
from panels.tables.cells import plain, without_mark

_SUFFIXES = ("地区", "盟", "市")
_AUTONOMOUS = "自治州"
_ETHNIC = (
    "蒙古族", "蒙古", "藏族", "回族", "彝族", "羌族", "土家族", "苗族", "布依族", "侗族", "壮族",
    "哈尼族", "傣族", "白族", "景颇族", "傈僳族", "朝鲜族", "哈萨克族", "哈萨克",
    "柯尔克孜族", "柯尔克孜",
)  # fmt: skip
"""Peoples in the names of the thirty autonomous prefectures, with and without 族."""
_PROVINCE_SUFFIX = re.compile("(壮族|回族|维吾尔)?自治区$|省$|市$")
_SHORTEST = 2
# Marks that no number has: before a name, a bare 注 after it, a superscript that became a digit.
_MARK_BEFORE = re.compile(r"^[①-⑳⓪-⓿*＊†‡§#＃※]+\s*")
_MARK_AFTER = re.compile(r"(?<=[\u4e00-\u9fff])\s*(?:(?<=[市州盟区县省])注|\d{1,2}\s*[)）]?)$")


@cache
def _simplified() -> dict[int, str]:
    rows = shipped_rows("traditional.csv")
    return {ord(row["traditional"]): row["simplified"] for row in rows}


def unmarked(name: object) -> str:
    """A name without footnote marks: of 苏州市*, ①苏州市, 苏州市¹, 苏州市（注） what is 苏州市."""
    text = plain(name)
    while (bare := _MARK_AFTER.sub("", _MARK_BEFORE.sub("", without_mark(text)))) != text:
        text = bare
    return text


def folded(name: object) -> str:
    """A name without what two spellings of it may differ in.

    Parameters
    ----------
    name : object
        The cell.

    Returns
    -------
    str
        Full-width and compatibility forms as plain ones (Unicode NFKC), no footnote marks, no
        blanks, no invisible characters, no interpuncts, traditional characters as simplified ones.

    Notes
    -----
    Of traditional characters those that stand for a character of the shipped names are folded
    (``traditional.csv``, from the character tables of OpenCC, Apache-2.0). A whole converter works
    by words and would also rewrite names that are right as they are.
    """
    return _folded(str(name))


@lru_cache(maxsize=1 << 14)
def _folded(name: str) -> str:
    text = unicodedata.normalize("NFKC", unmarked(name)).translate(_simplified())
    return "".join(
        one
        for one in text
        if not one.isspace() and one not in "·・‧" and unicodedata.category(one) not in ("Cf", "Cc")
    )


def stem(name: object) -> str:
    """What of a city's name tells it from others.

    Parameters
    ----------
    name : object

    Returns
    -------
    str
        The folded name without 市, 地区, 盟 or 自治州, and without the peoples before 自治州.
        Two characters are left at least: 沙市 stays.

    Examples
    --------
    >>> stem("黔西南布依族苗族自治州"), stem("錫林郭勒盟"), stem("蘇州市")
    ('黔西南', '锡林郭勒', '苏州')
    """
    text = folded(name)
    if text.endswith(_AUTONOMOUS):
        return _without_peoples(text.removesuffix(_AUTONOMOUS))
    for suffix in _SUFFIXES:
        if text.endswith(suffix) and len(text) >= len(suffix) + _SHORTEST:
            return text.removesuffix(suffix)
    return text


def is_autonomous(name: object) -> bool:
    """Whether a name is that of an autonomous prefecture."""
    return folded(name).endswith(_AUTONOMOUS)


def _without_peoples(text: str) -> str:
    for people in _ETHNIC:
        if text.endswith(people) and len(text) >= len(people) + _SHORTEST:
            return _without_peoples(text.removesuffix(people))
    return text


def province_stem(name: object) -> str:
    """A province's name without 省, 市, 自治区 and the people before it."""
    return _PROVINCE_SUFFIX.sub("", folded(name))


@cache
def _provinces_by_stem() -> dict[str, str]:
    return {province_stem(name): code for code, name in province_names().items()}


def province_code(name: object) -> str | None:
    """Two digits of a province by its name, None if there is none of it."""
    return _provinces_by_stem().get(province_stem(name))


def without_province(name: object) -> tuple[str | None, str]:
    """A folded name apart from the province written before it.

    Returns
    -------
    province : str or None
        Two digits; None where no province stands before a name.
    rest : str
        江苏省苏州市 gives 32 and 苏州市; 吉林市 and 海南藏族自治州 stay whole.
    """
    text = folded(name)
    for code, full in province_names().items():
        before = folded(full)
        if text.startswith(before) and len(text) >= len(before) + _SHORTEST:
            return code, text[len(before) :]
    return None, text
