"""The services the other tests stand on."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from devtools.valkey import Valkey
from tests.services import Kind, NewDatabase


def make_a_table(url: str) -> None:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("CREATE TABLE guests (name TEXT)")
        connection.commit()
        connection.close()
    else:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE guests (name TEXT)")


def count_guests(url: str) -> int:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute("SELECT count(*) FROM guests").fetchone()
        connection.close()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT count(*) FROM guests").fetchone()
    return rows[0]


def test_valkey_refuses_a_client_without_its_password(valkey: Valkey) -> None:
    with redis.Redis(port=valkey.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_valkey_takes_a_client_with_its_password(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.dbsize() == 0


def test_a_queue_survives_the_power_cut_and_the_address_stays(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.lpush("queue", "a message")
        client.config_set("appendfsync", "always")
        client.lpush("queue", "another")
    valkey.kill()
    assert not valkey.ready()
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.llen("queue") == 2


def test_a_server_left_in_the_folder_is_ended_by_the_next_start(tmp_path: Path) -> None:
    left, new = Valkey(tmp_path), Valkey(tmp_path)
    left.start()
    new.start()
    try:
        assert left.process.wait(30) == 0
        assert new.ready()
    finally:
        new.stop()


def test_a_stranger_that_got_the_process_id_of_an_old_server_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = {"pid": stranger.pid, "port": 20_000, "password": "x"}
    (tmp_path / "running.json").write_text(json.dumps(record))
    server = Valkey(tmp_path)
    server.start()
    server.stop()
    assert stranger.poll() is None
    stranger.communicate(b"\n", timeout=30)


def test_a_service_is_not_tied_to_a_thread_that_ends_before_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="main thread"):
        pool.submit(Valkey(tmp_path).start).result()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_new_databases_are_copies_of_the_prepared_one_and_strangers_to_each_other(
    new_database: NewDatabase, kind: Kind
) -> None:
    one, other = (new_database(kind, make_a_table) for _ in range(2))
    assert one != other
    if kind == "postgres":
        assert one.startswith("postgres://")
        with psycopg.connect(one) as connection:
            connection.execute("INSERT INTO guests VALUES ('Asha')")
    assert count_guests(other) == 0
