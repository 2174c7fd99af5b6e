"""Encodings of text: what a file declares, what its bytes allow, and text that was read wrongly.

Chinese files come in UTF-8 and in GBK, which GB18030 extends, and say so wrongly or not at all.
Bytes of one are hardly ever whole in the other: UTF-8 is strict, and of GBK read as UTF-8 the
second byte fails; UTF-8 read as GBK decodes two times in three, into rare characters.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UTF8, GB18030 = "utf-8", "gb18030"

OTHER_NAMES = {
    "65001": UTF8, "936": GB18030, "gbk": GB18030, "gb2312": GB18030, "cp936": GB18030,
    "54936": GB18030, "ms936": GB18030, "950": "cp950", "big5": "cp950", "949": "cp949",
    "932": "cp932", "88591": "iso8859-1", "10000": "mac-roman",
}  # fmt: skip
"""Code pages as shapefiles write them; GB18030 reads whatever GBK and GB2312 wrote."""

CODE_PAGES = {
    437: (1, 9, 11, 13, 15, 17, 21, 24, 25, 27), 850: (2, 10, 14, 16, 18, 20, 22, 26, 29, 37, 55),
    1252: (3, 88, 89), 10000: (4,), 865: (8, 23, 102), 932: (19, 123), 863: (28, 108),
    852: (31, 34, 35, 64, 100, 135), 860: (36,), 866: (38, 101), 936: (77, 122), 949: (78, 121),
    950: (79, 120), 874: (80, 124), 861: (103,), 737: (106, 134), 857: (107, 136), 1250: (200,),
    1251: (201,), 1254: (202,), 1253: (203,), 1257: (204,),
}  # fmt: skip
"""Language drivers of dBase tables by code page, as GDAL knows them; 87 is "as this machine"."""

CJK = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
OTHER_SCRIPTS = re.compile("[\u0080-\u024f\u0370-\u052f\u2500-\u257f\u3040-\u312f]")
MOSTLY = 0.9

# The characters that GBK sees in the first two bytes of a hanzi in UTF-8.
_FIRST_SEEN = "".join(
    bytes([first, second]).decode("gbk", "ignore")
    for first in range(0xE4, 0xEA)
    for second in range(0x80, 0xC0)
)
SUSPICIOUS = re.compile(f"[\u0080-\u00ff\ufffd{re.escape(_FIRST_SEEN)}]|锟斤|\\?\\?")
"""What text that was read wrongly has and other text seldom: the test before the test."""

LOST = re.compile("\ufffd|锟斤拷|^[?\\s]*\\?\\?[?\\s]*$")
"""Marks of characters that a program could not write: nobody can tell what they were."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A text that some program read in another encoding than its own."""

    position: int
    """Which of the texts it is."""
    text: str
    """As it stands."""
    meant: str
    """What it was, ``""`` where that is lost."""


def codec_of(name: str) -> str | None:
    """Python's name of an encoding that a person or a file names; None if there is none.

    ``GBK``, ``GB2312``, ``936``, ``ANSI 936`` are all GB18030, which reads them.
    """
    plain = re.sub(r"^(ansi|oem)[ _-]?", "", name.strip().lower())
    squeezed = re.sub(r"[ _-]", "", plain)
    if squeezed.startswith("8859") and squeezed not in OTHER_NAMES:
        squeezed = f"iso8859-{squeezed[4:]}"
    for candidate in (OTHER_NAMES.get(plain), OTHER_NAMES.get(squeezed), plain, squeezed,
                      f"cp{squeezed}"):  # fmt: skip
        try:
            found = None if candidate is None else codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        # Python also has codecs from bytes to bytes.
        if found is not None and getattr(found, "_is_text_encoding", True):
            return found.name
    return None


def codec_of_dbf(head: bytes) -> str | None:
    """The encoding that a dBase table's header names by its language driver, None if none."""
    driver = head[29] if len(head) > 29 else 0
    page = next((page for page, drivers in CODE_PAGES.items() if driver in drivers), None)
    return None if page is None else codec_of(str(page))


def decode(raw: bytes, codec: str) -> tuple[str, bool]:
    """The text of bytes, and whether it was cut inside its last character.

    Tables of fixed width cut names after so many bytes, wherever a character ends.

    Raises
    ------
    UnicodeDecodeError
        If they do not decode otherwise.
    """
    try:
        return raw.decode(codec), False
    except UnicodeDecodeError:
        text = codecs.getincrementaldecoder(codec)().decode(raw, final=False)
        # An accented letter at the end of a plain text is no half of a character.
        if text.isascii():
            raise
        return text, True


def decodes(texts: Iterable[bytes], codec: str) -> bool:
    """Whether bytes are text in an encoding, and that text in that encoding these bytes again."""
    try:
        for raw in texts:
            text, cut = decode(raw, codec)
            if not (raw.startswith(text.encode(codec)) if cut else text.encode(codec) == raw):
                return False
    except UnicodeError:
        return False
    return True


