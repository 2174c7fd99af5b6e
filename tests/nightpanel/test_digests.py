"""Digests of files are right, also when they are remembered; a file that changes is noticed."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

import nightpanel.digests
from geo.errors import InputFileError
from nightpanel.digests import READ_BYTES, FileDigests, input_files
from nightpanel.store import Store, entry_paths

# FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.checked(tmp_path / "cache")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of known bytes that was written an hour ago."""
    return written(tmp_path / "old", b"abc", age=3600)


def written(path: Path, content: bytes, *, age: float) -> Path:
    path.write_bytes(content)
    when = time.time() - age
    os.utime(path, (when, when))
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose bytes have been read."""
    read: list[Path] = []
    real = nightpanel.digests._sha256

    def counted(path: Path) -> str:
        read.append(path)
        return real(path)

    monkeypatch.setattr(nightpanel.digests, "_sha256", counted)
    return read


def test_digests_are_sha256_of_the_bytes(tmp_path: Path) -> None:
    content = {
        "abc": b"abc",
        "empty": b"",
        "block": bytes(READ_BYTES),
        "more": bytes(READ_BYTES) + b"abc",
    }
    files = [written(tmp_path / name, data, age=0) for name, data in content.items()]
    digests = FileDigests(threads=3).of([*files, files[0]])
    assert digests == {
        file: hashlib.sha256(data).hexdigest()
        for file, data in zip(files, content.values(), strict=True)
    }
    assert digests[tmp_path / "abc"] == ABC


def test_a_remembered_digest_is_not_computed_again(
    store: Store, old: Path, hashed: list[Path]
) -> None:
    assert FileDigests(store).of([old]) == {old: ABC}
    assert FileDigests(Store(store.folder)).of([old]) == {old: ABC}
    assert hashed == [old]


def test_a_young_file_is_not_remembered(store: Store, tmp_path: Path, hashed: list[Path]) -> None:
    # Written within a tick of the clock before it was read: a second write might look the same.
    young = written(tmp_path / "young", b"abc", age=1)
    assert FileDigests(store).of([young]) == {young: ABC}
    assert FileDigests(store).of([young]) == {young: ABC}
    assert hashed == [young, young]


def test_a_file_of_another_size_or_time_is_read_again(store: Store, old: Path) -> None:
    FileDigests(store).of([old])
    for content, age in ((b"abcd", 3600), (b"abd", 1800)):
        written(old, content, age=age)
        assert FileDigests(store).of([old]) == {old: hashlib.sha256(content).hexdigest()}


def test_a_file_whose_time_was_set_back_is_read_again(store: Store, old: Path) -> None:
    FileDigests(store).of([old])
    before = old.stat()
    old.write_bytes(b"abd")
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert old.stat().st_mtime_ns == before.st_mtime_ns
    assert FileDigests(store).of([old]) == {old: hashlib.sha256(b"abd").hexdigest()}


def test_a_damaged_memory_is_an_empty_one(store: Store, old: Path, hashed: list[Path]) -> None:
    FileDigests(store).of([old])
    (memory,) = entry_paths(store.folder)
    content = memory.read_bytes()
    at = content.index(ABC.encode())
    memory.write_bytes(content[:at] + b"0" + content[at + 1 :])
    assert FileDigests(store).of([old]) == {old: ABC}
    assert hashed == [old, old]
    assert sum(map(len, store.damaged.values())) == 1


def test_runs_at_once_may_lose_memories_but_not_rightness(store: Store, tmp_path: Path) -> None:
    files = [written(tmp_path / str(i), str(i).encode(), age=3600) for i in range(20)]
    runs = [
        threading.Thread(target=lambda part=part: FileDigests(store).of(part))
        for part in (files[:10], files[10:], files[5:15])
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    expected = {file: hashlib.sha256(file.name.encode()).hexdigest() for file in files}
    assert FileDigests(store).of(files) == expected


def test_a_file_that_changes_while_it_is_read_is_refused(
    store: Store, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddled(path: Path) -> str:
        path.write_bytes(b"abcd")
        return ABC

    monkeypatch.setattr(nightpanel.digests, "_sha256", meddled)
    with pytest.raises(InputFileError, match=str(old)):
        FileDigests(store).of([old])
    assert list(entry_paths(store.folder)) == []


def test_a_file_that_changes_after_its_digest_is_refused(old: Path) -> None:
    digests = FileDigests()
    digests.of([old])
    digests.require_unchanged()
    written(old, b"abd", age=0)
    with pytest.raises(InputFileError, match=str(old)):
        digests.require_unchanged()


def test_a_file_that_is_not_watched_may_change(old: Path, tmp_path: Path) -> None:
    digests = FileDigests()
    digests.of([written(tmp_path / "watched", b"abc", age=0)])
    digests.of([old], watched=False)
    written(old, b"abd", age=0)
    digests.require_unchanged()


def test_a_file_that_is_not_there_or_cannot_be_read_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="nowhere"):
        FileDigests().of([tmp_path / "nowhere"])
    with pytest.raises(InputFileError, match="directory"):
        FileDigests().of([tmp_path])


def test_a_file_that_changes_between_two_digests_is_refused(old: Path) -> None:
    digests = FileDigests()
    digests.of([old])
    written(old, b"abd", age=0)
    with pytest.raises(InputFileError, match=str(old)):
        digests.of([old])


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("U.SHP", ("U.DBF", "U.SHX", "U.PRJ", "u.cpg")),
        ("light.tif", ("light.tif.aux.xml", "light.tfw")),
        ("light.TIFF", ("light.tiff.AUX.XML", "light.wld")),
        ("units.gpkg", ("units.gpkg-wal", "units.gpkg-journal")),
    ],
)
def test_what_lies_beside_a_file_and_changes_what_is_read_counts(
    tmp_path: Path, name: str, beside: tuple[str, ...]
) -> None:
    for file in (name, *beside, "light.tif.ovr", "units.txt", "other.tif.aux.xml"):
        (tmp_path / file).touch()
    found = input_files([tmp_path / name])
    assert {path.name for path in found} == {name, *beside}


def test_inputs_are_folders_files_and_shapefiles_parts(tmp_path: Path) -> None:
    names = ("b.gdb/x", "b.gdb/deep/y", "a.shp", "a.dbf", "a.prj", "a.txt", "c.tif", "d.tif")
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = input_files([tmp_path / name for name in ("c.tif", "b.gdb", "a.shp", "c.tif")])
    expected = ("a.dbf", "a.prj", "a.shp", "b.gdb/deep/y", "b.gdb/x", "c.tif")
    assert [path.relative_to(tmp_path.resolve()).as_posix() for path in found] == list(expected)
