"""Residuals of a made-up final regression, and loops that say what things mean."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Residuals:
    """k terms and instruments, unbalanced cities, errors that hang together within a city."""

    u: np.ndarray
    V: np.ndarray
    W: np.ndarray
    clusters: np.ndarray
    years: np.ndarray


def drawn(n_clusters: int, k: int, seed: int) -> Residuals:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 9, size=n_clusters)
    clusters = np.repeat(2 * np.arange(n_clusters) + 1, sizes)
    years = np.concatenate([2011 + np.arange(size) for size in sizes])
    n = clusters.size
    W = rng.normal(size=(n, k))
    V = 0.8 * W + 0.6 * rng.normal(size=(n, k))
    V[:, -1] += 0.3 * V[:, 0]
    city = np.repeat(rng.normal(size=n_clusters), sizes)
    u = V @ np.linspace(-0.3, 0.4, k) + 0.7 * city * (1 + V[:, 0]) + rng.normal(size=n)
    return Residuals(u, V, W, clusters, years)


@pytest.fixture
def residuals() -> Callable[..., Residuals]:
    return drawn


def effects(u: np.ndarray, V: np.ndarray, W: np.ndarray) -> np.ndarray:
    return np.linalg.solve(W.T @ V, W.T @ u)


@pytest.fixture
def refit() -> Callable[..., np.ndarray]:
    """Just-identified instruments, as one writes it down."""
    return effects
