"""Every estimator on every process of the simulation protocol: writes docs/simulation.md.

Run ``python docs/scripts/simulation.py OUT --draws 200 --fewer gradient_boosting=30 --minutes 60``.
Draws are kept in OUT and never made twice, so the command can be interrupted, repeated and run
again with more draws, learners or variants; they are made in turn, draw 0 of everything first, so
that whatever time there is, the page is balanced. The page, and simulation.csv beside it, show
every draw of this code that OUT holds; ``--minutes 0`` only writes them.
"""

import argparse
import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from distributed import Client
from simulation_page import page_and_table

from estimation.processes.catalogue import PROCESSES
from estimation.simulation.draws import balanced_draws, results_table
from estimation.simulation.run import run_missing
from estimation.vocabulary import LEARNERS, VARIANTS
from geo.errors import DesignError, NightpanelError

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "simulation.md"
PACKAGES = (
    "doubleml",
    "lightgbm",
    "numpy",
    "pandas",
    "pyfixest",
    "scikit-learn",
    "scipy",
    "xgboost",
)
JUDGING = ("methods.py", "passing.py", "performance.py", "run.py")
"""Modules of estimation/simulation that judge draws and do not make them."""


class FolderStore:
    """Draws in a folder, a file for each batch, whole or not there."""

    def __init__(self, folder: Path, *, code: str, versions: str, any_code: bool) -> None:
        self.folder, self.code, self.versions, self.any_code = folder, code, versions, any_code
        folder.mkdir(parents=True, exist_ok=True)

    def every(self) -> pd.DataFrame:
        """All draws in the folder, whatever code made them, with ``code`` and ``versions``."""
        parts = [pd.read_parquet(file) for file in sorted(self.folder.glob("draws-*.parquet"))]
        nothing = results_table([]).assign(code="", versions="")
        return pd.concat([nothing, *parts], ignore_index=True)

    def table(self) -> pd.DataFrame:
        """Those that count: of this code, or of any, then of this code first."""
        every = self.every()
        ours = every["code"] == self.code
        rows = pd.concat([every[ours], every[~ours]]) if self.any_code else every[ours]
        names = ["process", "variant", "learner", "repetitions", "seed"]
        return rows.drop_duplicates(names).reset_index(drop=True)

    def add(self, results: pd.DataFrame) -> None:
        """Keep a batch."""
        file = self.folder / f"draws-{time.time_ns()}-{os.getpid()}.parquet"
        partial = file.with_suffix(".partial")
        results.assign(code=self.code, versions=self.versions).to_parquet(partial, index=False)
        partial.replace(file)


def code_in_use() -> str:
    """Digest of the modules that draw and estimate: other code's draws are other draws."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "estimation").rglob("*.py")):
        if not (file.parent.name == "simulation" and file.name in JUDGING):
            digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def versions_in_use() -> str:
    """Python and the packages that decide the numbers, those that are there."""
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except ModuleNotFoundError:
            continue
    return ", ".join(found)


def counts(texts: Sequence[str]) -> dict[str, int]:
    """``LEARNER=DRAWS`` as a mapping."""
    found = {}
    for text in texts:
        learner, _, count = text.partition("=")
        if not count.isdecimal():
            raise DesignError(
                "--fewer",
                expected="LEARNER=DRAWS",
                found=f"'{text}'",
                hint="write for example gradient_boosting=30",
            )
        (known,) = names(learner, LEARNERS, "--fewer")
        found[known] = int(count)
    return found


def names(text: str | None, known: Sequence[str], option: str) -> tuple[str, ...]:
    """Names separated by commas, all that are known where none is given."""
    if text is None:
        return tuple(known)
    asked = tuple(text.split(","))
    for name in asked:
        if name not in known:
            raise DesignError(
                option,
                expected=f"some of {', '.join(known)}, separated by commas",
                found=f"'{name}'",
                hint="correct the name",
            )
    return asked


@contextmanager
def cluster(address: str | None) -> Iterator[Executor | None]:
    """The workers of a Dask cluster, or none."""
    if address is None:
        yield None
        return
    with Client(address) as client:
        yield client.get_executor()


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = file.with_suffix(f"{file.suffix}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


def options() -> argparse.ArgumentParser:
    """The command line."""
    lines = str(__doc__).splitlines()
    parser = argparse.ArgumentParser(description=lines[0], epilog=" ".join(lines[2:]))
    parser.add_argument("folder", type=Path, help="where the draws are kept")
    parser.add_argument("--draws", type=int, default=200, help="of each process and estimator")
    parser.add_argument(
        "--fewer", action="append", default=[], metavar="LEARNER=DRAWS", help="for slow learners"
    )
    parser.add_argument("--repetitions", type=int, default=1, help="of cross-fitting")
    parser.add_argument("--processes", help="names, separated by commas; all without it")
    parser.add_argument("--variants", help="names, separated by commas; all without it")
    parser.add_argument("--learners", help="names, separated by commas; all without it")
    parser.add_argument("--minutes", type=float, help="begin no more draws after these")
    parser.add_argument("--workers", type=int, help="processes; one a processor without it")
    parser.add_argument("--scheduler", help="a Dask scheduler that takes the draws instead")
    parser.add_argument(
        "--any-code", action="store_true", help="count draws that other code made, too"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    return parser


def run(asked: argparse.Namespace) -> None:
    """Make the draws that are missing, then write the page and the table."""
    draws = balanced_draws(
        [PROCESSES[name] for name in names(asked.processes, tuple(PROCESSES), "--processes")],
        variants=names(asked.variants, VARIANTS, "--variants"),
        learners=names(asked.learners, LEARNERS, "--learners"),
        draws=asked.draws,
        fewer=counts(asked.fewer),
        repetitions=asked.repetitions,
    )
    store = FolderStore(
        asked.folder, code=code_in_use(), versions=versions_in_use(), any_code=asked.any_code
    )
    start = time.perf_counter()
    with cluster(asked.scheduler) as executor:
        done = run_missing(
            draws,
            store,
            workers=asked.workers,
            executor=executor,
            seconds=None if asked.minutes is None else 60 * asked.minutes,
            told=lambda kept, total: print(
                f"{kept} of {total} draws, {(time.perf_counter() - start) / 60:.1f} minutes",
                flush=True,
            ),
        )
    rows = store.table()
    rows = rows[rows["repetitions"] == asked.repetitions]
    ignored = int((store.every()["code"] != store.code).sum()) if not asked.any_code else 0
    if ignored:
        print(f"{ignored} draws of other code in {asked.folder} are not counted (--any-code)")
    if done.left:
        print(f"time is up: {done.left} of {len(draws)} draws are left for the next run")
    page, table = page_and_table(rows, this_code=store.code)
    write_whole(asked.page, page)
    write_whole(asked.page.with_suffix(".csv"), table.to_csv(index=False))
    print(f"written: {asked.page} and {asked.page.with_suffix('.csv').name}")


def main() -> int:
    """Run the command; a named problem is one line and exit code 1."""
    asked = options().parse_args()
    try:
        run(asked)
    except NightpanelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
