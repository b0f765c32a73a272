"""The OpenAPI document as a page shows it: each operation with its fields, answers and an example."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from markupsafe import Markup, escape

Document = dict[str, Any]
DEEP = 4
#: What stands in an example for a value of a kind that names no example of its own.
SAMPLES = {
    "uuid": "0199d3c2-7a51-7c07-9f3e-5b8f6f3c9a10",
    "date-time": "2027-03-01T09:30:00+05:30",
    "date": "2027-03-01",
}
PLAIN: dict[str, Any] = {"string": "text", "integer": 12, "boolean": True, "number": 1.5}


class Field(NamedTuple):
    """A value that is sent or given."""

    name: str
    kind: str
    needed: bool
    text: str


class Answer(NamedTuple):
    """What a request can be answered with."""

    code: str
    text: str


class Operation(NamedTuple):
    """One thing that a program can ask for."""

    id: str
    method: str
    path: str
    title: str
    text: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]
    given: list[Field]
    curl: str


class Group(NamedTuple):
    """The operations on one noun."""

    name: str
    text: str
    operations: list[Operation]


def groups(document: Document, public_url: str) -> list[Group]:
    """Return the operations by their nouns, in the order of the document."""
    found = [
        (operation["tags"][0], _operation(method, path, operation, document, public_url))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post"}
    ]
    return [
        Group(tag["name"], tag["description"], [one for name, one in found if name == tag["name"]])
        for tag in document["tags"]
    ]


def _operation(
    method: str, path: str, operation: Document, document: Document, public_url: str
) -> Operation:
    form, schema = _content(operation.get("requestBody", {}))
    parameters = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    answers = operation["responses"]
    _, given = _content(answers[min(answers)])  # those that went well come first
    return Operation(
        id=f"{method}-{re.sub(r'[^a-z]+', '-', path).strip('-')}",
        method=method.upper(),
        path=path,
        title=operation["summary"].rstrip("."),
        text=operation.get("description", ""),
        scope=operation["security"][0]["token"][0],
        parameters=[_parameter(one) for one in parameters],
        body=fields_of(schema, document) if schema else [],
        answers=[Answer(code, told["description"]) for code, told in sorted(answers.items())],
        given=fields_of(given, document) if given else [],
        curl=_curl(method, public_url + path, form, schema, document),
    )


def _content(part: Document) -> tuple[str | None, Document]:
    """Return in which form something is sent or given, and its schema."""
    for form, told in part.get("content", {}).items():
        return form, told.get("schema", {})
    return None, {}


def _parameter(one: Document) -> Field:
    place = {"path": "in the address", "query": "after the ?", "header": "header"}[one["in"]]
    text = one.get("description", "")
    return Field(one["name"], f"{_kind(one['schema'])}, {place}", bool(one.get("required")), text)


def fields_of(schema: Document, document: Document, prefix: str = "") -> list[Field]:
    """Return the fields of a schema, with those of what is in it under dotted names."""
    return list(_fields(schema, document, prefix))


def _fields(schema: Document, document: Document, prefix: str) -> Iterator[Field]:
    whole = _resolved(schema, document)
    for name, inner in whole.get("properties", {}).items():
        full, found = f"{prefix}{name}", _resolved(inner, document)
        needed = name in whole.get("required", [])
        yield Field(
            full, _kind(found), needed, inner.get("description", found.get("description", ""))
        )
        if full.count(".") < DEEP:
            items = found.get("items")
            below = _resolved(items, document) if items else found
            yield from _fields(below, document, f"{full}{'[]' if items else ''}.")


def _resolved(schema: Document, document: Document) -> Document:
    """Return a schema itself where it is named elsewhere, or is one or nothing."""
    for alternative in schema.get("anyOf", []):
        if alternative.get("type") != "null":
            return _resolved(alternative, document)
    if "$ref" in schema:
        found: Document = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _kind(schema: Document) -> str:
    """Say in words what a value is."""
    if "enum" in schema:
        known = [str(one) for one in schema["enum"] if one is not None]
        return " | ".join(known) if len(known) <= FEW else f"one of {len(known)} words"
    kinds = schema.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = [WORDS.get(schema.get("format", ""), WORDS.get(kind, kind)) for kind in kinds]
    return " or ".join(
        dict.fromkeys("null" if k == "null" else w for k, w in zip(kinds, words, strict=True))
    )


FEW = 8
WORDS = {
    "string": "text",
    "integer": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
    "uuid": "UUID",
    "date-time": "moment",
    "date": "day",
    "binary": "file",
}


def _curl(method: str, url: str, form: str | None, schema: Document, document: Document) -> str:
    """Return a command that can be pasted, once its token and numbers are put in."""
    numbers = {"task_id": SAMPLES["uuid"], "slug": "massage"}
    url = re.sub(r"{(\w+)}", lambda found: numbers.get(found[1], "12"), url)
    lines = ["curl" + (" -X POST" if method == "post" and form is None else "")]
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if form == "multipart/form-data":
        lines.append("-F file=@Prices.pdf")
    elif form is not None and (example := example_of(schema, document)):
        lines.append(f"--json '{json.dumps(example, ensure_ascii=False)}'")
    elif form is not None:
        lines[0] += " -X POST"
    return " \\\n  ".join([*lines, url])


def example_of(schema: Document, document: Document) -> Any:
    """Return a value that fits a schema: of an object what is needed, and what has an example."""
    if "example" in schema:
        return schema["example"]
    whole = _resolved(schema, document)
    if "properties" in whole:
        wanted = whole.get("required", [])
        return {
            name: example_of(inner, document)
            for name, inner in whole["properties"].items()
            if name in wanted or "example" in inner
        }
    if "items" in whole:
        return [example_of(whole["items"], document)]
    if "enum" in whole:
        return whole["enum"][0]
    kind = whole.get("type", "string")
    kind = kind if isinstance(kind, str) else kind[0]
    return whole.get("example", SAMPLES.get(whole.get("format", ""), PLAIN.get(kind, "text")))


def marked(text: str) -> Markup:
    """Return a text of the document for a page: what stands in backticks is code."""
    parts = text.split("`")
    shown = [
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(shown)
