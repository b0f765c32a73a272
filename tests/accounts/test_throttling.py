"""Passwords cannot be tried without end, and nobody is locked out by somebody else."""

import pytest

from tests.accounts.conftest import PASSWORD, csrf_token, send, sign_in, words
from tests.live import wait_for


def tries(client, count, **typed):
    """Return the answers to so many tries."""
    form = {"csrf_token": csrf_token(client), "password": "not the password", **typed}
    return [client.post("/sign-in", data=form).status_code for _ in range(count)]


def test_an_account_is_tried_ten_times_in_a_quarter_of_an_hour(client, user):
    user()
    assert tries(client, 10, email="otto@desk.example") == [422] * 10

    answer = sign_in(client, "OTTO@desk.example")

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Too many tries" in words(answer)
    assert "per 15 minute" not in words(answer)


def test_an_unknown_address_is_slowed_down_alike(client):
    assert tries(client, 11, email="nobody@desk.example") == [422] * 10 + [429]


def test_other_accounts_and_whoever_is_signed_in_go_on(app, client, user):
    user()
    user("Ada")
    sign_in(client, "otto@desk.example")
    attacker = app.test_client()
    tries(attacker, 11, email="otto@desk.example")

    assert client.get("/my/sessions").status_code == 200
    assert sign_in(attacker, "ada@desk.example").status_code == 303


def test_one_address_tries_thirty_accounts_and_no_more(app, user):
    client = app.test_client()
    found = [tries(client, 1, email=f"{number}@desk.example")[0] for number in range(31)]
    assert found == [422] * 30 + [429]

    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    user()
    assert sign_in(elsewhere, "otto@desk.example").status_code == 303


def test_a_whole_block_of_ipv6_addresses_counts_as_one(app):
    client = app.test_client()
    found = []
    for number in range(31):
        client.environ_base["REMOTE_ADDR"] = f"2001:db8::{number:x}"
        found += tries(client, 1, email=f"{number}@desk.example")
    assert found == [422] * 30 + [429]


def test_the_old_password_is_not_guessed_through_the_form_for_a_new_one(client, user):
    user()
    sign_in(client, "otto@desk.example")
    form = {"csrf_token": csrf_token(client), "old": "a guess", "password": PASSWORD + "!"}

    found = [client.post("/my/password", data=form).status_code for _ in range(11)]

    assert found == [422] * 10 + [429]


@pytest.mark.parametrize("email", ["", " ", "x" * 100_000, "\0"])
def test_an_odd_address_is_counted_too(client, email):
    assert tries(client, 11, email=email) == [422] * 10 + [429]


def test_without_redis_people_sign_in_and_are_still_slowed_down(app, client, user, valkey, kind):
    # Names of its own: what is counted in this process is not emptied between two tests.
    user(f"Gerda-{kind}")
    client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    email = f"gerda-{kind}@desk.example"
    valkey.stop()
    try:
        assert sign_in(client, email).status_code == 303
        assert send(client, "/sign-out").status_code == 303
        assert tries(client, 10, email=email) == [422] * 9 + [429]
    finally:
        valkey.start()

    def counted_in_redis():
        tries(app.test_client(), 1, email="somebody@desk.example")
        return valkey.command("DBSIZE")

    wait_for(counted_in_redis, every=0.5)
