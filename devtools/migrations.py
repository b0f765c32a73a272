"""Whether the migrations, run on an empty database, make exactly what the models say."""

import subprocess
import sys
from pathlib import Path

from devtools.checks import bare_environment
from devtools.places import ROOT


def main(folder: Path) -> int:
    """Migrate an empty SQLite database and compare. Returns the exit code."""
    env = bare_environment(folder / "migrations.db")
    for command in ("upgrade", "check"):
        ended = subprocess.run(
            ["flask", "--app", "wsgi", "db", command], cwd=ROOT, env=env, check=False
        )
        if ended.returncode != 0:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
