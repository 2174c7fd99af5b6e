"""A table whose texts every format can hold: names may have anything in them."""

import unicodedata

from estimation.tables.result_table import ResultTable

CONTROL = "Cc"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def plain_table(table: ResultTable) -> ResultTable:
    """The table with line breaks as spaces and other control characters replaced.

    Word's XML holds no control characters, and a line break in a name would end a row.

    Parameters
    ----------
    table : ResultTable
    """
    return ResultTable(
        title=plain(table.title),
        caption=plain(table.caption),
        header=tuple(tuple(map(plain, line)) for line in table.header),
        rows=tuple(tuple(map(plain, row)) for row in table.rows),
        notes=tuple(map(plain, table.notes)),
    )


def plain(text: str) -> str:
    """A text in one line without control characters; spaces before it stay."""
    spaced = "".join(" " if one in "\t\r\n\v\f\x85\u2028\u2029" else one for one in text)
    return "".join(REPLACEMENT if _is_control(one) else one for one in spaced)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {CONTROL, "Cs"} or character in "\ufffe\uffff"


def indent(text: str) -> int:
    """Spaces before a text."""
    return len(text) - len(text.lstrip(" "))


def spans(labels: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Runs of equal labels: label, first position, position after the last.

    Parameters
    ----------
    labels : tuple of str
        One line of a header, without the first column.
    """
    runs: list[tuple[str, int, int]] = []
    for place, label in enumerate(labels):
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1], place + 1)
        else:
            runs.append((label, place, place + 1))
    return runs
