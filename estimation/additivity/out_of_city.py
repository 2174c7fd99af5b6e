"""Out-of-city R2: how well a model says, for cities it has not seen, what happens over time.

City effects go first: every column less its city's own mean, which uses no other city. Slopes,
those of years and controls among them, come from the cities of the other folds; so nothing of a
city that is predicted has a share in them. The yardstick is the same prediction by years and
controls alone: ``R2 = 1 - sum of squares / sum of squares of the yardstick``, below zero where a
model predicts worse. City by city cross-products are all that is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.inference.streams import COMPOSITE, generator
from estimation.linear.partialling import demeaned
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

RANK = 1e-10
"""Singular values below this share of the largest count as none: a year that no training city has,
columns that are linear functions of each other."""


@dataclass(frozen=True, slots=True)
class OutOfCity:
    """R2 of m models, and what they differ by."""

    names: tuple[str, ...]
    """The models, m of them."""
    r2: Floats
    """Out-of-city R2, from the mean over repetitions of squared errors, shape (m,)."""
    by_repetition: Floats
    """R2 of each repetition, shape (repetitions, m)."""
    drawn: Floats
    """R2 over cities drawn with replacement, fits held fixed, shape (draws, m)."""
    n_cities: int
    """Cities predicted."""


def out_of_city(
    y: Floats,
    models: Mapping[str, Floats],
    base: Floats,
    city: Integers,
    *,
    folds: int,
    repetitions: int,
    draws: int,
    seed: int,
    where: str,
) -> OutOfCity:
    """Out-of-city R2 of several models, on the same folds.

    Parameters
    ----------
    y : float array, shape (n,)
        Outcome.
    models : mapping of str to float array, shape (n, k)
        Columns of each model, beside those of ``base``.
    base : float array, shape (n, b)
        Columns of every model: year dummies and controls.
    city : int64 array, shape (n,)
        0 or more.
    folds, repetitions : int
        Folds of whole cities, drawn anew in each repetition.
    draws : int
        Of cities with replacement. Each city brings its mean squared errors over the repetitions:
        the interval tells of other cities to predict, with the same fits.
    seed : int
        0 or more.
    where : str
        What an error names.

    Returns
    -------
    OutOfCity

    Raises
    ------
    SampleError
        There are fewer cities than folds, or years and controls leave nothing to predict.
    """
    _, place = np.unique(city, return_inverse=True)
    count = int(place.max()) + 1
    if count < folds:
        raise SampleError(
            where,
            expected=f"at least as many cities as folds ({folds})",
            found=f"{count} cities",
            hint="use fewer folds or more cities",
        )
    every = _unit_length(demeaned(np.column_stack([y, base, *models.values()]), city))
    order = np.argsort(place, kind="stable")
    rows_of = np.split(order, np.cumsum(np.bincount(place))[:-1])
    products = np.stack([every[rows].T @ every[rows] for rows in rows_of])
    chosen = _columns(base.shape[1], models)
    rng = generator(seed, COMPOSITE)
    losses = np.stack(
        [_losses(products, chosen, _folds(rng, count, folds)) for _ in range(repetitions)]
    )
    mean = losses.mean(axis=0)
    if not mean[:, 0].sum() > RANK:
        raise SampleError(
            where,
            expected="an outcome that varies beyond years and controls",
            found="nothing left to predict",
            hint="name another outcome",
        )
    weights = rng.multinomial(count, np.full(count, 1.0 / count), size=draws).astype(np.float64)
    return OutOfCity(
        names=tuple(models),
        r2=_r2(mean.sum(axis=0)),
        by_repetition=_r2(losses.sum(axis=1)),
        drawn=_r2(weights @ mean),
        n_cities=count,
    )


def _unit_length(values: Floats) -> Floats:
    """Columns over their lengths: R2 does not change, and rank is judged in one unit."""
    lengths = np.linalg.norm(values, axis=0)
    return np.asarray(values / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def _columns(base: int, models: Mapping[str, Floats]) -> list[NDArray[np.intp]]:
    """Positions of each model's columns; first those of the yardstick, which has the base alone."""
    own, first = np.arange(1, 1 + base), 1 + base
    chosen = [own]
    for values in models.values():
        chosen.append(np.concatenate([own, np.arange(first, first + values.shape[1])]))
        first += values.shape[1]
    return chosen


def _folds(rng: np.random.Generator, cities: int, folds: int) -> NDArray[np.intp]:
    """The fold of each city, sizes as equal as can be, shape (cities,)."""
    return rng.permutation(np.arange(cities) % folds)


def _losses(products: Floats, chosen: list[NDArray[np.intp]], fold: NDArray[np.intp]) -> Floats:
    """Squared errors of each city, shape (cities, 1 + m), the yardstick's first."""
    total, found = products.sum(axis=0), np.empty((len(products), len(chosen)))
    for one in np.unique(fold):
        held = fold == one
        training = total - products[held].sum(axis=0)
        for at, columns in enumerate(chosen):
            found[held, at] = _squared_errors(products[held], training, columns)
    return found


def _squared_errors(products: Floats, training: Floats, columns: NDArray[np.intp]) -> Floats:
    """Of each held-out city by slopes of the training cities, shape (cities,)."""
    inside = np.ix_(columns, columns)
    slopes = np.linalg.pinv(training[inside], rcond=RANK, hermitian=True) @ training[columns, 0]
    cross = products[:, columns, 0] @ slopes
    square = np.einsum("i,gij,j->g", slopes, products[:, columns][:, :, columns], slopes)
    return np.asarray(products[:, 0, 0] - 2 * cross + square, dtype=np.float64)


def _r2(losses: Floats) -> Floats:
    """From sums of squared errors, the yardstick's in the first place of the last axis."""
    return np.asarray(1.0 - losses[..., 1:] / losses[..., :1], dtype=np.float64)
