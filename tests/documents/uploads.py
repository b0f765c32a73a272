"""How a test uploads files, and looks at what is kept."""

import dataclasses
import io

from selectolax.lexbor import LexborHTMLParser as HTMLParser
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.bookings.asking import csrf
from tests.contracts.test_pages_lint import faults, faults_of_a_whole
from webapp import storage
from webapp.documents import uploading
from webapp.documents.models import Document

JSON = {"Accept": "application/json"}
HOURS = b"We open at nine."


def with_settings(app, monkeypatch, **values):
    changed = dataclasses.replace(app.extensions["settings"], **values)
    monkeypatch.setitem(app.extensions, "settings", changed)


def send(client, *files, to="/documents", headers=None):
    """Send files, each bytes and a name, as a form does."""
    fields = {**csrf(client), "file": [FileStorage(io.BytesIO(data), name) for data, name in files]}
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(to, data=body, content_type=kind, headers=headers)


def kept(db):
    documents = db.session.query(Document).order_by(Document.source_id).all()
    db.session.commit()
    return documents


def content(document):
    path = document.path
    uploading.db.session.commit()
    return b"".join(storage.read(path))


def take(db, data=HOURS, name="Hours.txt"):
    db.session.commit()
    return uploading.take(io.BytesIO(data), name, by=None)


def alerts(answer):
    found = HTMLParser(answer.text).css("main [role=alert]")
    return [" ".join(node.text().split()) for node in found]


def fine(answer, status=200):
    """Return the text of a page that is well made."""
    assert answer.status_code == status
    assert [*faults_of_a_whole(answer), *faults(answer)] == []
    return answer.text
