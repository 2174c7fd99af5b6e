"""Exports appear whole or not at all: on a full disk, under a limit, killed at any write."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from inspect import getsource
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo.errors import OutputError
from nightpanel.exports.export import export
from nightpanel.exports.kinds import ENDINGS
from nightpanel.exports.whole_file import whole_file
from nightpanel.outputs import write_table

FORMATS = sorted(set(ENDINGS) - {".geoparquet"})
OWN_MOUNTS = ("unshare", "--map-root-user", "--mount", "sh", "-ec")
PRELOADED = ["nightpanel.exports.export", "pandas", "geopandas", "pytest", "nightpanel.outputs"]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# In a process of its own: the limit, which acts like a full disk, cannot be lifted again.
def _limited(run: Path, to: Path, endings: list[str]) -> None:
    import resource
    import signal

    import pytest

    from geo.errors import OutputError
    from nightpanel.exports.export import export

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for ending in endings:
        (to / f"old{ending}").write_text("old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
    for ending in endings:
        for name in ("old", "new"):
            with pytest.raises(OutputError, match=r"expected a file that can be written, found \w"):
                export(run, what="townships", to=to / f"{name}{ending}")


def test_files_that_may_not_grow(run: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    call = f"_limited(Path({str(run)!r}), Path({str(to)!r}), {FORMATS!r})"
    script = f"from pathlib import Path\n{getsource(_limited)}\n{call}"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert everything(to) == sorted(f"old{ending}" for ending in FORMATS)
    assert {path.read_text() for path in to.iterdir()} == {"old"}


def _on_a_full_disk(run: Path, to: Path, endings: list[str]) -> None:
    import pytest

    from geo.errors import OutputError
    from nightpanel.exports.export import export

    room = (to / "ballast").open("wb")
    for ending in endings:
        (to / f"old{ending}").write_text("old")
    try:
        room.write(bytes(1 << 20))
        room.flush()
    except OSError:
        pass
    for ending in endings:
        with pytest.raises(OutputError, match="No space left on device; free"):
            export(run, what="townships", to=to / f"old{ending}")
        assert (to / f"old{ending}").read_text() == "old"
    (to / "ballast").unlink()
    room.close()
    export(run, what="townships", to=to / "old.csv")
    assert (to / "old.csv").read_text() != "old"
    assert sorted(path.name for path in to.iterdir()) == sorted(
        f"old{ending}" for ending in endings
    )


def test_a_full_disk(run: Path, tmp_path: Path) -> None:
    to = tmp_path / "disk"
    to.mkdir()
    try:
        tried = subprocess.run([*OWN_MOUNTS, "mount -t tmpfs none /mnt"], check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if tried.returncode:
        pytest.skip("processes may not mount disks of their own here")
    call = f"_on_a_full_disk(Path({str(run)!r}), Path({str(to)!r}), {FORMATS!r})"
    script = f"from pathlib import Path\n{getsource(_on_a_full_disk)}\n{call}"
    shell = f'mount -t tmpfs -o size=128k none {to} && exec "$0" -c "$1"'
    subprocess.run([*OWN_MOUNTS, shell, sys.executable, script], check=True, timeout=120)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """New processes that have loaded what an export needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def killed_at(run: Path, to: Path, last: int) -> None:
    """Export, and die at the file event that would follow ``last`` others."""
    done = 0

    def count(event: str, words: Any) -> None:
        nonlocal done
        watched = {"open", "os.mkdir", "os.rename", "os.remove", "sqlite3.connect"}
        if event in watched and str(to.parent) in str(words):
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    sys.addaudithook(count)
    export(run, what="townships", to=to)


