from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.simulation import run
from estimation.simulation.draws import Draw, DrawResult, balanced_draws, results_table, run_draw
from estimation.simulation.methods import Estimator
from estimation.simulation.run import Progressed, run_missing

TINY = tuple(
    replace(PROCESSES[f"{name}_linear"], name=name, n_cities=8) for name in ("serial", "unbalanced")
)


class Memory:
    """Results in memory."""

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []

    def table(self) -> pd.DataFrame:
        return pd.concat([results_table([]), *self.parts], ignore_index=True)

    def add(self, results: pd.DataFrame) -> None:
        self.parts.append(results)


def tiny_draws(count: int) -> list[Draw]:
    return balanced_draws(
        TINY, variants=("two_way_fixed_effects", "within"), learners=("lasso",), draws=count
    )


def linear_draws(count: int) -> list[Draw]:
    """Fast enough to be made in earnest."""
    return balanced_draws(TINY, variants=("two_way_fixed_effects",), learners=(), draws=count)


def sorted_numbers(store: Memory) -> pd.DataFrame:
    table = store.table().drop(columns="seconds")
    return table.sort_values(["seed", "process", "variant"]).reset_index(drop=True)


def test_a_run_keeps_every_draw_and_another_makes_only_what_is_missing(monkeypatch) -> None:
    store = Memory()
    assert run_missing(linear_draws(2), store, workers=1) == Progressed(made=4, kept=4, left=0)
    made: list[Draw] = []

    def counted(draw: Draw) -> DrawResult:
        made.append(draw)
        return run_draw(draw)

    monkeypatch.setattr(run, "run_draw", counted)
    assert run_missing(linear_draws(3), store, workers=1) == Progressed(made=2, kept=6, left=0)
    assert {draw.seed for draw in made} == {2}
    assert run_missing(linear_draws(3), store, workers=1) == Progressed(made=0, kept=6, left=0)
    assert len(store.table()) == 6


def test_the_numbers_are_the_same_for_any_number_of_workers() -> None:
    one, two, threads = Memory(), Memory(), Memory()
    run_missing(linear_draws(2), one, workers=1)
    run_missing(linear_draws(2), two, workers=2)
    with ThreadPoolExecutor(1) as executor:
        run_missing(linear_draws(2), threads, executor=executor)
    pd.testing.assert_frame_equal(sorted_numbers(one), sorted_numbers(two), check_exact=True)
    pd.testing.assert_frame_equal(sorted_numbers(one), sorted_numbers(threads), check_exact=True)


def faked(seconds: float):
    """A draw that takes what it is said to take."""

    def made(draw: Draw) -> DrawResult:
        names = (draw.spec.name, draw.estimator.variant, draw.estimator.learner, 1, draw.seed)
        figures = (-0.1, -0.1, -0.1, 0.01, 0.01, -0.12, -0.08, 88, 8, 0.1, 0.1, 0.01)
        return DrawResult(*names, *figures, seconds=seconds, problem="")

    return made


def ticking(step: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step


def test_a_run_stops_when_its_time_is_up_and_goes_on_later(monkeypatch) -> None:
    monkeypatch.setattr(run, "BATCH", 10)
    monkeypatch.setattr(run, "run_draw", faked(2.0))
    draws, store = tiny_draws(25), Memory()
    clock = ticking(20.0)  # each look at the clock finds a batch of ten draws gone
    told: list[tuple[int, int]] = []
    # at the looks 20, 40, 60 there are 45, 25, 5 seconds left: draws of 2 seconds fit 10, 10, 2
    done = run_missing(
        draws,
        store,
        workers=1,
        seconds=65.0,
        clock=lambda: next(clock),
        told=lambda *n: told.append(n),
    )
    assert done == Progressed(made=22, kept=22, left=78)
    assert told == [(10, 100), (20, 100), (22, 100)]
    assert {one.seed for one in draws[:22]} == set(store.table()["seed"])  # in order, no hole
    assert run_missing(draws, store, workers=1) == Progressed(made=78, kept=100, left=0)
    assert not store.table().duplicated(["process", "variant", "learner", "seed"]).any()


def test_no_time_makes_no_draw() -> None:
    store = Memory()
    assert run_missing(tiny_draws(1), store, workers=1, seconds=0.0) == Progressed(0, 0, 4)


def test_the_slowest_of_a_batch_goes_first_and_the_unknown_before_it(monkeypatch) -> None:
    order: list[str] = []

    def noted(draw: Draw) -> DrawResult:
        order.append(f"{draw.spec.name} {draw.estimator.variant}")
        return replace(faked(1.0)(draw), seconds=5.0 if draw.spec.name == "serial" else 1.0)

    monkeypatch.setattr(run, "run_draw", noted)
    monkeypatch.setattr(run, "BATCH", 4)
    store = Memory()
    known = [Draw(spec, Estimator("within", "lasso"), 0) for spec in reversed(TINY)]
    run_missing(known, store, workers=1)
    order.clear()
    more = [Draw(spec, Estimator("within", "lasso"), 1) for spec in reversed(TINY)]
    more.append(Draw(TINY[1], Estimator("faithful", "lasso"), 1))
    run_missing(more, store, workers=1)
    assert order == ["unbalanced faithful", "serial within", "unbalanced within"]


def test_a_run_that_is_killed_loses_one_batch_at_most(monkeypatch) -> None:
    monkeypatch.setattr(run, "BATCH", 4)
    count = iter(range(7))

    def mortal(draw: Draw) -> DrawResult:
        if next(count) == 6:
            raise KeyboardInterrupt
        return faked(1.0)(draw)

    monkeypatch.setattr(run, "run_draw", mortal)
    store = Memory()
    with pytest.raises(KeyboardInterrupt):
        run_missing(tiny_draws(3), store, workers=1)
    assert len(store.table()) == 4
