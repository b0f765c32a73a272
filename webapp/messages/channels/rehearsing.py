"""Rehearsals: the sandbox's accounts, by which it behaves as a provider in some trouble does."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from webapp.messages.channels import Accounts

if TYPE_CHECKING:
    from webapp.config import Config


class Profile(NamedTuple):
    """What goes wrong in a rehearsal, for people."""

    title: str
    sentence: str


#: By the name that stands in the sandbox's addresses; sandbox/profiles.py has the same names.
PROFILES: dict[str, Profile] = {
    "calm": Profile("Calm", "Nothing goes wrong: every message is taken and delivered."),
    "busy": Profile(
        "Busy", "The providers answer slowly, and now and then ask us to wait before the next one."
    ),
    "lossy": Profile(
        "Lossy", "One answer in twenty is lost after the provider has taken the message."
    ),
    "bad-list": Profile(
        "Bad list",
        "One address in twenty does not exist; one in fifty is taken, and not delivered later.",
    ),
    "template-paused": Profile(
        "Template paused",
        "From the 50th message on WhatsApp says that the template is paused; SMS and e-mail refuse the text.",
    ),
    "out-of-credit": Profile(
        "Out of credit", "From the 50th message on the providers say that the account is empty."
    ),
}


def possible(config: "Config") -> bool:
    """Say whether there is a sandbox to rehearse with."""
    return config.sandbox_url is not None


def accounts(config: "Config", profile: str, *, run: str = "") -> Accounts:
    """Return the sandbox's accounts under a profile; none where there is no sandbox.

    What happens "from the 50th message on" is counted for each ``run`` by itself. Raises ValueError
    for a profile that does not exist.
    """
    if profile not in PROFILES:
        raise ValueError(f"there is no rehearsal called {profile!r}")
    name, box = f"{profile}.{run}" if run else profile, config.sandbox
    whatsapp, twilio, mail = box.whatsapp, box.twilio, box.mail
    if whatsapp is None or twilio is None or mail is None:
        return Accounts()
    return Accounts(
        whatsapp=replace(whatsapp, base_url=_as(whatsapp.base_url, name)),
        twilio=replace(twilio, base_url=_as(twilio.base_url, name)),
        # The sandbox has one secret, which is WhatsApp's token too.
        mail=replace(mail, user=name, password=whatsapp.access_token),
    )


def _as(url: str, name: str) -> str:
    return f"{url.rstrip('/')}/as/{name}"
