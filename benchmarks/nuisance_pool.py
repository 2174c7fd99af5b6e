"""The shared pool of nuisance fits against plain doubleml, on the designs of Tables 2 to 6.

Both estimate the same problems (every design, variant and part) with the same learners and folds in
one run on one machine: plain doubleml one problem after the other in this process, a treatment term
at a time as it does; the pool all at once over processes. Where a problem has one term and no
adjustment, effects and errors are compared. Run ``python -m benchmarks.nuisance_pool``; ``--part``
takes every so-manieth problem for a quick look.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from doubleml import DoubleMLData, DoubleMLPLR
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from estimation.cross_fitting import Answer, Inquiry, cross_fit
from estimation.designs import Design, Split
from estimation.heterogeneity.keys import Along, Groups
from estimation.learning.folds import learner_seed
from estimation.learning.learn import FitCounts
from estimation.learning.learners import make_learner
from estimation.parts.registry import parts_of
from estimation.plan import plan_design
from estimation.pool import worker_count
from estimation.processes.catalogue import PROCESSES
from estimation.processes.draw import draw_panel
from estimation.processes.spec import CONTROLS
from estimation.residuals import draw_folds

TARGET = 0.85
"""Share of cores x (fits of plain doubleml / distinct fits) that the speed-up should reach."""


def designs(repetitions: int, learner: str) -> list[Design]:
    """Tables 2 to 6 of Yu and Zhang, each variation in all variants."""
    base = Design(
        "with controls", "gini", "uil", CONTROLS, repetitions=repetitions, learner=learner
    )
    early, late = tuple(range(2011, 2016)), tuple(range(2016, 2022))
    changes: dict[str, dict[str, object]] = {
        "without controls": {"controls": ()},
        "1:5": {"folds": 6},
        "xgboost": {"learner": "xgboost"},
        "lasso": {"learner": "lasso"},
        "winsorised 1/99": {"winsorise": (0.01, 0.99)},
        "winsorised 5/95": {"winsorise": (0.05, 0.95)},
        "clustered by province": {"cluster": ("province",)},
        "2011-2015": {"years": early},
        "2016-2021": {"years": late},
        "low structure": {"split": Split("uil", "low")},
        "high structure": {"split": Split("uil", "high")},
        "by period": {"groups": Groups(periods=((2011, 2015), (2016, 2021)))},
        "by structure": {"groups": Groups(column="uil", quantiles=2)},
        "along": {"along": Along("difi")},
        "moderation": {"moderator": "difi"},
        "influence": {"checks": ("city_effects", "influence", "placebo")},
    }
    return [base, *(replace(base, name=name, **changed) for name, changed in changes.items())]  # type: ignore[arg-type]


def inquiries_of(repetitions: int, learner: str) -> list[Inquiry]:
    """What the designs ask, in their order."""
    panel = draw_panel(PROCESSES["nonlinear_strong"], 0)
    plans = [plan_design(panel, design) for design in designs(repetitions, learner)]
    return [
        inquiry
        for plan in plans
        for setting in plan.settings.values()
        for inquiry in (
            setting.main,
            *(one for part in parts_of(plan.design) for one in part.ask(setting).values()),
        )
    ]


@dataclass(frozen=True, slots=True)
class Plain:
    """One problem by plain doubleml."""

    theta: np.ndarray
    """Effects, shape (repetitions, k)."""
    se: np.ndarray
    """Robust errors, shape (repetitions, k)."""
    fits: int
    """Learners fitted: two for each term, repetition and fold."""


def by_plain_doubleml(inquiry: Inquiry) -> Plain:
    """Fit a problem as doubleml does by itself."""
    problem, k = inquiry.problem, inquiry.problem.D.shape[1]
    data = DoubleMLData.from_arrays(
        problem.X, problem.y, problem.D, use_other_treat_as_covariate=False
    )
    theta, se = [], []
    for repetition in range(inquiry.repetitions):
        learner = make_learner(
            inquiry.learner, seed=learner_seed(inquiry.seed, repetition=repetition)
        )
        folds = draw_folds(
            problem,
            folds=inquiry.folds,
            seed=inquiry.seed,
            repetition=repetition,
            by_city=inquiry.by_city,
        )
        model = DoubleMLPLR(
            data, learner, learner, n_folds=inquiry.folds, draw_sample_splitting=False
        )
        model.set_sample_splitting(list(folds)).fit()
        theta.append(model.coef)
        se.append(model.se)
    return Plain(np.array(theta), np.array(se), 2 * k * inquiry.folds * inquiry.repetitions)


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """MiB of this process and its children, the largest of samples every quarter of a second."""
    found, done, own = [0.0], threading.Event(), psutil.Process()

    def sample() -> None:
        while not done.wait(0.25):
            total = 0
            for process in (own, *own.children(recursive=True)):
                with_memory = process.memory_info().rss if process.is_running() else 0
                total += with_memory
            found[0] = max(found[0], total / 2**20)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def differences(
    inquiries: Sequence[Inquiry], plain: Sequence[Plain], ours: Sequence[Answer]
) -> float:
    """Largest difference of effect or error, relative to the error, over comparable problems."""
    largest = 0.0
    for inquiry, theirs, answer in zip(inquiries, plain, ours, strict=True):
        if inquiry.problem.D.shape[1] > 1 or inquiry.problem.centred:
            continue
        for row, fit in enumerate(answer.fits):
            error = theirs.se[row, 0]
            largest = max(
                largest,
                abs(fit.theta[0] - theirs.theta[row, 0]) / error,
                abs(fit.se_robust[0] - error) / error,
            )
    return largest


@dataclass(frozen=True, slots=True)
class Measured:
    """What both ways took."""

    answers: Sequence[Answer]
    """The pool's answers."""
    counts: FitCounts
    """The pool's fits."""
    seconds: float
    """Median time of the pool."""
    peak: float
    """MiB of the pool and its processes, the most of all runs."""
    plain: Sequence[Plain]
    """Plain doubleml's results."""
    alone: float
    """Its time in seconds."""


