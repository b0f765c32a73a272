"""What services keep about people: nothing."""

from webapp.forgetting import Keeps
from webapp.services.models import Service

KEEPS = Keeps(free={Service: "name slug description currency hours zone"})
