"""Names of variables as Stata takes them, unique."""

from collections.abc import Sequence

LONGEST = 32
RESERVED = frozenset(
    (
        "_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n",
        "_N", "_pi", "_pred", "_rc", "_se", "_skip", "strL", "using", "with",
    )
)  # fmt: skip
"""Words that Stata keeps for itself, [U] 11.3."""
MATA = frozenset(
    (
        "aggregate", "array", "boolean", "break", "case", "catch", "class", "colvector", "complex",
        "const", "continue", "default", "delegate", "delete", "do", "else", "eltypedef", "end",
        "enum", "explicit", "export", "external", "for", "friend", "function", "global", "goto",
        "inline", "local", "NULL", "pragma", "protected", "quad", "rowvector", "short", "typedef",
        "typename", "virtual",
    )
)  # fmt: skip
"""Words that Stata's matrix language keeps; `pandas.DataFrame.to_stata` refuses them as well."""


def stata_names(names: Sequence[str]) -> dict[str, str]:
    """A name for each column: letters (of any script), digits and underscores, 32 at most.

    Parameters
    ----------
    names : sequence of str
        Unique.

    Returns
    -------
    dict of str to str
        Names that are fine stay. Others have underscores for what is not allowed, and are cut;
        what is then taken already ends with a number.
    """
    found = {name: name for name in names if _valid(name) == name}
    taken = set(found)
    for name in names:
        if name in found:
            continue
        new, number = _valid(name), 1
        while new in taken:
            number += 1
            new = _valid(name)[: LONGEST - len(f"_{number}")] + f"_{number}"
        found[name] = new
        taken.add(new)
    return {name: found[name] for name in names}


def _valid(name: str) -> str:
    """The nearest name that is allowed: itself if it is."""
    new = "".join(letter if _allowed(letter) else "_" for letter in name)
    text = new.removeprefix("str")
    reserved = new in RESERVED | MATA or (text != new and text.isdecimal())
    if not new or new[0].isdecimal() or reserved:
        new = f"_{new}"
    return new[:LONGEST]


def _allowed(letter: str) -> bool:
    if letter.isascii():
        return letter.isalnum() or letter == "_"
    # The signs and punctuation of Latin-1 lie below; × and ÷ are no letters either.
    return ord(letter) >= 192 and letter.isalpha()
