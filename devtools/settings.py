"""The environment that Bellhop's own processes get here, where no platform gives them one."""

import os
import secrets
from pathlib import Path

from devtools.places import INSTANCE, write_private
from devtools.processes import ServiceError, free_port

MARK = "BELLHOP_PART_OF"  # in the environment of everything a launcher started


def local(*, redis_url: str) -> dict[str, str]:
    """Return the settings of `run`; what the caller's own environment says comes first."""
    host = os.environ.get("HOST", "127.0.0.1")
    wanted = os.environ.get("PORT", "5000")
    if not wanted.isdigit():
        raise ServiceError(f"PORT must be a number, not {wanted!r}.")
    port = str(choose_port(int(wanted), host))
    defaults = {
        "SECRET_KEY": kept_secret("secret_key"),
        "DATABASE_URL": f"sqlite:///{INSTANCE / 'bellhop.db'}",
        "PUBLIC_URL": f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}",
        "LOG_FORMAT": "console",
        "SANDBOX_SECRET": kept_secret("sandbox_secret"),
        **({} if "SANDBOX_URL" in os.environ else sandbox_addresses()),
        "WEB_CONCURRENCY": "2",
        # A stop reaches the whole process group; without this Celery would report running jobs as
        # failed. Read by its pool when it is imported, so it cannot be set later.
        "REMAP_SIGTERM": "SIGQUIT",
        "MALLOC_ARENA_MAX": "2",  # threads otherwise keep a heap each
    }
    fixed = {
        "HOST": host,
        "PORT": port,
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
        MARK: str(INSTANCE),
    }
    return {**defaults, **os.environ, **fixed}


def choose_port(wanted: int, host: str) -> int:
    """Return the wanted port or the next free one, and say so."""
    port = free_port(wanted, host)
    if port != wanted:
        print(f"Port {wanted} is taken, using {port}.", flush=True)
    return port


def sandbox_addresses() -> dict[str, str]:
    """Return where the sandbox listens: the same ports each time when they are free."""
    web = free_port(5080)
    return {
        "SANDBOX_URL": f"http://127.0.0.1:{web}",
        "SANDBOX_SMTP": f"127.0.0.1:{free_port(max(5081, web + 1))}",
    }


def kept_secret(name: str) -> str:
    """Return a secret of this installation, made when it is first asked for."""
    path: Path = INSTANCE / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()
