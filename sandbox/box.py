"""What all parts of the sandbox share."""

from __future__ import annotations

from .faults import Faults
from .settings import Behaviour, Settings
from .store import Store
from .webhooks import Webhooks


class Box:
    """The one sandbox of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.behaviour = Behaviour()
        self.store = Store()
        self.faults = Faults()
        self.webhooks = Webhooks(settings, self.behaviour, self.faults)
