"""Files go to a folder, a bucket or the database, in parts, and come back from any byte on."""

import io
import os
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import func, select

from webapp import storage
from webapp.clock import now
from webapp.config import Config
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.storage import blocks, objects
from webapp.storage.models import StoredBlock, StoredFile

PARTS = [bytes([number]) * 1_000_003 for number in range(12)]
WHOLE = b"".join(PARTS)


@pytest.fixture
def settings(valkey):
    """Return a maker of settings; the Redis is that of all tests, the line to it being one for all apps."""

    def make(storage_url, database_url="postgres://nobody@127.0.0.1:1/none"):
        return {
            "SECRET_KEY": "of an app that stores files alone",
            "DATABASE_URL": database_url,
            "REDIS_URL": valkey.url,
            "STORAGE_URL": storage_url,
        }

    return make


@pytest.fixture
def of_place(request, settings, tmp_path, monkeypatch, new_database):
    """Return a maker of the settings that lead to a place."""

    def make(name):
        if name == "folder":
            return settings(f"file://{tmp_path}/some%20folder")
        if name == "bucket":
            for name, value in request.getfixturevalue("bucket").items():
                monkeypatch.setenv(name, value)
            return settings("s3://desk/files")
        return settings("database:", new_database(name))

    objects.opened.cache_clear()
    yield make
    objects.opened.cache_clear()


@pytest.fixture(params=["folder", "bucket", "sqlite", "postgres"])
def place(request, of_place, another_app):
    """Be in an app that stores its files there; return its name."""
    app = another_app(of_place(request.param))
    with app.app_context():
        if request.param in {"sqlite", "postgres"}:
            db.create_all()
        yield request.param


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, of_place, another_app):
    """Be in an app that stores its files in its database; return the app."""
    app = another_app(of_place(request.param))
    with app.app_context():
        db.create_all()
        yield app


def content_of(path, start=0):
    return b"".join(storage.read(path, start=start))


def in_a_thread(do):
    """Do it in another thread, as another request would; say whether it came to an end."""
    other = threading.Thread(target=do)
    other.start()
    other.join(timeout=10)
    return not other.is_alive()


def count(table):
    found = db.session.scalar(select(func.count()).select_from(table))
    db.session.commit()
    return found


def test_a_file_comes_back_from_any_byte_on(place):
    assert storage.put("lists/one.csv", iter(PARTS)) == len(WHOLE)

    assert content_of("lists/one.csv") == WHOLE
    assert storage.size("lists/one.csv") == len(WHOLE)
    mib = 1024 * 1024
    for start in (1, 1_000_003, mib - 1, mib, mib + 1, len(WHOLE) - 1, len(WHOLE), len(WHOLE) + 5):
        assert content_of("lists/one.csv", start) == WHOLE[start:]
    assert max(map(len, storage.read("lists/one.csv"))) < 4_000_000


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1])
def test_a_file_of_any_size_comes_back_as_it_was(place, size):
    assert storage.put("edge", io.BytesIO(WHOLE[:size])) == size

    assert content_of("edge") == WHOLE[:size]
    assert storage.size("edge") == size


def test_a_file_may_be_an_open_one_and_may_be_empty(place):
    assert storage.put("two", io.BytesIO(b"abc")) == 3
    assert storage.put("none", iter([])) == 0

    assert list(storage.read("two")) == [b"abc"]
    assert list(storage.read("none")) == []


def test_what_is_not_there_is_said_and_can_be_removed(place):
    storage.put("three", iter([b"abc"]))
    storage.delete("three")
    storage.delete("three")

    with pytest.raises(FileNotFoundError):
        list(storage.read("three"))
    with pytest.raises(FileNotFoundError):
        storage.size("three")
    with pytest.raises(FileNotFoundError), storage.local_copy("three"):
        pass


def test_what_breaks_off_leaves_nothing_behind(place):
    def broken():
        yield from PARTS
        raise ConnectionError("The browser went away.")

    with pytest.raises(ConnectionError):
        storage.put("four/file", broken())
    with pytest.raises(FileNotFoundError):
        list(storage.read("four/file"))
    assert list(storage.paths("four")) == []


def test_the_older_file_is_there_until_the_newer_one_is_whole(place):
    app, seen = current_app._get_current_object(), []
    storage.put("both", iter([b"older"]))

    def look():
        with app.app_context():
            seen.append(content_of("both"))

    def newer():
        yield b"new"
        in_a_thread(look)
        yield b"er"

    storage.put("both", newer())
    assert seen == [b"older"]
    assert content_of("both") == b"newer"


def test_a_program_gets_the_file_on_its_own_disk(place):
    storage.put("docs/a", iter(PARTS))

    with storage.local_copy("docs/a") as file:
        assert file.read_bytes() == WHOLE
    assert file.exists() == (place == "folder")


