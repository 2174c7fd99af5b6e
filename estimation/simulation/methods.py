"""What is judged: each variant with a learner, what it aims at, and which of two is simpler.

The order of simplicity was written down before any result, for it decides between estimators that
pass equally many processes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from estimation.processes.target import Contrast
from geo.errors import DesignError

LEARNER_SIMPLICITY = (
    "linear",
    "ridge",
    "lasso",
    "random_forest",
    "gradient_boosting",
    "lightgbm",
    "xgboost",
)
"""Learners from simple to less so: what is linear can be read as a regression, a forest has little
to choose, boosting more, and most in the libraries with the most settings."""


@dataclass(frozen=True, slots=True)
class Method:
    """What the protocol knows of a variant."""

    contrast: Contrast
    """What it leaves of a city's years, hence which average of the effects it aims at."""
    learners: tuple[str, ...] | None = None
    """Learners it is judged with; None for any."""

    @property
    def alone(self) -> bool:
        """Whether it needs no learner; its name is then ``linear``."""
        return self.learners == ()


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "two_way_fixed_effects": Method("within", ()),
        "within": Method("within"),
        "first_difference": Method("difference"),
        "within_dictionary": Method("within", ("ridge",)),
        "difference_dictionary": Method("difference", ("ridge",)),
        "correlated_random_effects": Method("within"),
        "faithful": Method("levels", ("gradient_boosting", "lightgbm", "xgboost")),
    }
)
"""Every variant that can be judged, from simple to less so at equal learners: by how much a learner
is given to look at (controls once, of two years, in a dictionary, with their means, with a dummy
for every city)."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """A variant with a learner."""

    variant: str
    """One of :data:`METHODS`."""
    learner: str
    """One of :data:`LEARNER_SIMPLICITY`."""


def estimators(variants: Sequence[str], learners: Sequence[str]) -> tuple[Estimator, ...]:
    """The pairs of variants and learners that are judged, from simple to less so.

    Parameters
    ----------
    variants, learners : sequence of str

    Returns
    -------
    tuple of Estimator
        A variant that needs no learner is there once, whatever ``learners`` says; one that is
        judged with some learners only, with those of them that ``learners`` has.

    Raises
    ------
    DesignError
        A variant or learner is unknown to the protocol.
    """
    for key, names, known in (
        ("variants", variants, tuple(METHODS)),
        ("learners", learners, LEARNER_SIMPLICITY),
    ):
        for name in names:
            if name not in known:
                raise DesignError(
                    f"simulation, {key}",
                    expected=f"one of {', '.join(known)}",
                    found=f"'{name}'",
                    hint="correct the name, or give it a place in estimation/simulation/methods.py",
                )
    pairs = (pair for variant in dict.fromkeys(variants) for pair in _pairs(variant, learners))
    return tuple(sorted(pairs, key=simplicity))


def _pairs(variant: str, learners: Sequence[str]) -> Iterator[Estimator]:
    if METHODS[variant].alone:
        yield Estimator(variant, "linear")
        return
    judged_with = METHODS[variant].learners
    for learner in dict.fromkeys(learners):
        if judged_with is None or learner in judged_with:
            yield Estimator(variant, learner)


def simplicity(estimator: Estimator) -> tuple[int, int]:
    """Rank by learner, then by variant; the simpler of two is the smaller."""
    return (
        LEARNER_SIMPLICITY.index(estimator.learner),
        tuple(METHODS).index(estimator.variant),
    )
