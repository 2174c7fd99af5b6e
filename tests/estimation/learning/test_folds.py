import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.learning.folds import city_folds, learner_seed, random_folds

SEEDS = st.integers(0, 2**40)


def check_partition(folds: list, n_rows: int, count: int) -> None:
    assert len(folds) == count
    assert np.array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(n_rows))
    for train, test in folds:
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(n_rows))
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()


@given(
    n_rows=st.integers(2, 200), count=st.integers(2, 8), seed=SEEDS, repetition=st.integers(0, 9)
)
def test_random_folds_partition_the_rows(
    n_rows: int, count: int, seed: int, repetition: int
) -> None:
    count = min(count, n_rows)
    folds = random_folds(n_rows, folds=count, seed=seed, repetition=repetition)
    check_partition(folds, n_rows, count)
    sizes = [test.size for _, test in folds]
    assert max(sizes) - min(sizes) <= 1


@given(
    clusters=st.lists(st.integers(0, 30), min_size=2, max_size=120).filter(
        lambda found: len(set(found)) > 1
    ),
    count=st.integers(2, 8),
    seed=SEEDS,
    repetition=st.integers(0, 9),
)
def test_city_folds_partition_and_never_split_a_city(
    clusters: list[int], count: int, seed: int, repetition: int
) -> None:
    cities = np.asarray(clusters, dtype=np.int64)
    count = min(count, len(set(clusters)))
    folds = city_folds(cities, folds=count, seed=seed, repetition=repetition)
    check_partition(folds, cities.size, count)
    held = [set(cities[test].tolist()) for _, test in folds]
    assert sum(len(part) for part in held) == len(set(clusters))
    assert max(map(len, held)) - min(map(len, held)) <= 1


def test_draws_depend_on_seed_and_repetition_only() -> None:
    clusters = np.repeat(np.arange(20), 3)
    one = city_folds(clusters, folds=5, seed=7, repetition=0)
    again = city_folds(clusters, folds=5, seed=7, repetition=0)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(one, again, strict=True))
    for other in ({"seed": 8, "repetition": 0}, {"seed": 7, "repetition": 1}):
        drawn = city_folds(clusters, folds=5, **other)
        assert any(not np.array_equal(a[1], b[1]) for a, b in zip(one, drawn, strict=True))
    longer = city_folds(np.repeat(np.arange(20), 4), folds=5, seed=7, repetition=0)
    assert [set((test // 3).tolist()) for _, test in one] == [
        set((test // 4).tolist()) for _, test in longer
    ]


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    np.random.seed(1)  # noqa: NPY002
    first = random_folds(30, folds=3, seed=1, repetition=0)
    untouched = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert np.random.random() == untouched  # noqa: NPY002
    second = random_folds(30, folds=3, seed=1, repetition=0)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("repetition", [0, 1, 19])
def test_learner_seeds_fit_scikit_learn(repetition: int) -> None:
    seed = learner_seed(20110, repetition=repetition)
    assert 0 <= seed < 2**32
    assert seed == learner_seed(20110, repetition=repetition)
    assert seed != learner_seed(20111, repetition=repetition)
