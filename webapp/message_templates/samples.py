"""Values to look at a text with, before there is any recipient."""

from webapp.message_templates.rendered import Renderer

#: The first whose words all stand in the name is taken.
KNOWN = (
    ("first name", "Asha"), ("given name", "Asha"), ("last name", "Rao"), ("surname", "Rao"),
    ("family name", "Rao"), ("business", "Bellhop"), ("company", "Rao & Sons"), ("name", "Asha Rao"),
    ("phone", "+91 98123 45678"), ("mobile", "+91 98123 45678"), ("email", "asha@example.org"),
    ("e mail", "asha@example.org"), ("link", "https://example.org/a1b2"),
    ("url", "https://example.org/a1b2"), ("website", "https://example.org/a1b2"),
    ("date", "14 September"), ("day", "Monday"), ("month", "September"), ("time", "10:30"),
    ("amount", "1,500"), ("price", "1,500"), ("total", "1,500"), ("city", "Pune"),
    ("place", "Pune"), ("code", "BH-4821"), ("reference", "BH-4821"), ("number", "4821"),
)  # fmt: skip


def samples(renderer: Renderer) -> dict[str, str]:
    """Return a value for each name: a likely one, else the name itself in words."""
    links = dict.fromkeys(renderer.links, "https://example.org/a1b2")
    return {name: _sample(name) for name in renderer.names} | links


def _sample(name: str) -> str:
    words = set(name.split("_"))
    likely = (value for key, value in KNOWN if set(key.split()) <= words)
    return next(likely, name.replace("_", " ").capitalize())
