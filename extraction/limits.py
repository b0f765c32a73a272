"""What one file may cost, and what its reader is told besides its bytes."""

import resource
from typing import NamedTuple


class Limits(NamedTuple):
    """What is refused beyond: of the file's content, and of the process that reads it."""

    pages: int = 2_000
    characters: int = 50_000_000
    #: Of one piece: it travels as one line, and is one row of a table.
    piece_characters: int = 2_000_000
    rows: int = 1_000_000
    cells: int = 20_000_000
    #: Elements within each other, of XML and the like.
    depth: int = 1_000
    #: Of processor time; the parent watches the clock.
    seconds: int = 60
    #: Of address space.
    megabytes: int = 1_024


class Hints(NamedTuple):
    """What the uploader and the reading before this one know of the file."""

    name: str = ""
    #: Chosen by a person for a text that does not say its own.
    encoding: str | None = None
    #: Pieces up to this number were read before: skip them, and keep counting.
    start: int = 0
    #: It ended the process once: read it in the way that needs little memory, as slow as that may be.
    careful: bool = False


def confine(limits: Limits) -> None:
    """Give this process its limits, for ever: it cannot raise them again.

    No file can be written, no further process started (root is above that limit), nothing is
    dumped. What the system does not know (macOS: address space) is left out; there the parent's
    clock is what remains.
    """
    memory = limits.megabytes * 1024 * 1024
    for name, soft, hard in (
        ("RLIMIT_AS", memory, memory),
        # The first second too many is SIGXCPU, which says why; the next is SIGKILL.
        ("RLIMIT_CPU", limits.seconds, limits.seconds + 1),
        ("RLIMIT_FSIZE", 0, 0),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_NOFILE", 64, 64),
        ("RLIMIT_NPROC", 0, 0),
    ):
        _limit(name, soft, hard)


def _limit(name: str, soft: int, hard: int) -> None:
    which = getattr(resource, name, None)
    if which is None:
        return
    allowed = resource.getrlimit(which)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    try:
        resource.setrlimit(which, (soft, hard))
    except (ValueError, OSError):
        return  # not on this system
