"""What the cache folder holds, and what pruning takes from it."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import CacheError
from nightpanel.drafts import PREFIX
from nightpanel.run_cache import LastRun, cache_entries, prune_cache, read_last_run
from nightpanel.store import Store, entry_paths
from tests.nightpanel.conftest import Command

A, B, C, D = (letter * 16 for letter in "abcd")
DAY = 86400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Entries of equal size, used 4, 3, 2 and 1 days ago, beside files that are no entries."""
    store = Store.checked(tmp_path / ".cache")
    for days, (kind, key) in zip(
        (4, 3, 2, 1), (("coverage", A), ("tile", B), ("tile", C), ("tile", D)), strict=True
    ):
        store.put_bytes(kind, key, bytes(1000))
        when = time.time() - days * DAY
        os.utime(store.folder / kind / key, (when, when))
    (store.folder / "notes.txt").write_text("not an entry", encoding="utf-8")
    (store.folder / "tile" / "notes.txt").write_text("not an entry", encoding="utf-8")
    return store


def finished(days_ago: float, **keys: list[str]) -> LastRun:
    used = {kind: frozenset(listed) for kind, listed in keys.items()}
    return LastRun(keys=used, finished_ns=time.time_ns() - int(days_ago * DAY * 1e9))


def left(store: Store) -> list[str]:
    return [path.name for path in entry_paths(store.folder)]


def test_entries_are_listed_with_their_last_use(store: Store) -> None:
    table = cache_entries(store.folder)
    assert table[["kind", "key"]].to_numpy().tolist() == [
        ["coverage", A],
        ["tile", B],
        ["tile", C],
        ["tile", D],
    ]
    sizes = [path.stat().st_size for path in entry_paths(store.folder)]
    assert table["bytes"].tolist() == sizes
    days = (pd.Timestamp.now(tz="UTC") - table["last_used"]).dt.total_seconds() / DAY
    np.testing.assert_allclose(days, [4, 3, 2, 1], atol=0.01)
    assert not table["damaged"].any()
    assert table["in_use"].isna().all()


def test_listing_is_no_use(store: Store) -> None:
    before = [path.stat().st_mtime_ns for path in entry_paths(store.folder)]
    cache_entries(store.folder)
    assert [path.stat().st_mtime_ns for path in entry_paths(store.folder)] == before


def test_damaged_entries_are_listed_and_pruned_under_every_rule(store: Store) -> None:
    (store.folder / "tile" / C).write_bytes(b"damaged")
    assert cache_entries(store.folder).set_index("key")["damaged"].to_dict() == {
        A: False,
        B: False,
        C: True,
        D: False,
    }
    assert prune_cache(store.folder, keep_days=30).removed["key"].tolist() == [C]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    table = cache_entries(tmp_path / "none")
    assert len(table) == 0
    assert list(table.columns) == ["kind", "key", "bytes", "last_used", "damaged", "in_use"]
    pruned = prune_cache(tmp_path / "none", all=True)
    assert (len(pruned.removed), pruned.drafts, pruned.kept_bytes) == (0, 0, 0)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_no_store_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tile").mkdir()
    (tmp_path / "tile" / A).write_text("a user's file", encoding="utf-8")
    with pytest.raises(CacheError, match=r"CACHEDIR\.TAG"):
        prune_cache(tmp_path, all=True)
    with pytest.raises(CacheError, match="Not a directory"):
        cache_entries(tmp_path / "tile" / A)
    assert (tmp_path / "tile" / A).exists()


def test_what_the_last_run_did_not_use_goes(store: Store) -> None:
    run = finished(0, coverage=[A], tile=[B, D], area=[C])
    assert cache_entries(store.folder, last_run=run)["in_use"].tolist() == [True, True, False, True]
    pruned = prune_cache(store.folder, last_run=run)
    assert pruned.removed[["kind", "key"]].to_numpy().tolist() == [["tile", C]]
    assert left(store) == [A, B, D]
    assert pruned.kept_bytes == sum(path.stat().st_size for path in entry_paths(store.folder))
    assert (store.folder / "tile" / "notes.txt").exists()


def test_what_was_used_after_the_last_run_stays(store: Store) -> None:
    # By a run that is still at work, or was interrupted and will go on.
    prune_cache(store.folder, last_run=finished(1.5, coverage=[A]))
    assert left(store) == [A, D]


def test_without_a_rule_or_a_finished_run_nothing_goes(store: Store) -> None:
    with pytest.raises(CacheError, match="run the study first"):
        prune_cache(store.folder)
    assert left(store) == [A, B, C, D]


def test_entries_not_used_for_days_go(store: Store) -> None:
    prune_cache(store.folder, keep_days=2.5, last_run=finished(0, coverage=[A]))
    assert left(store) == [C, D]


def test_least_recently_used_go_until_the_rest_fits(store: Store) -> None:
    size = (store.folder / "tile" / D).stat().st_size
    prune_cache(store.folder, max_bytes=3 * size - 1)
    assert left(store) == [C, D]
    prune_cache(store.folder, max_bytes=2 * size)
    assert left(store) == [C, D]
    prune_cache(store.folder, max_bytes=0)
    assert left(store) == []


