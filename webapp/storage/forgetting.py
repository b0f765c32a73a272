"""What the place for files knows of people: what is in files, each of which has an owner that forgets it."""

from webapp.forgetting import Keeps
from webapp.storage.models import StoredBlock, StoredFile

KEEPS = Keeps(free={StoredFile: "path"}, published={StoredBlock: "content"})
