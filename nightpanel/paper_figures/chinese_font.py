"""The font of Chinese letters: one of this machine's, if it has any."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
"""The style's font, which comes with matplotlib: figures look the same on every machine."""
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Heiti SC", "STHeiti", "Droid Sans Fallback", "Arial Unicode MS", "Noto Sans CJK JP",
    "Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "NSimSun", "STSong", "AR PL UMing CN",
)  # fmt: skip
"""Families that have simplified Chinese, the best beside a sans-serif first."""
TRUETYPE, DRAWN = 42, 3
"""How letters lie in a PDF: as a TrueType font, or as outlines."""


@dataclass(frozen=True, slots=True)
class ChineseFont:
    """A font that is there."""

    family: str
    """Its name, by which matplotlib knows it."""
    path: Path
    """Its file."""
    pdf_type: int
    """How its letters lie in a PDF. Compact (CFF) fonts are drawn: what matplotlib writes of them
    as TrueType is no valid PDF."""
    letters: frozenset[int]
    """Code points that it has."""


@cache
def own_letters() -> frozenset[int]:
    """Code points of the style's own font."""
    path = font_manager.findfont(OWN, fallback_to_default=False)
    return frozenset(FT2Font(path).get_charmap())


def best_font(texts: Iterable[str]) -> ChineseFont | None:
    """The font in which most of some texts can be written, the first of :data:`FAMILIES` of equals.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    ChineseFont or None
        None if no font is needed beside the style's own, or none helps.
    """
    wanted = [letters - own_letters() for letters in map(code_points, texts)]
    wanted = [letters for letters in wanted if letters]
    best, most = None, 0
    for font in _fonts() if wanted else ():
        written = sum(letters <= font.letters for letters in wanted)
        if written > most:
            best, most = font, written
        if most == len(wanted):
            break
    return best


def code_points(text: str) -> frozenset[int]:
    """Code points of a text."""
    return frozenset(map(ord, text))


def _fonts() -> Iterable[ChineseFont]:
    """Fonts of :data:`FAMILIES` that are there, in that order."""
    _learn_new_files()
    for family in FAMILIES:
        with suppress(ValueError, OSError, RuntimeError):  # not there, or not readable
            found = font_manager.findfont(family, fallback_to_default=False)
            yield _font(family, str(found))


@cache
def _learn_new_files() -> None:
    """Tell matplotlib of fonts that came after it had made its list of them."""
    known = {Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    for file in sorted(set(map(Path, font_manager.findSystemFonts())) - known):
        with suppress(OSError, RuntimeError, ValueError):  # not every file is a usable font
            font_manager.fontManager.addfont(file)


@cache
def _font(family: str, path: str) -> ChineseFont:
    compact = _is_compact(Path(path))
    letters = frozenset(FT2Font(path).get_charmap())
    return ChineseFont(family, Path(path), DRAWN if compact else TRUETYPE, letters)


def _is_compact(path: Path) -> bool:
    """Whether a font's outlines are of the compact kind (OpenType's table CFF)."""
    with path.open("rb") as file:
        head = file.read(16)
        if head[:4] == b"ttcf":  # a collection: its first font
            file.seek(int.from_bytes(head[12:16], "big"))
            head = file.read(4)
    return head[:4] == b"OTTO"
