"""Files for WhatsApp messages: put them at Meta, look at them, take them away."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from webapp.messages.channels import Channel, WhatsAppAccount
from webapp.messages.channels.exchange import ProviderError, UnansweredError, exchange
from webapp.messages.channels.outcomes import outcome
from webapp.messages.channels.whatsapp import api_root, bearer, read_refusal


@dataclass(frozen=True, slots=True)
class Media:
    """A file at Meta. `url` lives minutes and wants the same token as every call."""

    id: str
    url: str
    mime: str
    sha256: str
    size: int


async def upload_media(
    session: aiohttp.ClientSession,
    account: WhatsAppAccount,
    *,
    content: bytes,
    name: str,
    mime: str,
) -> str:
    """Put a file at Meta and return its id, which lives 30 days. Raises ProviderError."""
    form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime})
    form.add_field("file", content, filename=name, content_type=mime)
    path = f"{account.phone_number_id}/media"
    return str((await _call(session, account, "POST", path, data=form, needs="id"))["id"])


async def get_media(
    session: aiohttp.ClientSession, account: WhatsAppAccount, media_id: str
) -> Media:
    """Return what Meta knows of a file. Raises ProviderError."""
    asked = {"phone_number_id": account.phone_number_id}
    found = await _call(session, account, "GET", media_id, params=asked, needs="url")
    return Media(
        id=media_id,
        url=str(found["url"]),
        mime=str(found.get("mime_type", "")),
        sha256=str(found.get("sha256", "")),
        size=int(found.get("file_size", 0)),
    )


async def delete_media(
    session: aiohttp.ClientSession, account: WhatsAppAccount, media_id: str
) -> None:
    """Take a file away. Raises ProviderError, also when it is not there."""
    asked = {"phone_number_id": account.phone_number_id}
    await _call(session, account, "DELETE", media_id, params=asked, needs="success")


async def _call(
    session: aiohttp.ClientSession,
    account: WhatsAppAccount,
    method: str,
    path: str,
    *,
    needs: str,
    **options: Any,
) -> dict[str, Any]:
    url = f"{api_root(account)}/{path}"
    try:
        answer = await exchange(session, method, url, headers=bearer(account), **options)
    except UnansweredError as lost:
        raise ProviderError(outcome(Channel.WHATSAPP, lost.code, detail=str(lost))) from lost
    found = answer.json()
    if not found.get(needs):
        raise ProviderError(read_refusal(answer, attempt=1))
    return found
