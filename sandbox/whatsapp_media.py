"""WhatsApp's media: uploaded, looked up, fetched and deleted, within Meta's size limits."""

from __future__ import annotations

import hashlib
import itertools
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.graph import GraphError

MIB = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."
LIMITS: dict[str, tuple[int, tuple[str, ...]]] = {
    "image": (5 * MIB, ("image/jpeg", "image/png")),
    "audio": (
        16 * MIB,
        ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"),
    ),
    "video": (16 * MIB, ("video/mp4", "video/3gpp", "video/3gp")),
    "sticker": (500 * 1024, ("image/webp",)),
    "document": (
        100 * MIB,
        (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            OFFICE + "wordprocessingml.document",
            OFFICE + "spreadsheetml.sheet",
            OFFICE + "presentationml.presentation",
        ),
    ),
}
KINDS = {mime: kind for kind, (_, mimes) in LIMITS.items() for mime in mimes}
LARGEST = max(size for size, _ in LIMITS.values())
KEPT_BYTES = 512 * MIB


@dataclass(frozen=True)
class Media:
    """One uploaded file."""

    id: str
    mime: str
    content: bytes
    name: str

    def as_json(self, url: str) -> dict[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "url": f"{url}/whatsapp_business/attachments/?mid={self.id}",
            "mime_type": self.mime,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "file_size": len(self.content),
            "id": self.id,
        }


class MediaStore:
    """The files of the one phone number; the oldest go when there is too much."""

    def __init__(self) -> None:
        self._ids = itertools.count(400_000_000_000_001)
        self._files: OrderedDict[str, Media] = OrderedDict()
        self._bytes = 0

    def add(self, mime: str, content: bytes, name: str) -> Media:
        media = Media(str(next(self._ids)), mime, content, name)
        self._files[media.id] = media
        self._bytes += len(content)
        while self._bytes > KEPT_BYTES:
            self.remove(next(iter(self._files)))
        return media

    def get(self, media_id: str) -> Media | None:
        return self._files.get(media_id)

    def remove(self, media_id: str) -> bool:
        media = self._files.pop(media_id, None)
        if media is None:
            return False
        self._bytes -= len(media.content)
        return True

    def __len__(self) -> int:
        return len(self._files)

    def check(self, kind: str, given: dict[str, Any]) -> None:
        """Check the media object of a message: an id of ours, or a link. Raises GraphError."""
        if given.get("id"):
            media = self.get(str(given["id"]))
            if media is None:
                details = f"Media id {given['id']} does not exist"
                raise GraphError(131009, details)
            if KINDS[media.mime] != kind and kind != "document":
                raise GraphError(131053, f"{media.mime} cannot be sent as {kind}")
        elif not str(given.get("link", "")).startswith(("http://", "https://")):
            raise GraphError(131008, f"{kind}: id or link is required")


async def read_upload(request: web.Request) -> tuple[str, bytes, str]:
    """Read an upload's type, content and name. Raises GraphError."""
    if not request.content_type.startswith("multipart/"):
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    fields: dict[str, str] = {}
    upload: tuple[str, bytes, str] | None = None
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            mime = part.headers.get("Content-Type", "").split(";")[0].strip().lower()
            upload = (mime, await _read_file(part), part.filename or "file")
        else:
            fields[part.name or ""] = await part.text()
    if fields.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    if upload is None:
        raise GraphError(100, message="(#100) The parameter file is required.")
    return _checked(*upload)


async def _read_file(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(MIB):
        content += chunk
        if len(content) > LARGEST:
            raise GraphError(131053, f"The file is larger than {LARGEST} bytes")
    return bytes(content)


def _checked(mime: str, content: bytes, name: str) -> tuple[str, bytes, str]:
    kind = KINDS.get(mime)
    if kind is None:
        allowed = ", ".join(KINDS)
        message = f"(#100) Param file must be a file with one of the following types: {allowed}. "
        raise GraphError(100, message=message + f"Received file of type '{mime}'.")
    largest = LIMITS[kind][0]
    if not content or len(content) > largest:
        details = f"{kind}: {len(content)} bytes, must be between 1 and {largest}"
        raise GraphError(131053, details)
    return mime, content, name
