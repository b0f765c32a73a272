"""What a message of WhatsApp says: read from a request as Meta reads it."""

from __future__ import annotations

from typing import Any

from sandbox.graph import GraphError
from sandbox.whatsapp_media import MediaStore
from sandbox.whatsapp_templates import Templates

MEDIA_TYPES = ("image", "audio", "video", "document", "sticker")
OTHER_TYPES = ("reaction", "interactive", "location", "contacts")


def content(
    kind: str, given: Any, templates: Templates, media: MediaStore
) -> tuple[str, dict[str, Any]]:
    """What a phone shows of a message: its text and the rest. Raises GraphError."""
    if kind not in ("text", "template", *MEDIA_TYPES, *OTHER_TYPES):
        allowed = "text, template, " + ", ".join((*MEDIA_TYPES, *OTHER_TYPES))
        raise GraphError(100, message=f"(#100) Param type must be one of {{{allowed}}}")
    if not given or not (isinstance(given, dict) or kind == "contacts"):
        raise GraphError(131008, f"The parameter {kind} is required.")
    if kind == "text":
        text = str(given.get("body") or "")
        if not 1 <= len(text) <= 4096:
            raise GraphError(100, "text.body must have 1 to 4096 characters")
        return text, {}
    if kind == "template":
        shown = templates.fill(given)
        if header := shown.get("media"):
            media.check(header["type"], header)
        return str(shown["body"]), {"template": shown}
    if kind in MEDIA_TYPES:
        return _of_media(kind, given, media)
    return _plain(kind, given), {kind: given}


def _of_media(kind: str, given: Any, media: MediaStore) -> tuple[str, dict[str, Any]]:
    media.check(kind, given)
    if kind in ("audio", "sticker") and given.get("caption"):
        raise GraphError(131009, f"{kind} cannot have a caption")
    return str(given.get("caption") or ""), {"media": {"type": kind, **given}}


def _plain(kind: str, given: Any) -> str:
    if kind == "interactive":
        return str((given.get("body") or {}).get("text", ""))
    if kind == "reaction":
        return str(given.get("emoji", ""))
    if kind == "location":
        place = given.get("name") or f"{given.get('latitude')}, {given.get('longitude')}"
        return str(place)
    return f"({kind})"
