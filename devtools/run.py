"""`dev.py run`: the services, the release command, then the Procfile, until somebody stops it."""

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NoReturn

from devtools import leftovers, settings
from devtools.places import INSTANCE, ROOT, private_folder
from devtools.processes import ServiceError, answers, start, stop, tied, wait_until
from devtools.procfile import Manager, lines
from devtools.valkey import Valkey


def run(arguments: list[str]) -> int:
    """Run Bellhop. Returns the exit code: 0 when it was told to stop."""
    signal.signal(signal.SIGTERM, _exit)
    private_folder(INSTANCE)
    try:
        with ExitStack() as stack:
            stack.enter_context(only_one())
            leftovers.end_all()
            stack.callback(leftovers.end_all)  # last of all, what is nobody's child any more
            services: dict[str, subprocess.Popen[bytes]] = {}
            redis_url = os.environ.get("REDIS_URL") or stack.enter_context(valkey(services))
            env = settings.local(redis_url=redis_url)
            if "SANDBOX_URL" not in os.environ:
                stack.enter_context(sandbox(services, env))
            release(env)
            return serve(env, services)
    except KeyboardInterrupt:
        return 0


def _exit(signum: int, frame: object) -> NoReturn:
    raise SystemExit(0)


@contextmanager
def only_one() -> Iterator[None]:
    """Refuse a second launcher on the same folder; the kernel's lock goes with the process."""
    with (INSTANCE / "running").open("a") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ServiceError(
                f"Bellhop is already running from {INSTANCE}; stop it first."
            ) from None
        yield


@contextmanager
def valkey(services: dict[str, subprocess.Popen[bytes]]) -> Iterator[str]:
    """Run a private Valkey whose queue survives a restart, and yield its address."""
    server = Valkey(INSTANCE / "valkey")
    server.start()
    if server.process is not None:
        services["Valkey"] = server.process
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def sandbox(services: dict[str, subprocess.Popen[bytes]], env: dict[str, str]) -> Iterator[None]:
    """Run the stand-in providers."""
    log = INSTANCE / "sandbox.log"
    process = start([sys.executable, "-m", "sandbox"], log=log, env=env, cwd=ROOT)
    services["The sandbox"] = process
    try:
        port = int(env["SANDBOX_URL"].rpartition(":")[2])
        wait_until(lambda: answers(port), process=process, log=log)
        yield
    finally:
        stop(process)


def release(env: dict[str, str]) -> None:
    """Run the Procfile's release command, which must succeed before anything is served."""
    command = lines(ROOT / "Procfile")["release"]
    ended = subprocess.run(command, shell=True, cwd=ROOT, env=env, preexec_fn=tied(), check=False)
    if ended.returncode != 0:
        raise ServiceError("The release command failed; its words are above. Nothing was started.")


def serve(env: dict[str, str], services: dict[str, subprocess.Popen[bytes]]) -> int:
    """Run everything else in the Procfile until one of it ends or somebody stops us."""
    manager = Manager()
    for name, command in lines(ROOT / "Procfile").items():
        if name != "release":
            manager.add_process(name, command, env=env, cwd=str(ROOT))
    manager.beside = [partial(watch, *service, manager) for service in services.items()]
    manager.beside.append(partial(announce, env))
    manager.loop()
    told_to_stop = manager.returncode in (130, 143)  # honcho's words for SIGINT and SIGTERM
    return 0 if told_to_stop else manager.returncode or 1


def watch(name: str, process: subprocess.Popen[bytes], manager: Manager) -> None:
    """Stop everything when a service is gone: half a house is worse than none."""
    code = process.wait()
    if not manager._terminating:
        print(f"{name} ended by itself (exit code {code}); its log is in {INSTANCE}.")
    manager.stop(1)


def announce(env: dict[str, str]) -> None:
    """Print the address once it answers, and the way to the first account while there is none."""
    while not _is_up(_local_address(env)):
        time.sleep(0.1)
    link = subprocess.run(
        shlex.split("flask --app wsgi setup-link"),
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    words = ["", f"  Bellhop is at {env['PUBLIC_URL']}"]
    if link.returncode != 0:
        words.append(f"  The set-up link could not be made: {link.stderr.strip()}")
    elif link.stdout.strip():
        words.append(f"  Make the first account here, once: {link.stdout.strip()}")
    print("\n".join([*words, "  Ctrl-C stops it.", ""]), flush=True)


def _local_address(env: dict[str, str]) -> str:
    return f"http://{'127.0.0.1' if env['HOST'] == '0.0.0.0' else env['HOST']}:{env['PORT']}"


def _is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
