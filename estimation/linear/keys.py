"""The keys of a design that shape its linear fixed effects; nothing heavy is imported here."""

from dataclasses import dataclass
from typing import Literal, get_args

from estimation.design_checks import check_choices, check_least
from estimation.vocabulary import LINEAR
from geo.errors import DesignError

CITY_AND_YEAR_EFFECTS = ("city", "year")
"""The effects of a design that names none."""

JOINED = "^"
"""Stands between the columns of an effect of their combinations, ``province^year``."""

MOST_JOINED = 4
"""Columns whose combinations may be one effect."""

Errors = Literal["robust", "clustered", "crv3", "wild", "driscoll_kraay"]
"""Which errors are printed. ``clustered``: CRV1, Student's t with the clusters less one. ``crv3``:
the jackknife by cluster. ``wild``: CRV1, but p value and interval of the wild cluster bootstrap.
``driscoll_kraay``: robust to what happens to all cities at once, and to its lags."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of years, in each of which the effect is estimated by itself."""

    width: int
    """Years of a window, 3 or more."""
    step: int = 1
    """Years from one window's start to the next."""


def own_effects(effects: tuple[str, ...]) -> bool:
    """Whether a design has effects other than those of cities and years."""
    return frozenset(effects) != frozenset(CITY_AND_YEAR_EFFECTS)


def atoms_of(effects: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that effects are made of, each once, in order."""
    return tuple(dict.fromkeys(atom for effect in effects for atom in effect.split(JOINED)))


def effects_text(effects: tuple[str, ...]) -> str:
    """How a table names the effects that are absorbed."""
    if not own_effects(effects):
        return "city and year effects absorbed"
    return f"effects absorbed: {', '.join(effects)}" if effects else "none: a constant"


def check_effects(label: str, effects: tuple[str, ...], variants: tuple[str, ...]) -> None:
    """Refuse effects that are misspelt, named twice, or asked of variants that learn.

    Raises
    ------
    DesignError
    """
    where = f"{label}, effects"
    for effect in effects:
        atoms = effect.split(JOINED)
        wrong = not all(atom.strip() == atom and atom for atom in atoms)
        if wrong or len(set(atoms)) < len(atoms) or len(atoms) > MOST_JOINED:
            raise DesignError(
                where,
                expected=f"columns, or up to {MOST_JOINED} different ones joined by '{JOINED}'",
                found=f"'{effect}'",
                hint='for example effects = ["city", "province^year"]',
            )
    kinds = [frozenset(effect.split(JOINED)) for effect in effects]
    twice = next((one for place, one in enumerate(effects) if kinds[place] in kinds[:place]), None)
    if twice is not None:
        raise DesignError(where, expected="each effect once", found=f"'{twice}' twice",
                          hint="name it once")  # fmt: skip
    learning = [variant for variant in variants if variant != LINEAR]
    if own_effects(effects) and learning:
        raise DesignError(
            where,
            expected=f'variants = ["{LINEAR}"] beside effects other than city and year',
            found=f"{', '.join(learning)}, which know city and year effects only",
            hint="leave these variants out, or the key",
        )


def check_errors(label: str, errors: str | None, lag: int | None, cluster: tuple[str, ...]) -> None:
    """Refuse errors of an unknown kind, a lag that they have none of, and two ways to jackknife.

    Raises
    ------
    DesignError
    """
    if errors is not None:
        check_choices(label, "errors", (errors,), get_args(Errors))
    if lag is not None:
        check_least(label, lag=(lag, 0))
        if errors != "driscoll_kraay":
            raise DesignError(
                f"{label}, lag",
                expected='errors = "driscoll_kraay" beside it',
                found=f"errors = {errors or 'left out'}",
                hint="leave the lag out, or ask for these errors",
            )
    if errors in {"crv3", "wild"} and len(cluster) > 1:
        raise DesignError(
            f"{label}, errors",
            expected=f"one way to cluster for {errors}",
            found=" and ".join(cluster),
            hint='leave one out, or set errors = "clustered"',
        )


def check_windows(label: str, windows: Windows) -> None:
    """Refuse windows that are too short to have an effect, and steps that go nowhere.

    Raises
    ------
    DesignError
    """
    check_least(f"{label}, windows", width=(windows.width, 3), step=(windows.step, 1))
