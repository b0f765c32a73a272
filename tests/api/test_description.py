"""What is written about the API is so: each route is described, and answers as its description says."""

import contextvars
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from tests.api.conftest import Program
from tests.contracts import of_api
from tests.contracts import world as making
from tests.contracts.world import rules
from webapp.accounts.scopes import Scope
from webapp.extensions import db

REFUSALS = {"401", "403", "429", "500", "503"}
OFTEN = {"API_RATE": "1000000 per minute", "API_WRITE_RATE": "1000000 per minute"}
#: Of each operation and kind of examples; a second or two for all of them together.
EXAMPLES = 8


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method.upper()): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_route_for_programs_is_described_with_all_that_can_go_wrong(
    app: Flask, client: FlaskClient
) -> None:
    document = client.get("/api/openapi.json").json or {}
    described = operations(document)
    routes = [rule for rule in rules(app) if rule.endpoint.startswith("api.")]
    assert {rule.endpoint for rule in routes} == set(of_api.PROGRAMS.split())
    seen = set()
    for rule in routes:
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        path = rule.rule.replace("<uuid:", "{").replace("<int:", "{").replace("<", "{")
        path = path.replace(">", "}")
        operation = described[path, method]
        seen.add((path, method))
        view: Any = app.view_functions[rule.endpoint]
        assert operation["security"] == [{"token": [view.access.value]}]
        answers = set(operation["responses"])
        takes = "requestBody" in operation or "parameters" in operation
        wanted = REFUSALS | ({"404"} if rule.arguments else set()) | ({"422"} if takes else set())
        if "requestBody" in operation:
            wanted |= {"413", "415"}
        missing = wanted - answers - ({"422"} if path.endswith("/progress") else set())
        assert missing == set(), (path, missing)
        assert operation["summary"]
        for code in answers - {"200", "201", "202", "304"}:
            schema = operation["responses"][code]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}
    assert seen == set(described)
    for scope in Scope:
        assert f"`{scope}`" in document["components"]["securitySchemes"]["token"]["description"]


def test_the_page_shows_every_operation_with_an_example_to_whoever_asks(
    client: FlaskClient, ada: FlaskClient
) -> None:
    described = operations(client.get("/api/openapi.json").json or {})
    for browser in (client, ada):
        page = browser.get("/api/docs").text
        assert page.count("<pre") == len(described)
        assert page.count("Authorization: Bearer $TOKEN") == len(described)
        for (path, _method), operation in described.items():
            assert f"<code>{path}</code>" in page
            assert operation["summary"].rstrip(".") in page


def test_every_example_of_a_body_is_one_that_the_description_allows(client: FlaskClient) -> None:
    from webapp.api import bookings, campaign_schemas, reading, task_filters, task_schemas

    document = client.get("/api/openapi.json").json or {}
    for schema in (
        bookings.NewBooking,
        bookings.Cancelling,
        campaign_schemas.NewCampaign,
        campaign_schemas.MoreRecipients,
        task_schemas.Reason,
        task_schemas.Changed,
        task_filters.Many,
    ):
        example = reading.example_of({"$ref": f"#/components/schemas/{schema.__name__}"}, document)
        assert schema().validate(example) == {}, example


def addresses() -> Iterable[str]:
    """Return an address for each request, so that nobody is held up for having tried tokens."""
    return (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))


def of_its_own(app: Flask) -> Callable[..., Any]:
    """Return the app as requests see it that know nothing of the test's own session and context."""
    known = iter(addresses())

    def ask(environ: dict[str, Any], start_response: Any) -> Any:
        db.session.commit()
        environ["REMOTE_ADDR"] = next(known)
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # the client of the checks unpacks nothing
        return contextvars.Context().run(app, environ, start_response)

    return ask


@pytest.mark.parametrize("kind", ["postgres"], indirect=True, scope="session")
def test_the_api_answers_as_it_is_described_whatever_it_is_asked(
    app: Flask, program: Program, another_app: Any, settings_of_tests: dict[str, str]
) -> None:
    import schemathesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    world = making.make(app)
    known = {name: str(value) for name, value in world.values.items()}
    caller = program()
    served = another_app({**settings_of_tests, **OFTEN})
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", of_its_own(served))
    headers = {"Authorization": f"Bearer {caller.secret}"}
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        names = [parameter.name for parameter in operation.path_parameters]
        there = {name: known[name] for name in names}
        modes = schemathesis.GenerationMode
        ways = [
            operation.as_strategy(generation_mode=modes.POSITIVE, path_parameters=there or None),
            operation.as_strategy(generation_mode=modes.POSITIVE),
            operation.as_strategy(generation_mode=modes.NEGATIVE),
        ]

        @settings(
            max_examples=EXAMPLES * len(ways),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=some.one_of(ways))
        def answers_as_described(case: Any) -> None:
            # That a service exists and is free at that hour, no schema can say.
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
            tried.add(case.operation.label)

        answers_as_described()
    assert len(tried) == len(of_api.PROGRAMS.split())
