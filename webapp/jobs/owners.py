"""Which process holds a job, and whether it still lives: ``host:pid:start``.

The start time tells a process from a later one with the same number; the host names the process
namespace too, since two containers may share a name.
"""

import os
import socket
from functools import cache
from pathlib import Path


@cache
def host() -> str:
    """Return what all processes of this machine, or container, have in common."""
    namespace = Path("/proc/self/ns/pid")
    inode = namespace.stat().st_ino if namespace.exists() else 0
    return f"{socket.gethostname()}/{inode}:"


def me() -> str:
    """Return the name of this very process; a forked child has another one."""
    return _named(os.getpid())


def named(pid: int) -> str:
    """Return the name of a process of this host."""
    return f"{host()}{pid}:{started(pid)}"


_named = cache(named)


os.register_at_fork(after_in_child=_named.cache_clear)


def spoken(owner: str) -> str:
    """Return a name as people say it: ``desk-1, process 4711``."""
    place, _, rest = owner.partition("/")
    return f"{place}, process {rest.split(':')[1]}" if rest.count(":") > 1 else owner


def is_here(owner: str | None) -> bool:
    """Say whether the owner ran on this host, so that we can look."""
    return owner is not None and owner.startswith(host())


def memory(pid: int) -> int | None:
    """Return the bytes that a process has in memory; None where that cannot be told, or it is gone.

    The second field of /proc/<pid>/statm, proc(5): what it shares with others is in it.
    """
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def lives(owner: str) -> bool:
    """Say whether a process of this host is still the one that the name meant."""
    pid, _, start = owner.removeprefix(host()).partition(":")
    return started(int(pid)) == start


def started(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks; None when there is no such process.

    Field 22 of /proc/<pid>/stat, proc(5); without /proc only whether it exists can be told. A zombie is dead.
    """
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "0"
