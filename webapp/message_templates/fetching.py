"""The WhatsApp templates of the account, as the provider has them."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from sqlalchemy import func, select

from webapp.accounts.acting import record
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, NotNow, Run
from webapp.message_templates import whatsapp
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel, Outcome, OutcomeKind, Patience, WhatsAppAccount
from webapp.messages.channels.exchange import UnansweredError, exchange, open_session
from webapp.messages.channels.outcomes import explain, outcome
from webapp.messages.channels.whatsapp import api_root, bearer, read_refusal

FIELDS = "id,name,language,status,category,components"
PAGE = 100
MOST_PAGES = 100
#: Our word for a template that is no longer at the provider.
GONE = "DELETED"
LATER = {OutcomeKind.THROTTLED, OutcomeKind.TRANSIENT, OutcomeKind.UNKNOWN}

Found = dict[str, Any]


def ask() -> Job:
    """Ask for the templates; while a job is at it, that one is returned."""
    record("template.fetch_asked", "Asked for the templates of WhatsApp")
    return enqueue(JobKind.TEMPLATES_FETCH, key="whatsapp")


def newest_job() -> Job | None:
    """Return the last job that fetched, or is fetching."""
    jobs = select(Job).where(Job.kind == JobKind.TEMPLATES_FETCH)
    return db.session.scalar(jobs.order_by(Job.id.desc()).limit(1))


def fetch(run: Run) -> str:
    """Bring our rows in line with the provider. Raises NotNow and Impossible."""
    account = settings().whatsapp
    if account is None:
        raise Impossible("WhatsApp is not set up.", "An admin sees under Settings what is missing.")
    run.step(note="Asking WhatsApp for its templates.")  # commits before the call
    found = {_key(one): one for one in asyncio.run(read_all(account))}
    new = changed = 0
    kept = _kept()
    for done, (key, one) in enumerate(found.items(), start=1):
        template = kept.pop(key, None)
        new += template is None
        changed += _store(template, one)
        run.report(done, len(found), "Comparing them with ours.")
    gone = sum(_vanish(template) for template in kept.values())
    run.step(len(found), len(found))
    return _answer(len(found), new, changed - new, gone)


async def read_all(account: WhatsAppAccount) -> list[Found]:
    """Return every template of the account. Raises NotNow and Impossible."""
    found: list[Found] = []
    after: str | None = None
    async with open_session(Patience(), bearer(account)) as session:
        for _ in range(MOST_PAGES):
            answer = await _page(session, account, after)
            found += [one for one in answer["data"] if _is_template(one)]
            before, after = after, _next(answer)
            if after is None or after == before:
                break
    return found


async def _page(
    session: aiohttp.ClientSession, account: WhatsAppAccount, after: str | None
) -> dict[str, Any]:
    url = f"{api_root(account)}/{account.business_account_id}/message_templates"
    asked = {"fields": FIELDS, "limit": str(PAGE), **({"after": after} if after else {})}
    try:
        answer = await exchange(session, "GET", url, params=asked)
    except UnansweredError as lost:
        raise _trouble(outcome(Channel.WHATSAPP, lost.code, detail=str(lost))) from lost
    page = answer.json()
    if answer.status != 200 or not isinstance(page.get("data"), list):
        raise _trouble(read_refusal(answer, attempt=1))
    return page


def _next(page: dict[str, Any]) -> str | None:
    """Return the mark of the next page. Only the mark: its address could be anybody's."""
    address = (page.get("paging") or {}).get("next")
    marks = parse_qs(urlsplit(str(address)).query).get("after") if address else None
    return marks[0] if marks else None


def _trouble(found: Outcome) -> NotNow:
    row = explain(Channel.WHATSAPP, found.code)
    if found.kind in LATER:
        return NotNow(
            "WhatsApp cannot be asked at the moment.", "Nothing to do: it is asked again."
        )
    return Impossible(
        row.sentence, f"{row.advice} ({found.detail})" if found.detail else row.advice
    )


def _is_template(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("name")) and bool(one.get("language"))


def _key(one: Found) -> tuple[str, str]:
    return str(one["name"])[:512], str(one["language"])[:20]


def _kept() -> dict[tuple[str, str], Template]:
    ours = db.session.scalars(select(Template).where(Template.channel == Channel.WHATSAPP))
    return {(template.name, template.language): template for template in ours}


def _store(template: Template | None, one: Found) -> bool:
    """Add or change a template. Say whether anything is other than before."""
    facts = {
        "category": str(one.get("category") or "")[:32],
        "status": str(one.get("status") or "")[:32],
        "provider_id": str(one.get("id") or "")[:64],
    }
    known = template is not None
    if template is None:
        name, language = _key(one)
        template = Template(channel=Channel.WHATSAPP, name=name, language=language)
        db.session.add(template)
    if template.status == GONE:
        template.archived_at = None
    changed = not known or any(getattr(template, name) != value for name, value in facts.items())
    for name, value in facts.items():
        setattr(template, name, value)
    template.fetched_at = now()
    db.session.flush()
    changed = _store_version(template, one.get("components") or []) or changed
    template.version = (template.version or 0) + changed
    return changed


def _store_version(template: Template, components: list[Any]) -> bool:
    newest = db.session.scalar(
        select(TemplateVersion)
        .where(TemplateVersion.template_id == template.id)
        .order_by(TemplateVersion.number.desc())
        .limit(1)
    )
    if newest is not None and newest.components == components:
        return False
    number = newest.number + 1 if newest else 1
    body = whatsapp.body_of(components)
    db.session.add(
        TemplateVersion(template_id=template.id, number=number, body=body, components=components)
    )
    db.session.flush()
    return True


def _vanish(template: Template) -> bool:
    """Archive what is no longer at the provider. Say whether it was there before."""
    if template.status == GONE:
        return False
    template.status, template.archived_at = GONE, template.archived_at or now()
    template.version += 1
    return True


def _answer(all_: int, new: int, changed: int, gone: int) -> str:
    count = f"WhatsApp has {all_} template{'' if all_ == 1 else 's'}"
    parts = [(new, "new"), (changed, "changed"), (gone, "no longer there")]
    told = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f"{count}: {told}." if told else f"{count}; nothing has changed."


def fetched_at() -> Any:
    """Return when a template was last seen at the provider; None when none ever was."""
    return db.session.scalar(select(func.max(Template.fetched_at)))
