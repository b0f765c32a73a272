"""Whatever is written into an address, it is answered and never a fault of ours."""

import string
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from werkzeug.routing import Rule

from tests.contracts.world import HTMX, World, rules

NAMES = (
    "q", "day", "state", "show", "kind", "before", "after", "from", "seen", "until", "person",
    "queue", "who", "type", "about", "cause", "to", "routine", "name",
    "next", "email", "hub.mode", "hub.challenge", "hub.verify_token", "booked",
)  # fmt: skip
#: Where people and programs have gone wrong before.
TRAPS = (
    "", "0", "-1", "1e9", "NaN", "2147483647", "2147483648", "9" * 30, "null", "None", "\0", "a\0b",
    "%", "_", "\\", "'", '"><script>', "../../etc/passwd", "//elsewhere.example", "0001-01-01",
    "9999-12-31", "2026-02-30", "20260101T0000Z", "99991231T2359Z", "00010101T0000Z", "é" * 300,
    "\u202eabc", "١٢", "²", "\ud83d\ude00", "x" * 5000, "00000000-0000-0000-0000-000000000000",
    "{{7*7}}", "true", "failed", "held", "\r\nX-Odd: 1",
)  # fmt: skip
odd = some.one_of(
    some.sampled_from(TRAPS),
    some.text(max_size=40),
    some.text(alphabet=string.printable, max_size=20),
    some.integers(-(2**70), 2**70).map(str),
    some.dates().map(str),
    some.uuids().map(str),
)
arguments = some.dictionaries(some.sampled_from(NAMES), odd, max_size=4)


def written(rule: Rule, world: World, values: list[str]) -> str:
    """Return the route's address with odd values where it takes some; "" leaves what fits."""
    with world.app.test_request_context():
        names = sorted(rule.arguments)
        fitting = world.values | {"token": "nothing"}
        parts = {name: value for name, value in zip(names, values, strict=False) if value}
        path = rule.rule
        for name in names:
            value: Any = parts.get(name, fitting[name])
            begin = path.index("<", 0)
            while name not in path[begin : path.index(">", begin) + 1]:
                begin = path.index("<", begin + 1)
            end = path.index(">", begin) + 1
            path = path[:begin] + quoted(str(value)) + path[end:]
        return path


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=some.data())
def test_no_address_is_answered_with_a_fault(
    ada: FlaskClient, world: World, data: some.DataObject
) -> None:
    rule = data.draw(some.sampled_from(rules(world.app, "GET")))
    path = written(rule, world, data.draw(some.lists(odd, max_size=2)))
    query = data.draw(arguments)
    headers = HTMX if data.draw(some.booleans()) else {}
    answer = ada.get(path, query_string=clean(query), headers=headers)
    assert answer.status_code < 500, (path, query)


def clean(query: dict[str, str]) -> dict[str, str]:
    """Drop what cannot be written into an address at all."""
    return {name: value.encode("utf-8", "ignore").decode() for name, value in query.items()}
