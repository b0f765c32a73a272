"""Which passwords are refused, and how they are stored."""

import pytest

from webapp.accounts import passwords


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "password1234",
        "P@ssw0rd1234!",
        "passwordpassword",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "123456789012",
        "210987654321",
        "qwertyuiopas",
        "1q2w3e4r5t6y",
        "Welcome12345!",
        "iloveyou-2024!",
        "otto@desk.example",
        "Otto Maier the First",
        "x" * 1001,
    ],
)
def test_what_is_guessed_first_is_refused_with_a_reason(password):
    about = ("otto@desk.example", "otto maier the first")

    assert (passwords.why_refused(password, about=about) or "").endswith(".")


@pytest.mark.parametrize(
    "password",
    [
        "four plain words here",
        "пароль для входа",
        "🦉🦉🐈🐕🦉🐈🐕🐕🦉🐈🦉🐕🐈",
        "kitchen-Lamp-7742",
        "12 Angry Penguins",
        "x9" * 3 + "kept it short",
    ],
)
def test_any_characters_will_do_and_none_are_demanded(password):
    assert passwords.why_refused(password) is None


def test_the_same_letters_typed_on_another_system_are_the_same_password():
    stored = passwords.hashed("caf\u00e9 au lait, merci")

    assert passwords.matches(stored, "cafe\u0301 au lait, merci")
    assert not passwords.matches(stored, "cafe au lait, merci")


def test_two_people_with_one_password_are_stored_apart():
    assert passwords.hashed("four plain words here") != passwords.hashed("four plain words here")


def test_a_damaged_hash_matches_nothing():
    assert not passwords.matches("not a hash", "four plain words here")
