"""The mailbox: every mail that arrived, decoded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from urllib.parse import quote

from aiohttp import web

from sandbox.box import Box
from sandbox.looks import Looks, policy
from sandbox.smtp import content_of, header_of, parse
from sandbox.store import Message

SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Date", "Message-ID", "List-Unsubscribe")
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)
"""For a mail's own HTML: no script, no form, nothing fetched from elsewhere."""


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is not its text."""

    index: int
    name: str
    kind: str
    size: int
    cid: str


class MailPages:
    """The list of mails and each mail."""

    def __init__(self, box: Box, looks: Looks) -> None:
        self.box = box
        self.looks = looks

    def routes(self) -> list[web.RouteDef]:
        mail = r"/mail/{id:\w+}"
        return [
            web.get("/mail", self.show),
            web.get(mail, self.show),
            web.get(mail + "/html", self.html),
            web.get(mail + r"/part/{index:\d+}", self.part),
            web.get(mail + "/source", self.source),
        ]

    async def show(self, request: web.Request) -> web.Response:
        mails = self.box.store.mails()
        opened = self._find(request) if "id" in request.match_info else None
        if opened is None:
            return self.looks.page("mail.html", mails=mails, opened=None)
        mail = parse(opened.details["_raw"])
        html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
        return self.looks.page(
            "mail.html",
            mails=mails,
            opened=opened,
            headers=[(name, value) for name in SHOWN_HEADERS if (value := header_of(mail, name))],
            html=html is not None,
            text=None if plain is None else content_of(plain),
            attachments=attachments(mail),
        )

    def _find(self, request: web.Request) -> Message:
        message = self.box.store.messages.get(request.match_info["id"])
        if message is None or message.channel != "email":
            raise web.HTTPNotFound(text="This mail is not here any more.")
        return message.opened()

    async def html(self, request: web.Request) -> web.Response:
        """The mail's own HTML, for a frame that may do nothing."""
        opened = self._find(request)
        mail = parse(opened.details["_raw"])
        part = mail.get_body(("html",))
        if part is None:
            raise web.HTTPNotFound(text="This mail has no HTML.")
        html = content_of(part)
        for attached in attachments(mail):
            if attached.cid:
                address = f"/mail/{opened.provider_id}/part/{attached.index}"
                html = html.replace(f"cid:{attached.cid}", address)
        headers = {**policy(), "Content-Security-Policy": FRAME_POLICY}
        base = '<base target="_blank">'
        return web.Response(text=base + html, content_type="text/html", headers=headers)

    async def part(self, request: web.Request) -> web.Response:
        mail = parse(self._find(request).details["_raw"])
        index = int(request.match_info["index"])
        parts = list(mail.walk())
        if index >= len(parts) or parts[index].is_multipart():
            raise web.HTTPNotFound(text="This mail has no such part.")
        part = parts[index]
        kind = part.get_content_type()
        picture = re.fullmatch(r"image/(png|jpeg|gif|webp)", kind) is not None
        headers = policy()
        if not picture:
            name = quote(part.get_filename() or "attachment")
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        content = part.get_payload(decode=True)
        return web.Response(
            body=content if isinstance(content, bytes) else b"",
            content_type=kind if picture else "application/octet-stream",
            headers=headers,
        )

    async def source(self, request: web.Request) -> web.Response:
        raw: bytes = self._find(request).details["_raw"]
        text = raw.decode("utf-8", "replace")
        return web.Response(text=text, content_type="text/plain", headers=policy())


def attachments(mail: EmailMessage) -> list[Attachment]:
    """List the parts besides the text; the index counts all parts in order."""
    bodies = {id(mail.get_body(("html",))), id(mail.get_body(("plain",)))}
    found = []
    for index, part in enumerate(mail.walk()):
        if part.is_multipart() or id(part) in bodies or not isinstance(part, MIMEPart):
            continue
        content = part.get_payload(decode=True)
        name = part.get_filename() or part.get_content_type()
        cid = header_of(part, "Content-ID").strip().strip("<>")
        size = len(content) if isinstance(content, bytes) else 0
        found.append(Attachment(index, name, part.get_content_type(), size, cid))
    return found
