"""What notices keep about people, and how it is forgotten."""

from collections.abc import Sequence

from sqlalchemy import delete

from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Steps
from webapp.notices.models import Announcement, Notice


def remove_notices(ids: Sequence[int], _size: int) -> Steps:
    """Remove notices that were read."""
    db.session.execute(
        delete(Notice)
        .where(Notice.id.in_(ids), Notice.read_at.is_not(None))
        .execution_options(synchronize_session=False)
    )
    yield len(ids)


OLD = (
    Kept(
        name="notices",
        title="Notices that were read",
        unit="notices",
        goes="What a person of yours was told and has read.",
        stays="Notices that nobody has read, and what was told to the team.",
        least=7,
        key=Notice.id,
        by=Notice.id,
        at=Notice.created_at,
        holds=Notice.read_at.is_not(None),
        free=Notice.read_at.is_not(None),
        remove=remove_notices,
    ),
)
KEEPS = Keeps(
    sentences={Notice: "title text link", Announcement: "title text"},
    free={Notice: "key", Announcement: "form_key picked"},
    old=OLD,
)
