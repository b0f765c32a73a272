"""The whole product as real processes: every line of the Procfile, with services of its own."""

import hashlib
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import redis
import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from devtools import procfile
from devtools.processes import free_port, start, tail
from devtools.valkey import Valkey
from tests.live import GENEROUS, ROOT, SandboxProcess, answers, wait_for
from webapp import database
from webapp.accounts.models import Role, User
from webapp.accounts.models import Session as SignedIn
from webapp.clock import now
from webapp.config import Config
from webapp.database import engine_options
from webapp.jobs.worker_models import Worker

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

SECRET = "what the tests of the whole sign their cookies with"
STACKS: list["Stack"] = []


class Part:
    """One line of the Procfile: a process, its children, and the log of each of its lives."""

    def __init__(self, name: str, command: str, *, env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.command = command
        self.env = env
        self.folder = folder
        self.started = 0
        #: Every life of which a process may be left; a dead number may be somebody else's tomorrow.
        self.lives: list[subprocess.Popen[bytes]] = []

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The newest life."""
        return self.lives[-1]

    @property
    def running(self) -> bool:
        return bool(self.lives) and self.process.poll() is None

    def log(self) -> str:
        """Return what all its lives have said."""
        return "".join(path.read_text(errors="replace") for path in self._logs())

    def start(self) -> None:
        """Start it; it dies with the tests, and with it its children."""
        self.started += 1
        log = self.folder / f"{self.name}-{self.started:03}.log"
        shell = ["/bin/sh", "-c", self.command]
        self.lives.append(start(shell, log=log, env=self.env, cwd=ROOT, death=signal.SIGKILL))

    def children(self) -> list[psutil.Process]:
        """Return the processes it works with, oldest first."""
        if not self.running:
            return []
        found = psutil.Process(self.process.pid).children()
        return sorted(found, key=lambda child: (child.create_time(), child.pid))

    def stop(self, *, group: bool = False) -> int:
        """Ask it to end, or the whole group as a platform does; return its exit code."""
        send = os.killpg if group else os.kill
        send(self.process.pid, signal.SIGTERM)
        code = self.process.wait(GENEROUS)
        self.kill()
        return code

    def kill_main(self) -> None:
        """Kill the main process alone."""
        self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        """Kill it with all its children, and what its earlier lives have left."""
        for life in self.lives:
            with suppress(ProcessLookupError):  # a group keeps its number when its leader is gone
                os.killpg(life.pid, signal.SIGKILL)
            life.wait()
        wait_for(lambda: not any(self.members()))
        self.lives.clear()

    def members(self) -> Iterator[int]:
        """Go through the processes of every life that have not ended."""
        groups = {life.pid for life in self.lives}
        for process in psutil.process_iter(["pid", "status"]):
            try:
                if os.getpgid(process.pid) in groups and process.info["status"] != "zombie":
                    yield process.pid
            except ProcessLookupError:
                continue

    def tail(self) -> str:
        return "\n".join(f"--- {path.name}\n{tail(path, 40)}" for path in self._logs()[-3:])

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob(f"{self.name}-*.log"))


class Stack:
    """Web, worker and beat on a database, a Valkey and a sandbox that are nobody else's."""

    def __init__(
        self, folder: Path, database_url: str, *, app: str = "worker.app", **settings: str
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.clients: list[Any] = []
        self.valkey = Valkey(folder / "valkey")
        self.sandbox = SandboxProcess(folder, public_url=self.url)
        self.env = environment(
            DATABASE_URL=database_url,
            REDIS_URL=self.valkey.url,
            PUBLIC_URL=self.url,
            PORT=str(port),
            **self.sandbox.settings,
            **settings,
        )
        self.config = Config.from_env(self.env)
        self.folder = folder
        self.lines = procfile.lines(ROOT / "Procfile")
        self.lines["worker"] = self.lines["worker"].replace("worker.app", app)
        self.parts: list[Part] = []
        self.web, self.worker, self.beat = map(self.part, ("web", "worker", "beat"))
        options = engine_options(self.config.database_url, threads=1)
        options = {"connect_args": options["connect_args"], "poolclass": NullPool}
        self.engine = create_engine(self.config.database_url, **options)
        database.prepare(self.engine)

    def open(self) -> None:
        """Start the services; the parts are started by whoever wants them."""
        STACKS.append(self)
        self.valkey.start()
        self.sandbox.start()

    def close(self) -> None:
        """Leave nothing behind."""
        for part in self.parts:
            part.kill()
        self.sandbox.stop()
        self.valkey.stop()
        self.engine.dispose()
        for client in self.clients:
            client.close()
        STACKS.remove(self)

    def part(self, line: str, name: str | None = None) -> Part:
        """Return one more process for a line of the Procfile, not yet started."""
        self.parts.append(Part(name or line, self.lines[line], env=self.env, folder=self.folder))
        return self.parts[-1]

    def whole(self) -> None:
        """Start what does not run, and wait until it works."""
        if not self.valkey.ready():
            self.valkey.start()
        for part in (self.web, self.worker, self.beat):
            if not part.running:
                part.start()
        wait_for(self.web_answers)
        wait_for(self.worker_is_there)

    def web_answers(self) -> bool:
        """Say whether the web process serves."""
        assert self.web.running, self.web.tail()
        return answers(f"{self.url}/livez")

    def worker_is_there(self) -> bool:
        """Say whether this life of the worker has said that it lives."""
        assert self.worker.running, self.worker.tail()
        mark = f":{self.worker.process.pid}:"
        return bool(self.look(lambda s: any(mark in worker.name for worker in s.query(Worker))))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Look into the database, or write into it behind the product's back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def redis(self) -> "redis.Redis[bytes]":
        """Return a line to its Valkey; it is closed with the stack."""
        self.clients.append(redis.Redis.from_url(self.valkey.url))
        return self.clients[-1]

    def look(self, question: Callable[[Session], Any]) -> Any:
        """Ask the database something; nobody has to wait for it."""
        token = database.reading.set(True)
        try:
            with self.session() as session:
                return question(session)
        finally:
            database.reading.reset(token)

    def browser(self, role: Role) -> "Browser":
        """Return the browser of somebody who works here and has signed in."""
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        with self.session() as session:
            user = session.query(User).filter_by(role=role).first() or User(
                name=role.value.title(), email=f"{role.value}@desk.example", role=role
            )
            session.add(user)
            session.flush()
            until = now() + timedelta(hours=8)
            session.add(SignedIn(token_hash=digest, user_id=user.id, expires_at=until))
            session.commit()
        signer = Flask(__name__)
        signer.secret_key = self.config.secret_key
        serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
        assert serializer is not None
        cookie = serializer.dumps({"_user_id": token, "_fresh": True})
        browser = Browser(self.url, str(cookie))
        self.clients.append(browser.session)
        return browser


class Browser:
    """A browser without JavaScript at the real web process."""

    def __init__(self, url: str, cookie: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies.set("bellhop", cookie, domain="127.0.0.1")

    def read(self, path: str) -> str:
        """Return a page."""
        answer = self.session.get(self.url + path, timeout=GENEROUS)
        assert answer.status_code == 200, answer.text
        return answer.text

    def press(self, path: str, **headers: str) -> requests.Response:
        """Post a form that holds nothing but the token, as a button does."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.read("/jobs"))
        assert token
        form = {"csrf_token": token[1]}
        return self.session.post(
            self.url + path, form, headers=headers, allow_redirects=False, timeout=GENEROUS
        )


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of the product's processes: ours, and their settings."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": SECRET,
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "RETRY_SECONDS": "1,1,1",
        "WEB_CONCURRENCY": "2",
        "WORKER_CONCURRENCY": "2",
        "WORKER_GRACE_SECONDS": "2",
        "REMAP_SIGTERM": "SIGQUIT",
        **settings,
    }


def release(database_url: str) -> None:
    """Make the tables as a deploy does, by the Procfile's release command."""
    nowhere = {"SANDBOX_URL": "http://127.0.0.1:1", "SANDBOX_SMTP": "127.0.0.1:1"}
    env = environment(
        DATABASE_URL=database_url,
        REDIS_URL="redis://127.0.0.1:1/0",
        SANDBOX_SECRET="nobody listens there, and this is long enough",
        **nowhere,
    )
    command = procfile.lines(ROOT / "Procfile")["release"]
    ended = subprocess.run(
        command, shell=True, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def stack(
    kind: "Kind", new_database: "NewDatabase", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Return the whole product, running, on each database."""
    here = Stack(tmp_path_factory.mktemp("stack"), new_database(kind, release))
    try:
        here.open()
        here.whole()
        yield here
    finally:
        here.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show what the processes said last when a test fails."""
    report = yield
    if report.failed:
        for stack in STACKS:
            for part in stack.parts:
                report.sections.append((f"log of {part.name}", part.tail()))
    return report