def likely(texts: Sequence[bytes]) -> str | None:
    """The encoding that bytes over 127 speak for.

    Parameters
    ----------
    texts : sequence of bytes
        Not plain ASCII.

    Returns
    -------
    str or None
        UTF-8 if everything decodes as such; else GB18030 if everything decodes and is plausible
        (`plausible_gb18030`); else None.
    """
    if decodes(texts, UTF8):
        return UTF8
    return GB18030 if decodes(texts, GB18030) and plausible_gb18030(texts) else None


def plausible_gb18030(texts: Sequence[bytes]) -> bool:
    """Whether bytes that decode as GB18030, which gives almost any bytes a meaning, have one in it.

    Parameters
    ----------
    texts : sequence of bytes
        Not plain ASCII; they decode as GB18030.

    Notes
    -----
    Most of Chinese text is in the older and smaller GB 2312, of traditional characters three in
    four. Bytes of another encoding scatter over the rest, and over its letters of other scripts:
    of city names in Big5 a quarter comes out as common characters, of accented Latin letters none.
    There are no control characters.
    """
    met: Counter[str] = Counter()
    for raw in texts:
        met.update(decode(raw, GB18030)[0])
    if any(ord(letter) < 0x20 and not letter.isspace() for letter in met):
        return False
    foreign = {letter: count for letter, count in met.items() if not letter.isascii()}
    common = sum(count for letter, count in foreign.items() if _is_common(letter))
    return 2 * common > sum(foreign.values())


def _is_common(letter: str) -> bool:
    """Whether a character is one of GB 2312, but for its letters of other scripts."""
    if OTHER_SCRIPTS.match(letter):
        return False
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def better(texts: Sequence[bytes], codec: str) -> str | None:
    """The encoding in which bytes make sense, where the declared one is surely wrong.

    Parameters
    ----------
    texts : sequence of bytes
        Not plain ASCII.
    codec : str
        The declared encoding.

    Returns
    -------
    str or None
        None if the bytes decode as declared and nothing speaks against it. Bytes that are UTF-8
        throughout are nothing else; bytes that are not UTF-8 and make Chinese text as GB18030 are
        no accented Latin letters.
    """
    known = codecs.lookup(codec).name
    found = likely(texts)
    if not decodes(texts, codec):
        return found
    if found is None or known == found or (found == GB18030 and not _is_single_byte(known)):
        return None
    sample = "".join(decode(raw, found)[0] for raw in texts)
    other = [letter for letter in sample if not letter.isascii()]
    chinese = sum(CJK.match(letter) is not None for letter in other)
    return found if chinese >= MOSTLY * len(other) else None


def misread(texts: Sequence[str]) -> list[Misread]:
    """Texts that were read wrongly before they were stored.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    list of Misread
        UTF-8 once read as GBK or as Latin letters, GBK once read as Latin letters, and marks of
        characters that were lost.
    """
    found = []
    for position in _suspicious(texts):
        text = texts[position]
        meant = _meant(text)
        if meant or LOST.search(text):
            found.append(Misread(position, text, meant))
    return found


def _suspicious(texts: Sequence[str]) -> list[int]:
    """Which texts have what text that was read wrongly has: one search through all of them."""
    joined = "\n".join(texts)
    if joined.count("\n") != max(len(texts) - 1, 0):
        return [number for number, text in enumerate(texts) if SUSPICIOUS.search(text)]
    found: dict[int, None] = {}
    number = seen = 0
    for match in SUSPICIOUS.finditer(joined):
        number += joined.count("\n", seen, match.start())
        seen = match.start()
        found[number] = None
    return list(found)


def _meant(text: str) -> str:
    """What a text was before it was read wrongly, ``""`` if it was not or nobody can tell."""
    # The last byte of an odd number is often a question mark since.
    bare = text.rstrip("?\ufffd")
    for raw in (_as_latin(bare), _as_gbk(bare)):
        if raw is None:
            continue
        meant = _whole(raw, UTF8)
        if not meant and raw != _as_gbk(bare) and likely([raw]) == GB18030:
            meant = _whole(raw, GB18030)
        letters = [letter for letter in meant if not letter.isascii()]
        if letters and all(CJK.match(letter) for letter in letters):
            return meant
    return ""


def _whole(raw: bytes, codec: str) -> str:
    try:
        return decode(raw, codec)[0]
    except UnicodeDecodeError:
        return ""


def _as_gbk(text: str) -> bytes | None:
    try:
        return text.encode(GB18030)
    except UnicodeEncodeError:
        return None


def _as_latin(text: str) -> bytes | None:
    """The bytes that were read as Latin-1 or as Windows' Latin letters, which differ in 27."""
    try:
        return b"".join(
            letter.encode("latin-1" if ord(letter) < 256 else "cp1252") for letter in text
        )
    except UnicodeEncodeError:
        return None


def _is_single_byte(codec: str) -> bool:
    return codec.startswith(("cp1", "cp4", "cp7", "cp8", "iso8859", "latin", "mac", "koi8"))
