"""Which learner, with which settings: a value that can be compared, hashed and written down.

Nothing heavy is imported here; :mod:`estimation.learning.learners` knows which settings a learner
has.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geo.errors import DesignError

Scalar = bool | int | float | str | None
Setting = Scalar | tuple[Scalar, ...]
"""A value as study files have them; a list becomes a tuple."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnerSpec:
    """A learner and the settings that differ from what the program gives it.

    Two specs are equal if their texts are, so that ``1``, ``1.0`` and ``true`` differ: as
    ``max_features`` of a forest they are one feature, all features and an error.
    """

    name: str
    """Name from :data:`estimation.vocabulary.LEARNERS`."""
    settings: tuple[tuple[str, Setting], ...] = ()
    """Settings by name, in ascending order of names; see :func:`learner_spec`."""

    @property
    def text(self) -> str:
        """The spec as one line that is the same in every process: for digests and notes."""
        inside = ", ".join(f"{key}={value!r}" for key, value in self.settings)
        return f"{self.name}({inside})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LearnerSpec) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def learner_spec(name: str, settings: Mapping[str, object] | None = None) -> LearnerSpec:
    """A spec from a mapping of settings, as a study file has it.

    Parameters
    ----------
    name : str
    settings : mapping, optional
        Numbers, texts, truth values, or lists of them.

    Returns
    -------
    LearnerSpec

    Raises
    ------
    DesignError
        A value is of another kind, or no finite number.
    """
    given = {} if settings is None else settings
    return LearnerSpec(name, tuple((key, _setting(name, key, given[key])) for key in sorted(given)))


def with_settings(spec: LearnerSpec, settings: Mapping[str, object]) -> LearnerSpec:
    """The same learner with further settings, which take the place of those of the same name."""
    return learner_spec(spec.name, dict(spec.settings) | dict(settings))


def _setting(learner: str, key: str, value: object) -> Setting:
    if isinstance(value, list | tuple):
        return tuple(_scalar(learner, key, one) for one in _flat(learner, key, value))
    return _scalar(learner, key, value)


def _flat(learner: str, key: str, values: Iterable[object]) -> Iterable[object]:
    for one in values:
        if isinstance(one, list | tuple):
            raise _not_a_setting(learner, key, values)
        yield one


def _scalar(learner: str, key: str, value: object) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        raise _not_a_setting(learner, key, value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise _not_a_setting(learner, key, value)


def _not_a_setting(learner: str, key: str, value: object) -> DesignError:
    return DesignError(
        f"learner '{learner}', setting '{key}'",
        expected="a finite number, a text, true or false, or a list of them",
        found=repr(value),
        hint="correct the value",
    )
