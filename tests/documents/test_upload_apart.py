"""What the real web process stores is what the real worker reads, though they share no folder."""

import hashlib
import os
import re
import secrets
import shlex

import pytest

from tests.live import GENEROUS, ROOT, wait_for
from tests.stack import Stack, release
from webapp.accounts.models import Role
from webapp.jobs.models import FINISHED, Job, JobState

SIZE = 5 * 1024 * 1024 + 17


@pytest.fixture(
    params=[("sqlite", "database:"), ("postgres", ""), ("postgres", "s3://desk/files")],
    ids=["sqlite", "postgres without a setting", "bucket"],
)
def apart(request, new_database, tmp_path):
    """Return the product whose web and worker run in different folders, with different temporary ones."""
    kind, storage_url = request.param
    settings = {"STORAGE_URL": storage_url}
    if storage_url.startswith("s3:"):
        settings |= request.getfixturevalue("bucket")
    url = new_database(kind, release)
    stack = Stack(tmp_path, url, app="tests.documents.worker_app", **settings)
    for part in (stack.web, stack.worker):
        at_home(part, tmp_path / f"home of {part.name}")
    try:
        stack.open()
        stack.whole()
        yield stack
    finally:
        stack.close()


def at_home(part, folder):
    """Let a process live in a folder of its own."""
    (folder / "tmp").mkdir(parents=True)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    part.env = {**part.env, "PYTHONPATH": path, "TMPDIR": str(folder / "tmp")}
    command = part.command.replace("gunicorn.conf.py", f"{ROOT}/gunicorn.conf.py")
    part.command = f"cd {shlex.quote(str(folder))} && {command}"


def upload(stack, content):
    browser = stack.browser(Role.OPERATOR)
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.read("/documents/new"))[1]
    return browser.session.post(
        f"{stack.url}/documents",
        data={"csrf_token": token},
        files={"file": ("Prices.bin", content)},
        headers={"Accept": "application/json"},
        timeout=GENEROUS,
    )


def test_what_the_web_stores_is_what_the_worker_reads(apart, tmp_path):
    content = secrets.token_bytes(SIZE)

    answer = upload(apart, content)

    assert answer.status_code == 202, answer.text
    [told] = answer.json()["documents"]

    def ended():
        jobs = apart.look(lambda session: session.query(Job).filter(Job.state.in_(FINISHED)).all())
        return [job for job in jobs if str(job.id) == told["job_id"]]

    [job] = wait_for(ended)
    assert job.state == JobState.SUCCESS, job.traceback
    sha256 = hashlib.sha256(content).hexdigest()
    assert job.result == {"sha256": sha256, "copy": sha256, "size": SIZE}
    for name in ("web", "worker"):
        assert list((tmp_path / f"home of {name}" / "tmp").rglob("bellhop-*")) == []
