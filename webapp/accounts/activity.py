"""What people did."""

from sqlalchemy import Select, and_, or_, select

from webapp.accounts.models import AuditEntry


def search(*, person: int | None, words: str) -> Select[AuditEntry]:
    """Return the query for what somebody did or what was done about him, with words in its text."""
    found = select(AuditEntry)
    if person is not None:
        about = and_(AuditEntry.subject_type == "user", AuditEntry.subject_id == str(person))
        found = found.where(or_(AuditEntry.user_id == person, about))
    if words:
        found = found.where(AuditEntry.text.icontains(words, autoescape=True))
    return found
