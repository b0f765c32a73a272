"""How long something takes, in words; and that what is said of the time left is mostly true."""

import random
from datetime import timedelta

import pytest

from webapp.jobs.spans import about, left, ordinal, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.01, "a moment"),
        (0.42, "0.4 seconds"),
        (1, "1 second"),
        (59.6, "1 minute"),
        (200, "3 minutes 20 seconds"),
        (3_600, "1 hour"),
        (3_605, "1 hour"),
        (93_600, "1 day 2 hours"),
    ],
)
def test_a_length_is_said_in_its_two_largest_units(seconds, words):
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1, 4, "a few seconds"),
        (12, 41, "10 to 40 seconds"),
        (100, 240, "2 to 4 minutes"),
        (118, 130, "about 2 minutes"),
        (3_000, 9_000, "1 to 2 hours"),
    ],
)
def test_a_guess_is_said_as_a_range(low, high, words):
    assert about(low, high) == words


def test_a_place_in_line_is_said_as_people_say_it():
    assert [ordinal(ahead) for ahead in (0, 2, 41)] == [
        "next in line", "third in line", "number 42 in line",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("done", "total", "spent"),
    [(0, 10, 60), (5, None, 60), (1, 100, 60), (50, 100, 1), (12, 10, 60)],
)
def test_nothing_is_said_of_the_time_left_while_that_would_be_a_guess(done, total, spent):
    assert left(done, total, timedelta(seconds=spent)) is None


#: How unlike the steps of a job are, how much slower some stretches of it, and how many steps it has.
COURSES = [(0.3, 1, 120), (0.8, 2, 120), (1.0, 3, 120), (0.8, 2, 20), (0.5, 1, 1000), (0.8, 4, 400)]


@pytest.mark.parametrize(("unlike", "slower", "total"), COURSES)
def test_the_time_left_holds_the_true_end_in_four_of_five_looks_after_a_fifth(
    unlike, slower, total
):
    looks = []
    for seed in range(60):
        chance = random.Random(seed)
        steps = [
            chance.lognormvariate(0, unlike) * (slower if step % 40 > 30 else 1)
            for step in range(total)
        ]
        for done in range(total // 5, total, max(1, total // 15)):
            low, high = left(done, total, timedelta(seconds=sum(steps[:done]))) or (0.0, 0.0)
            looks.append(low <= sum(steps[done:]) <= high)
    assert sum(looks) / len(looks) >= 0.8
