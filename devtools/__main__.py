"""`python -m devtools <command>`, inside the environment that dev.py made."""

import os
import sys
from importlib import import_module
from pathlib import Path

from devtools.processes import ServiceError

# Loaded when asked for: the launcher stays in memory as long as Bellhop runs, and it needs no test
# tools.
COMMANDS = {
    "run": "devtools.run",
    "test": "devtools.testing",
    "chaos": "devtools.testing",
    "bench": "devtools.testing",
    "check": "devtools.checks",
    "fix": "devtools.checks",
}


def main(command: str, arguments: list[str]) -> int:
    """Run one command. Returns its exit code."""
    # Programs of this environment come first: the Procfile names them without a folder.
    folder = Path(sys.executable).parent
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    code: int = getattr(import_module(COMMANDS[command]), command)(arguments)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except ServiceError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
