"""What websites keep about people: what is published there, which a person must look at."""

from webapp.forgetting import Keeps
from webapp.websites.models import WebPage, Website

KEEPS = Keeps(
    published={Website: "url scope ended_because", WebPage: "url note title links"},
    free={WebPage: "etag last_modified sha256"},
)
