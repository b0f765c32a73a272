"""What documents keep about people: what somebody uploaded to be found, which a person must look at."""

from webapp.documents.models import Document
from webapp.forgetting import Keeps

KEEPS = Keeps(published={Document: "filename"}, free={Document: "sha256 path encoding"})