def test_entries_in_use_go_last(store: Store) -> None:
    size = (store.folder / "tile" / D).stat().st_size
    prune_cache(store.folder, max_bytes=3 * size, last_run=finished(0, tile=[B, C]))
    assert left(store) == [B, C, D]
    prune_cache(store.folder, max_bytes=1 * size, last_run=finished(0, tile=[B, C]))
    assert left(store) == [C]


def test_all_goes_but_what_is_no_entry(store: Store) -> None:
    pruned = prune_cache(store.folder, all=True)
    assert left(store) == []
    assert len(pruned.removed) == 4
    assert pruned.kept_bytes == 0
    assert (store.folder / "notes.txt").exists()
    assert Store.checked(store.folder).get("tile", A) is None


def test_an_entry_used_while_pruning_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cache_entries

    def entries_then_use(folder: Path, **options: LastRun | None) -> pd.DataFrame:
        table = real(folder, **options)
        store.get("tile", B)
        (store.folder / "tile" / C).unlink()
        return table

    monkeypatch.setattr("nightpanel.run_cache.cache_entries", entries_then_use)
    pruned = prune_cache(store.folder, all=True)
    assert left(store) == [B]
    assert pruned.removed["key"].tolist() == [A, D]


def test_drafts_of_killed_writers_go(store: Store) -> None:
    for name, age in ((f"{PREFIX}killed", 3600), (f"{PREFIX}young", 0)):
        (store.folder / "tile" / name).touch()
        os.utime(store.folder / "tile" / name, (time.time() - age,) * 2)
    pruned = prune_cache(store.folder, keep_days=30)
    assert pruned.drafts == 1
    assert [path.name for path in (store.folder / "tile").glob(".*")] == [f"{PREFIX}young"]


def test_the_manifest_says_what_the_last_run_used(tmp_path: Path) -> None:
    assert read_last_run(tmp_path) is None
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"stages": {"panel": {"seconds": 1}}}), encoding="utf-8")
    assert read_last_run(tmp_path) is None
    stages = {"lights": {"store": {"tile": [A], "area": [B]}}, "panel": {"store": {"tile": [C]}}}
    path.write_text(json.dumps({"stages": stages}), encoding="utf-8")
    run = read_last_run(tmp_path)
    assert run is not None
    assert run.keys == {"tile": {A, C}, "area": {B}}
    assert run.finished_ns == path.stat().st_mtime_ns


# ---------------------------------------------------------------- the command


def test_cache_is_listed_and_pruned_to_what_the_last_run_used(
    country: Path, command: Command
) -> None:
    study, out = country / "study.toml", country.parent / "out"
    text = study.read_text(encoding="utf-8")
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    fewer = text.replace("years = [2014, 2015, 2016, 2017]", "years = [2014, 2015, 2016]")
    study.write_text(fewer, encoding="utf-8")
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    assert len(list((out / ".cache" / "tile").iterdir())) == 4
    listed = command("cache", out, "--list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "tile" in listed.stdout
    assert "coverage" in listed.stdout
    pruned = command("cache", out, "--prune")
    assert (pruned.returncode, pruned.stderr) == (0, "")
    assert "Removed" in pruned.stdout
    assert len(list((out / ".cache" / "tile").iterdir())) == 3
    assert list((out / ".cache" / "coverage").iterdir())
    study.write_text(text, encoding="utf-8")
    again = command("run", study, "--out", out)
    assert again.returncode == 0
    assert "Tiles: 1 read, 3 from the cache" in again.stdout


def test_a_cache_folder_that_is_none_is_left_alone(tmp_path: Path, command: Command) -> None:
    precious = tmp_path / "photos" / "tile"
    precious.mkdir(parents=True)
    (precious / ("a" * 64)).write_text("mine", encoding="utf-8")
    ended = command("cache", tmp_path, "--cache", tmp_path / "photos", "--prune", "--all")
    assert ended.returncode == 1
    assert (precious / ("a" * 64)).read_text(encoding="utf-8") == "mine"


def test_entries_one_by_one(country: Path, command: Command) -> None:
    out = country.parent / "out"
    assert command("run", country / "study.toml", "--out", out, "--quiet").returncode == 0
    entries = [path.relative_to(out / ".cache") for path in entry_paths(out / ".cache")]
    lines = command("cache", out, "--list").stdout.splitlines()
    named = [line.split()[0] for line in lines if line.endswith("in use")]
    assert named == sorted(entry.as_posix() for entry in entries)
    assert not any(entry.as_posix() in command("cache", out).stdout for entry in entries)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--all"], 2, "--prune"),
        (["--max-mb", "3"], 2, "--prune"),
        (["--list"], 1, "expected the cache folder of a run, found no such folder"),
        (["--prune"], 1, "expected the cache folder of a run, found no such folder"),
    ],
)
def test_what_cannot_be_meant(
    tmp_path: Path, command: Command, words: list[str], code: int, told: str
) -> None:
    ended = command("cache", tmp_path / "nowhere", *words)
    assert (ended.returncode, told in " ".join(ended.stderr.split())) == (code, True)
