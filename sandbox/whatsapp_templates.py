"""WhatsApp's message templates: kept, listed, checked against a message and filled in."""

from __future__ import annotations

import itertools
import re
from typing import Any

from sandbox.graph import GraphError

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
STATES = {"PAUSED": 132015, "DISABLED": 132016}

Template = dict[str, Any]


def _utility(name: str, body: str, *more: dict[str, Any]) -> Template:
    return {
        "name": name,
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [{"type": "BODY", "text": body}, *more],
    }


FIRST: list[Template] = [
    {
        **_utility(
            "hello_world",
            "Welcome and congratulations!! This message demonstrates your ability to send a "
            "WhatsApp message notification.",
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
        ),
        "language": "en_US",
    },
    _utility("booking_confirmed", "Hello {{1}}, {{2}} on {{3}} is booked. Details: {{4}}"),
    _utility("booking_reminder", "Hello {{1}}, a reminder: {{2}} is on {{3}}."),
    _utility("booking_cancelled", "Hello {{1}}, {{2}} on {{3}} was cancelled."),
]


class Templates:
    """The templates of the one business account."""

    def __init__(self) -> None:
        self._ids = itertools.count(300_000_000_000_001)
        self.all: list[Template] = []
        for template in FIRST:
            self.add({**template})

    def add(self, template: Template) -> Template:
        """Keep a template; the same name and language twice raises GraphError."""
        if self.find(str(template["name"]), str(template["language"])) is not None:
            raise GraphError(
                100, "There is already content in this language for this name", subcode=2388024
            )
        kept = {
            "parameter_format": "POSITIONAL",
            **template,
            "id": str(next(self._ids)),
        }
        self.all.append(kept)
        return kept

    def find(self, name: str, language: str) -> Template | None:
        for template in self.all:
            if template["name"] == name and template["language"] == language:
                return template
        return None

    def remove(self, name: str) -> bool:
        before = len(self.all)
        self.all = [template for template in self.all if template["name"] != name]
        return len(self.all) < before

    def fill(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Check a message's ``template`` and return what a phone shows. Raises GraphError."""
        name = str(sent.get("name", ""))
        language = str((sent.get("language") or {}).get("code", ""))
        template = self.find(name, language)
        if template is None or template["status"] not in ("APPROVED", *STATES):
            details = f"template name ({name}) does not exist in {language}"
            raise GraphError(132001, details, status=404)
        if template["status"] in STATES:
            raise GraphError(STATES[template["status"]], f"{name} is {template['status'].lower()}")
        return _fill(template, sent.get("components") or [])


def new_template(wanted: Any, review: str) -> Template:
    """Check what was submitted as a new template. Raises GraphError."""
    if not isinstance(wanted, dict):
        raise GraphError(100, "The body must be a JSON object")
    for name in ("name", "language", "category", "components"):
        if not wanted.get(name):
            raise GraphError(100, f"The parameter {name} is required.")
    if not re.fullmatch(r"[a-z0-9_]{1,512}", str(wanted["name"])):
        raise GraphError(100, "Template names have only small letters, digits and underscores")
    language = wanted["language"]
    code = language.get("code") if isinstance(language, dict) else language
    components = [{**part, "type": str(part["type"]).upper()} for part in wanted["components"]]
    return {**wanted, "language": str(code), "components": components, "status": review}


def _fill(template: Template, given: list[dict[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": template["name"], "buttons": []}
    parts = {str(part["type"]).upper(): part for part in template["components"]}
    header = parts.get("HEADER")
    if header is not None:
        _fill_header(header, _parameters(given, "header"), shown)
    elif _parameters(given, "header"):
        raise GraphError(132000, "header: this template has none")
    shown["body"] = _fill_text("body", parts["BODY"]["text"], _parameters(given, "body"))
    if "FOOTER" in parts:
        shown["footer"] = parts["FOOTER"]["text"]
    for index, button in enumerate(parts.get("BUTTONS", {}).get("buttons", [])):
        shown["buttons"].append(_fill_button(button, _button_parameters(given, index)))
    return shown


def _parameters(given: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    for part in given:
        if str(part.get("type", "")).lower() == kind:
            return list(part.get("parameters") or [])
    return []


def _button_parameters(given: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    for part in given:
        if str(part.get("type", "")).lower() == "button" and str(part.get("index")) == str(index):
            return list(part.get("parameters") or [])
    return []


def _fill_header(header: Template, given: list[dict[str, Any]], shown: dict[str, Any]) -> None:
    wanted = str(header.get("format", "TEXT")).upper()
    if wanted == "TEXT":
        shown["header"] = _fill_text("header", header["text"], given)
        return
    kind = wanted.lower()
    if len(given) != 1 or given[0].get("type") != kind:
        details = f"header: Format mismatch, expected {wanted}, received {len(given) or 'nothing'}"
        raise GraphError(132012, details)
    shown["media"] = {"type": kind, **(given[0].get(kind) or {})}


def _fill_button(button: dict[str, Any], given: list[dict[str, Any]]) -> dict[str, str]:
    url = str(button.get("url", ""))
    if PLACEHOLDER.search(url):
        url = _fill_text("button", url, given)
    return {"text": str(button.get("text", "")), "url": url}


def _fill_text(where: str, text: str, given: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
    if len(given) != len(names):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match the expected "
            f"number of params ({len(names)})",
        )
    values = {}
    for position, parameter in enumerate(given):
        name = str(parameter.get("parameter_name") or names[position])
        if name not in names:
            raise GraphError(100, f"{where}: Parameter name {name} is not in the template")
        values[name] = _value(where, parameter)
    filled = PLACEHOLDER.sub(lambda found: values[found[1]], text)
    if len(filled) > 1024:
        raise GraphError(132005, f"{where}: {len(filled)} characters, at most 1024")
    return filled


def _value(where: str, parameter: dict[str, Any]) -> str:
    kind = parameter.get("type", "text")
    if kind in ("currency", "date_time"):
        return str((parameter.get(kind) or {}).get("fallback_value", ""))
    if kind not in ("text", "payload"):
        raise GraphError(132012, f"{where}: Parameter of type {kind} is not text")
    text = str(parameter.get(kind) or "")
    if not text:
        raise GraphError(131008, f"{where}: Parameter of type text is missing text value")
    if re.search(r"[\n\t]| {5}", text):
        raise GraphError(
            132018,
            f"{where}: Param text cannot have new-line/tab characters or more than 4 "
            "consecutive spaces",
        )
    return text
