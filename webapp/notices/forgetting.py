"""What notices keep about people, and how it is forgotten."""

from webapp.forgetting import Keeps, Kept
from webapp.notices.models import Announcement, Notice

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
    ),
)
KEEPS = Keeps(
    sentences={Notice: "title text link", Announcement: "title text"},
    free={Notice: "key", Announcement: "form_key picked"},
    old=OLD,
)