@pytest.mark.parametrize("ending", [".gpkg", ".csv"])
def test_kills_at_every_file_event(
    run: Path, tmp_path: Path, processes: ForkServerContext, ending: str
) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    to = folder / f"t{ending}"
    for last in range(100):
        to.write_text("old")
        process = processes.Process(target=killed_at, args=(run, to, last))
        process.start()
        process.join(timeout=120)
        assert visible(folder) == [to.name]
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        if to.read_bytes() != b"old":  # it was in its place already
            assert len(to.read_bytes()) > 500
    else:
        pytest.fail("more events than were thought of")
    assert last > 3
    assert everything(folder) == [to.name]


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".dta", ".xlsx", ".parquet"])
def test_kills_at_random_times(
    run: Path, tmp_path: Path, processes: ForkServerContext, ending: str
) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    to = folder / f"t{ending}"
    to.write_text("old")
    chance = random.Random(ending)  # noqa: S311
    for _ in range(4):
        process = processes.Process(target=killed_at, args=(run, to, 1000))
        process.start()
        process.join(timeout=chance.uniform(0.0, 0.4))
        process.kill()
        process.join()
        assert visible(folder) == [to.name]
    export(run, what="townships", to=to)
    assert everything(folder) == [to.name]
    assert to.stat().st_size > 500


def test_what_a_killed_export_left_goes_with_the_next(
    run: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    folder = tmp_path / "to"
    process = processes.Process(target=killed_at, args=(run, folder / "t.csv", 3))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -signal.SIGKILL
    assert any(name.startswith(".export-") for name in everything(folder))
    with whole_file(folder / "other.txt") as draft:
        draft.write_text("x")
        others = [name for name in everything(folder) if name.startswith(".export-")]
        assert len(others) == 2  # the folder and its owner's file of this one alone
        with whole_file(folder / "third.txt") as third:  # leaves those alone who live
            third.write_text("y")
    assert everything(folder) == ["other.txt", "third.txt"]


def test_places_where_no_file_can_be(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="choose another with --to"):
        export(run, what="panel", to=tmp_path / "file" / "panel.gpkg")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match=r"folder\.csv: expected a file .* a folder of that name"):
        export(run, what="panel", to=tmp_path / "folder.csv")
    with pytest.raises(OutputError, match="expected a file that is not the run's own"):
        export(run, what="cities", to=run / "townships.gpkg")
    assert everything(tmp_path / "folder.csv") == []


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    to = tmp_path / "x.csv"
    to.write_text("old")

    def fail() -> None:
        with whole_file(to) as draft:
            draft.write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert to.read_text() == "old"
    assert everything(tmp_path) == ["x.csv"]


def test_a_folder_without_its_tables(tmp_path: Path) -> None:
    for what, name in (("cities", "townships.gpkg"), ("panel", "panel.parquet")):
        with pytest.raises(OutputError, match=name):
            export(tmp_path, what=what, to=tmp_path / "x.csv")
    (tmp_path / "townships.gpkg").write_text("no database")
    with pytest.raises(OutputError, match="expected a GeoPackage"):
        export(tmp_path, what="cities", to=tmp_path / "x.csv")
    assert everything(tmp_path) == ["townships.gpkg"]


def test_every_table_in_every_format(run: Path, tmp_path: Path) -> None:
    rows = {"townships": 12, "cities": 3, "panel": 9, "unit_years": 36, "city_years": 9}
    for what, number in rows.items():
        for ending in (".csv", ".dta", ".xlsx"):
            to = export(run, what=what, to=tmp_path / f"{what}{ending}").path
            read = {".csv": pd.read_csv, ".dta": pd.read_stata, ".xlsx": pd.read_excel}[ending]
            assert len(read(to)) == number


def test_a_large_table_that_does_not_fit_is_no_file(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": pd.Series([1.0]).repeat(1_048_576)})
    write_table(table, tmp_path / "panel.parquet")
    with pytest.raises(OutputError, match="1,048,575"):
        export(tmp_path, what="panel", to=tmp_path / "x.xlsx")
    shutil.copy(tmp_path / "panel.parquet", tmp_path / "kept")
    assert everything(tmp_path) == ["kept", "panel.parquet"]
