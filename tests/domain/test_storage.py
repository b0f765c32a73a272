"""Files go to a folder or to a bucket, in parts, and come back from any byte on."""

import io
import subprocess
import sys
import urllib.request

import pytest

from devtools.processes import free_port
from tests.live import wait_for
from webapp import storage

PARTS = [bytes([number]) * 1_000_003 for number in range(12)]
WHOLE = b"".join(PARTS)


def settings(storage_url):
    return {
        "SECRET_KEY": "of an app that stores files alone",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "STORAGE_URL": storage_url,
    }


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """Return the address of an S3 server."""
    port = free_port()
    line = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = (tmp_path_factory.mktemp("s3") / "log").open("wb")
    server, url = subprocess.Popen(line, stdout=log, stderr=log), f"http://127.0.0.1:{port}"

    def made():
        try:
            made = urllib.request.Request(f"{url}/desk", method="PUT")
            return urllib.request.urlopen(made, timeout=5).status == 200
        except OSError:
            return False

    wait_for(made)
    yield url
    server.terminate()
    server.wait(timeout=10)
    log.close()


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path, monkeypatch, another_app):
    """Be in an app that stores its files there."""
    url = f"file://{tmp_path}/some%20folder"
    if request.param == "bucket":
        monkeypatch.setenv("AWS_ENDPOINT", request.getfixturevalue("bucket"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "desk")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        url = "s3://desk/files"
    storage._open.cache_clear()
    app = another_app(settings(url))
    with app.app_context():
        yield url
    storage._open.cache_clear()


def test_a_file_comes_back_from_any_byte_on(place):
    assert storage.put("lists/one.csv", iter(PARTS)) == len(WHOLE)

    assert b"".join(storage.read("lists/one.csv")) == WHOLE
    for start in (1, 1_000_003, len(WHOLE) - 1, len(WHOLE), len(WHOLE) + 5):
        assert b"".join(storage.read("lists/one.csv", start=start)) == WHOLE[start:]
    assert max(map(len, storage.read("lists/one.csv"))) < 4_000_000


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


def test_what_breaks_off_leaves_nothing_behind(place):
    def broken():
        yield from PARTS
        raise ConnectionError("The browser went away.")

    with pytest.raises(ConnectionError):
        storage.put("four", broken())
    with pytest.raises(FileNotFoundError):
        list(storage.read("four"))


@pytest.mark.parametrize("path", ["/proc/none", "/etc/hosts/none"])
def test_a_place_that_cannot_be_used_is_away(another_app, path):
    app = another_app(settings(f"file://{path}"))
    with app.app_context(), pytest.raises(storage.Away):
        storage.put("five", iter([b"abc"]))


def test_a_bucket_that_is_not_there_is_away(place, another_app):
    if place.startswith("s3:"):
        app = another_app(settings("s3://nowhere"))
        with app.app_context(), pytest.raises(storage.Away):
            storage.put("six", iter([b"abc"]))


def test_without_a_place_it_is_said_what_is_missing(another_app):
    with another_app(settings("")).app_context():
        assert not storage.possible()
        with pytest.raises(storage.NotSetUp, match="STORAGE_URL"):
            storage.put("seven", iter([b"abc"]))