def measured(inquiries: Sequence[Inquiry], *, workers: int, runs: int) -> Measured:
    """Run the pool, then plain doubleml, then the pool as often again.

    A machine that grows slower or faster meanwhile is in favour of neither.
    """
    passed, peaks = [], []

    def pooled() -> tuple[Sequence[Answer], FitCounts]:
        began = time.perf_counter()
        with peak_memory() as peak:
            found = cross_fit(inquiries, workers=workers)
        passed.append(time.perf_counter() - began)
        peaks.append(peak[0])
        return found

    for _ in range(runs):
        pooled()
    with threadpool_limits(limits=1):
        began = time.perf_counter()
        plain = [by_plain_doubleml(inquiry) for inquiry in inquiries]
        alone = time.perf_counter() - began
    for _ in range(runs):
        ours, counts = pooled()
    return Measured(ours, counts, statistics.median(passed), max(peaks), plain, alone)


def report(inquiries: Sequence[Inquiry], found: Measured, *, workers: int, runs: int) -> str:
    """What was measured, as a table."""
    fits, distinct = sum(one.fits for one in found.plain), found.counts.distinct
    most, reached = workers * fits / distinct, found.alone / found.seconds
    apart = differences(inquiries, found.plain, found.answers)
    rows = [
        ("problems", f"{len(inquiries)}"),
        ("fits of plain doubleml", f"{fits}"),
        ("distinct fits", f"{distinct}"),
        ("plain doubleml, one after the other", f"{found.alone:.1f} s"),
        (f"shared pool, {workers} processes, median of {2 * runs}", f"{found.seconds:.1f} s"),
        ("peak memory of the pool and its processes", f"{found.peak:.0f} MiB"),
        ("speed-up", f"{reached:.2f}"),
        ("cores x fits / distinct fits", f"{most:.2f}"),
        ("share of it", f"{reached / most:.3f} (target {TARGET})"),
        ("largest difference, in standard errors", f"{apart:.1e}"),
    ]
    return table(("what", "measured"), rows)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learner", default="lightgbm", help="of the designs that name none")
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--workers", type=int, help="processes of the pool; all cores without it")
    parser.add_argument(
        "--runs", type=int, default=2, help="of the pool, before and after; the median counts"
    )
    parser.add_argument("--part", type=int, default=1, help="take every so-manieth problem")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    where = machine(asked.out)
    inquiries = inquiries_of(asked.repetitions, asked.learner)[:: asked.part]
    workers = worker_count(asked.workers, len(inquiries))
    found = measured(inquiries, workers=workers, runs=asked.runs)
    text = report(inquiries, found, workers=workers, runs=asked.runs)
    print(text)
    write_page(asked.out / "nuisance_pool.md", where, text)


if __name__ == "__main__":
    main()
