"""What a study asks to be estimated: its designs with their variations, and its tables of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from estimation.design_checks import suggestion
from estimation.designs import Design
from geo.errors import DesignError, NightpanelError, StudyFileError
from nightpanel.problems import attempt
from nightpanel.study_designs import DesignSection
from nightpanel.study_results import ResultTableSection


@dataclass(frozen=True, slots=True)
class Asked:
    """Designs, checked, and tables of them."""

    designs: tuple[Design, ...]
    """Each design, followed by its variations."""
    tables: tuple[ResultTableSection, ...] = ()
    """Tables, whose columns name designs."""


def asked(sections: Sequence[DesignSection], tables: Sequence[ResultTableSection]) -> Asked:
    """The designs and tables of a study.

    Raises
    ------
    NightpanelError
        The first of `asked_or_problems`.
    """
    found, problems = asked_or_problems(sections, tables)
    for problem in problems:
        raise problem
    return found


def asked_or_problems(
    sections: Sequence[DesignSection], tables: Sequence[ResultTableSection]
) -> tuple[Asked, tuple[NightpanelError, ...]]:
    """The designs that can be made, and every problem of designs, variations and tables.

    Parameters
    ----------
    sections : sequence of DesignSection
    tables : sequence of ResultTableSection

    Returns
    -------
    asked : Asked
    problems : tuple of NightpanelError
        Not raised. Of a design: a word is unknown, a number is out of range, a name occurs twice.
        Of a table: a column is no design's name, two tables have one file.
    """
    problems: list[NightpanelError] = []
    made: list[Design] = []
    for section in sections:
        design = attempt(section.design, problems)
        if design is None:
            continue
        varied = [attempt(lambda v=v, d=design: v.over(d), problems) for v in section.vary]  # type: ignore[misc]
        made += [design, *(one for one in varied if one is not None)]
    names = [design.name for design in made]
    problems += [
        DesignError(
            "designs",
            expected="a name of its own for each design and variation",
            found=f"{name!r} twice",
            hint="rename one of them",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if not problems:
        problems += _table_problems(tables, names)
    return Asked(tuple(made), tuple(tables)), tuple(problems)


def _table_problems(
    tables: Sequence[ResultTableSection], names: Sequence[str]
) -> list[StudyFileError]:
    earlier = [
        [stem for one in tables[:place] for stem in one.stems()] for place in range(len(tables))
    ]
    problems = [
        StudyFileError(
            f"tables.{place}.title",
            expected="a file of its own for each table",
            found=f"tables/{stem}.csv twice",
            hint="rename one of them",
        )
        for place, table in enumerate(tables)
        for stem in table.stems()
        if stem in earlier[place]
    ]
    problems += [
        StudyFileError(
            f"tables.{place}.columns",
            expected=f"names of designs and variations ({', '.join(names)})",
            found=repr(column),
            hint=suggestion(column, names),
        )
        for place, table in enumerate(tables)
        for column in table.columns
        if column not in names
    ]
    return problems