def test_copies_that_a_killed_program_has_left_are_removed_by_the_next_one(
    database, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, other = (tmp_path / name for name in ("bellhop-copy-1", "bellhop-copy-2", "else"))
    for file in (old, new, other):
        file.touch()
    for file in (old, other):
        aged(file)
    storage.put("one", iter([b"abc"]))

    with storage.local_copy("one") as copy:
        assert copy.parent == tmp_path

    assert [file.exists() for file in (old, new, other)] == [False, True, True]


def test_files_are_listed_by_folder_with_when_they_were_stored(place):
    for path in ("documents/ab/one", "documents/cd/two", "documents2/three", "audience/four"):
        storage.put(path, iter([b"x"]))

    found = dict(storage.paths("documents"))
    assert sorted(found) == ["documents/ab/one", "documents/cd/two"]
    assert all(abs(now() - moment) < timedelta(minutes=5) for moment in found.values())


def test_only_parts_are_in_memory(place):
    storage.put("warm", iter([b"x"]))
    list(storage.read("warm"))
    many = (b"%07d" % number * 140_000 for number in range(40))  # 39 MB
    tracemalloc.start()
    try:
        storage.put("large", many)
        for _ in storage.read("large"):
            pass
        with storage.local_copy("large"):
            pass
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["/proc/none", "/etc/hosts/none"])
def test_a_place_that_cannot_be_used_is_away(settings, another_app, path):
    app = another_app(settings(f"file://{path}"))
    with app.app_context(), pytest.raises(storage.Away):
        storage.put("five", iter([b"abc"]))


def test_a_bucket_that_is_not_there_is_away(settings, of_place, another_app):
    of_place("bucket")
    app = another_app(settings("s3://nowhere"))
    with app.app_context(), pytest.raises(storage.Away):
        storage.put("six", iter([b"abc"]))


@pytest.mark.parametrize(
    "do", [storage.size, storage.delete, lambda path: list(storage.read(path))]
)
def test_a_database_that_is_away_is_away_as_a_place_for_files_too(settings, another_app, do):
    with another_app(settings("database:")).app_context(), pytest.raises(storage.Away):
        do("seven")


def test_without_a_setting_files_lie_beside_a_database_that_is_a_file_and_else_in_it(
    settings, tmp_path
):
    beside = Config.from_env(settings("", f"sqlite:///{tmp_path}/desk.db"))
    inside = Config.from_env(settings(""))

    assert beside.storage_url == f"file://{tmp_path}/files"
    assert inside.storage_url == "database:"


def test_what_a_dead_process_has_left_in_a_folder_is_removed_later(of_place, another_app, tmp_path):
    with another_app(of_place("folder")).app_context():
        storage.put("lists/one", iter([b"abc"]))
        program = (
            "import os, sys; from obstore.store import LocalStore; import obstore\n"
            "def parts():\n"
            "    yield b'x' * 9_000_000\n"
            "    yield b'x' * 9_000_000\n"
            "    os._exit(9)\n"
            "obstore.put(LocalStore(sys.argv[1]), 'lists/two', parts(), chunk_size=8_000_000)\n"
        )
        folder = tmp_path / "some folder"
        subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
        [left] = [file for file in (folder / "lists").iterdir() if file.name != "one"]

        assert storage.tidy() == 0
        aged(left)
        assert storage.tidy() == 1

        assert not left.exists()
        assert content_of("lists/one") == b"abc"


def aged(file: Path):
    then = (now() - 2 * storage.ABANDONED).timestamp()
    os.utime(file, (then, then))


def test_what_a_dead_process_has_left_in_the_database_is_removed_later(database):
    storage.put("whole", iter(PARTS))
    with blocks._transaction(writes=True) as connection:  # as far as one gets who then dies
        connection.execute(StoredFile.__table__.insert().values(path="half"))
    half = db.session.scalars(select(StoredFile.id).where(~StoredFile.whole)).one()
    db.session.commit()
    for number in range(20):
        blocks._add(half, number, b"x" * 1000)

    assert storage.tidy() == 0
    db.session.get_one(StoredFile, half).written_at -= 2 * storage.ABANDONED
    db.session.commit()
    assert storage.tidy() == 1

    assert count(StoredFile) == 1
    assert content_of("whole") == WHOLE


def test_nothing_is_left_in_the_database_of_what_was_removed_replaced_or_broken_off(database):
    def broken():
        yield from PARTS
        raise ConnectionError("The browser went away.")

    storage.put("one", iter(PARTS))
    storage.put("one", iter([b"abc"]))
    storage.put("two", iter(PARTS))
    storage.delete("two")
    with pytest.raises(ConnectionError):
        storage.put("three", broken())

    assert (count(StoredFile), count(StoredBlock)) == (1, 1)


def test_what_is_removed_while_it_is_read_says_that_it_is_gone(database):
    storage.put("one", iter(PARTS))
    parts = storage.read("one")
    next(parts)
    storage.delete("one")

    with pytest.raises(FileNotFoundError):
        list(parts)


def test_others_write_while_a_file_is_stored_in_the_database(database):
    """Between two blocks; a transaction around them all would hold SQLite's one write lock."""
    told = []

    def parts():
        for part in PARTS:
            told.append(in_a_thread(write_something))
            yield part

    def write_something():
        with database.app_context():
            enqueue(JobKind.NOTHING)
            db.session.commit()
            db.session.remove()

    storage.put("one", parts())
    assert told == [True] * len(PARTS)


def test_whoever_would_wait_for_himself_on_sqlite_is_told_at_once(of_place, another_app):
    with another_app(of_place("sqlite")).app_context():
        db.create_all()
        count(StoredFile)
        db.session.add(StoredFile(path="another"))
        db.session.flush()
        with pytest.raises(RuntimeError, match="Commit before"):
            storage.put("one", iter([b"abc"]))
        db.session.rollback()
