"""What retention itself keeps about people: why somebody was erased, in words."""

from webapp.forgetting import Keeps
from webapp.retention.models import Erasure, Rule

KEEPS = Keeps(
    sentences={Erasure: "reason"},
    # The documents are named as their owners named them: a person must look at those.
    published={Erasure: "documents"},
    free={Erasure: "reached counts", Rule: "name reached"},
)
