"""What was computed, which other work on the machine does not change as it changes what was waited for."""

import os
import time
from pathlib import Path

from sqlalchemy import Engine, text


def computed(engine: Engine) -> float:
    """Return the milliseconds of CPU so far, of this process and of those of PostgreSQL that serve it."""
    ours = time.process_time() * 1000
    if engine.dialect.name != "postgresql":
        return ours
    with engine.connect() as link:
        pids = link.execute(
            text("SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL")
        ).all()
    words = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for (pid,) in pids)
    return ours + sum(int(one[11]) + int(one[12]) for one in words) * 1000 / os.sysconf(
        "SC_CLK_TCK"
    )
