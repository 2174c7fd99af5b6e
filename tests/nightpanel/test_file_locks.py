"""A lock is held by one at a time; what a process has left is told from what is in use."""

import contextlib
import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import IO

import pytest

import nightpanel.file_locks
from nightpanel.file_locks import STALE_SECONDS, exclusive, is_left, make_folder, release, take


def test_only_one_is_in_the_block(tmp_path: Path) -> None:
    inside, most = 0, 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(50):
            with exclusive(tmp_path / "lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert list(tmp_path.iterdir()) == []


def test_patience_ends(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "lock"),
        pytest.raises(TimeoutError, match="another run"),
        exclusive(tmp_path / "lock", patience=0.05),
    ):
        pass


def test_a_lock_on_a_file_that_was_just_removed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"

    def after_its_holder_left(stream: IO[bytes]) -> bool | None:
        monkeypatch.undo()
        path.unlink()
        return take(stream)

    monkeypatch.setattr(nightpanel.file_locks, "take", after_its_holder_left)
    with exclusive(path):
        assert path.exists()
        assert not is_left(path)


def test_a_file_is_left_when_nobody_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("xb") as stream:
        assert take(stream) is True
        assert not is_left(path)
        release(stream)
        assert is_left(path)
        assert not is_left(path, age=60)
    assert not is_left(tmp_path / "none")


def test_without_locks_only_age_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    path = tmp_path / "file"
    with path.open("xb") as stream:
        assert take(stream) is None
    assert not is_left(path)
    long_ago = path.stat().st_mtime - STALE_SECONDS
    os.utime(path, (long_ago, long_ago))
    assert is_left(path)
    with exclusive(tmp_path / "lock"), exclusive(tmp_path / "lock"):
        pass


def test_a_folder_is_made_though_somebody_removes_empty_ones(tmp_path: Path) -> None:
    folder, done = tmp_path / "a" / "b", threading.Event()

    def remove() -> None:
        while not done.is_set():
            for path in (folder, folder.parent):
                with contextlib.suppress(OSError):
                    path.rmdir()

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for _ in range(2000):
            make_folder(folder)
    finally:
        done.set()
        remover.join()


def test_no_folder_is_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for place in ("file", "link", "link/deep"):
        with pytest.raises(FileExistsError):
            make_folder(tmp_path / place)
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "deep")
