"""The rules by which a design is checked as it is written down, each a function of plain values."""

from collections.abc import Iterable, Sequence, Sized
from difflib import get_close_matches

from geo.errors import DesignError


def check_some(label: str, key: str, values: Sized) -> None:
    """Refuse an empty value.

    Raises
    ------
    DesignError
    """
    if len(values) == 0:
        raise DesignError(
            f"{label}, {key}",
            expected="one or more",
            found="none",
            hint=f"give {key} a value or leave the key out",
        )


def check_choices(label: str, key: str, values: Iterable[str], known: Sequence[str]) -> None:
    """Refuse a word that is not in a list.

    Raises
    ------
    DesignError
        With close matches.
    """
    for value in values:
        if value not in known:
            raise DesignError(
                f"{label}, {key}",
                expected=f"one of {', '.join(known)}",
                found=f"'{value}'",
                hint=suggestion(value, known),
            )


def check_columns_differ(label: str, columns: Iterable[str]) -> None:
    """Refuse an empty name and a name that stands twice.

    Raises
    ------
    DesignError
    """
    seen: set[str] = set()
    for column in columns:
        if not column:
            raise DesignError(
                label, expected="names of columns", found="an empty name", hint="name the column"
            )
        if column in seen:
            raise DesignError(
                f"{label}, column '{column}'",
                expected="each column in one part only",
                found="it named twice (among city, year, outcome, treatments, controls, "
                "instrument, moderator, or in cluster)",
                hint="name it once",
            )
        seen.add(column)


def check_least(label: str, **values: tuple[int, int]) -> None:
    """Refuse numbers below their least.

    Parameters
    ----------
    label : str
    **values : (int, int)
        Key to its value and its least.

    Raises
    ------
    DesignError
    """
    for key, (value, least) in values.items():
        if value < least:
            raise DesignError(
                f"{label}, {key}",
                expected=f"{least} or more",
                found=str(value),
                hint=f"set {key} to at least {least}",
            )


def check_most(label: str, **lengths: tuple[int, int]) -> None:
    """Refuse lists that are too long.

    Parameters
    ----------
    label : str
    **lengths : (int, int)
        Key to its length and the most it may be.

    Raises
    ------
    DesignError
    """
    for key, (length, most) in lengths.items():
        if length > most:
            raise DesignError(
                f"{label}, {key}",
                expected=f"{most} or fewer",
                found=str(length),
                hint=f"keep {most} of them",
            )


def check_shares(label: str, key: str, shares: tuple[float, float]) -> None:
    """Refuse a pair of quantiles that are out of order or out of range.

    Raises
    ------
    DesignError
    """
    low, high = shares
    if not 0.0 <= low < high <= 1.0:
        raise DesignError(
            f"{label}, {key}",
            expected="two quantiles, 0 <= low < high <= 1",
            found=f"{low:g} and {high:g}",
            hint=f"correct {key}, for example [0.01, 0.99]",
        )


def missing_column(
    label: str, column: str, there: Sequence[str], *, of: str = "panel"
) -> DesignError:
    """The error of a column that a panel, or a table beside it, lacks."""
    return DesignError(
        f"{label}, column '{column}'",
        expected=f"a column of the {of}",
        found=f"no such column among {_listed(there)}",
        hint=suggestion(column, there),
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to do about a misspelt word."""
    close = get_close_matches(word, list(known), n=3, cutoff=0.6)
    if not close:
        return "correct the name"
    return "did you mean " + " or ".join(f"'{match}'" for match in close) + "?"


def _listed(names: Sequence[str], most: int = 12) -> str:
    """Names in a row, so many that they still fit a line."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
