"""The Procfile under honcho as a platform runs it: PostgreSQL, Redis by TLS and password, a bucket.

Web and worker are two copies of the product in two folders that share no file. A deploy tells every
process to end at once and starts the next version from a third copy.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools import procfile
from tests.deploy.tls import CERTIFICATE, tls_before
from tests.live import GENEROUS, ROOT, answers, wait_for
from tests.services import NewDatabase
from tests.stack import STACKS, Part, Stack, release
from webapp.accounts.models import Role
from webapp.jobs.models import FINISHED, Job, JobState
from webapp.jobs.worker_models import Worker
from webapp.knowledge.models import Source, SourceState

SHIPPED = (
    "webapp",
    "worker",
    "extraction",
    "migrations",
    "wsgi.py",
    "gunicorn.conf.py",
    "Procfile",
)
JOBS = 60


class Platform(Stack):
    """Web in one folder, worker and beat in another, each started by honcho."""

    folders = 0

    def deploy(self) -> None:
        """End what runs, all at once, and start a new copy."""
        for part in (self.web, self.worker):
            if part.running:
                part.stop(group=True)
        port = self.url.rpartition(":")[2]
        self.honcho(self.web, f"start --port {port} web")
        self.honcho(self.worker, "start worker beat")
        wait_for(lambda: answers(f"{self.url}/livez"))
        wait_for(lambda: self.look(lambda s: s.query(Worker).count()))

    def honcho(self, part: Part, what: str) -> None:
        """Start lines of the Procfile in a folder of their own."""
        Platform.folders += 1
        home = a_copy(self.folder / f"copy {Platform.folders}")
        part.command = (
            f"cd {shlex.quote(str(home))} && exec {sys.executable} -m honcho --no-colour {what}"
        )
        part.env = {**part.env, "TMPDIR": str(home / "tmp")}
        part.start()


def a_copy(folder: Path) -> Path:
    """Lay out what is shipped, and nothing else."""
    (folder / "tmp").mkdir(parents=True)
    for name in SHIPPED:
        of = ROOT / name
        if of.is_dir():
            shutil.copytree(of, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(of, folder / name)
    return folder


@pytest.fixture(params=["required", "none"], ids=["its certificate is checked", "self-signed"])
def platform(
    request: pytest.FixtureRequest,
    new_database: NewDatabase,
    bucket: dict[str, str],
    tmp_path: Path,
) -> Iterator[Platform]:
    """Return the product on a platform, not yet deployed."""
    trust = {"SSL_CERT_FILE": str(CERTIFICATE)} if request.param == "required" else {}
    here = Platform(
        tmp_path,
        new_database("postgres", release),
        STORAGE_URL="s3://desk/platform",
        REDIS_TLS_VERIFY=request.param,
        **bucket,
        **trust,
    )
    try:
        here.open()
        with tls_before(here.valkey.port, tmp_path) as port:
            url = f"rediss://:{here.valkey.password}@127.0.0.1:{port}/0"
            for part in here.parts:
                part.env = {**part.env, "REDIS_URL": url}
            yield here
            # honcho's children are in groups of their own: it must end them itself.
            for part in (here.web, here.worker):
                if part.running:
                    part.stop(group=True)
    finally:
        here.close()
    assert here not in STACKS


def upload(platform: Platform, name: str, content: bytes) -> None:
    browser = platform.browser(Role.OPERATOR)
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.read("/documents/new"))
    assert token
    answer = browser.session.post(
        f"{platform.url}/documents",
        data={"csrf_token": token[1]},
        files={"file": (name, content)},
        headers={"Accept": "application/json"},
        timeout=GENEROUS,
    )
    assert answer.status_code == 202, answer.text


def jobs(platform: Platform) -> list[Any]:
    found: list[Any] = platform.look(lambda s: s.query(Job).filter_by(kind="jobs.nothing").all())
    return found


def test_it_works_there_and_a_deploy_in_the_middle_of_everything_loses_nothing(
    platform: Platform,
) -> None:
    platform.deploy()
    browser = platform.browser(Role.OPERATOR)
    upload(platform, "Prices.txt", b"A consultation costs 500 rupees.\n" * 20)
    wait_for(
        lambda: platform.look(lambda s: s.query(Source).filter_by(state=SourceState.READY).count())
    )
    for number in range(JOBS):
        if number == JOBS // 2:
            upload(platform, "More.txt", b"It is closed on Sundays.\n" * 20)
            platform.deploy()
        assert browser.press("/jobs/test").status_code == 303

    wait_for(lambda: all(job.state in FINISHED for job in jobs(platform)))
    assert [job.state for job in jobs(platform)] == [JobState.SUCCESS] * JOBS
    wait_for(
        lambda: platform.look(
            lambda s: s.query(Source).filter_by(state=SourceState.READY).count() == 2
        )
    )
    log = platform.web.log() + platform.worker.log()
    assert platform.valkey.password not in log
    assert "Traceback" not in log, log


def test_two_releases_at_once_take_turns(new_database: NewDatabase) -> None:
    url = new_database("postgres")
    env = os.environ | {
        "DATABASE_URL": url,
        "SECRET_KEY": "s" * 40,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    line = procfile.lines(ROOT / "Procfile")["release"]
    both = [
        subprocess.Popen(
            line, shell=True, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=2 * GENEROUS)[0].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sum("Running upgrade" in words for words in said) == 1
