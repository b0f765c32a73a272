"""How fast it is and how long it takes: measured, and bounded by the limits."""

from datetime import UTC, datetime

import pytest

from webapp.campaigns import charting, pacing

MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = MOMENT.timestamp()


def history(*points):
    return [[AT + seconds, left, 0, failed] for seconds, left, failed in points]


@pytest.mark.parametrize(
    ("points", "speed"),
    [
        ([], None),
        ([(-10, 5, 0)], None),
        ([(-600, 0, 0), (-30, 1000, 0), (0, 1050, 0)], 100),
        ([(-30, 0, 0), (0, 40, 10)], 100),
        ([(-600, 0, 0), (0, 1000, 0)], 100),
        ([(-300, 0, 0), (-200, 1000, 0)], 0),
        ([(0, 10, 0), (0, 20, 0)], 600),
        ([(-30, 50, 0), (0, 40, 0)], 0),
    ],
)
def test_the_speed_is_that_of_the_last_minute(points, speed):
    assert pacing.lately(history(*points), MOMENT) == speed


@pytest.mark.parametrize(
    ("measured", "limit", "expected"),
    [
        ((None, None), 0, None),
        ((None, None), 100, (90, 100)),
        ((200, 100), 0, (90, 220)),
        ((200, 50), 100, (45, 100)),
        ((0.0, None), 100, (90, 100)),
    ],
)
def test_no_speed_is_expected_above_the_limit(measured, limit, expected):
    found = pacing.expected(measured, limit)

    assert found == (expected and pytest.approx(expected))


@pytest.mark.parametrize("numbers", [[], [0, 0], [1], [1, 0, 99_999], [5, 5, 5, 5], [1] * 11])
def test_the_parts_of_a_bar_fill_it_and_none_is_lost(numbers):
    found = charting.segments(numbers)

    assert [part.width > 0 for part in found] == [number > 0 for number in numbers]
    assert sum(part.width for part in found) == (charting.WIDTH if any(numbers) else 0)


@pytest.mark.parametrize(("number", "round_one"), [(0, 1), (1, 1), (3, 5), (11, 20), (501, 1000)])
def test_a_scale_ends_at_a_round_number(number, round_one):
    assert charting.nice(number) == round_one
