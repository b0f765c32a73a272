"""`python -m devtools <command>`, inside the environment that dev.py made."""

import os
import sys
from pathlib import Path

from devtools import checks, run, testing
from devtools.processes import ServiceError

COMMANDS = {
    "run": lambda arguments: run.main(),
    "test": testing.test,
    "check": lambda arguments: checks.check(),
    "fix": lambda arguments: checks.fix(),
    "chaos": testing.chaos,
    "bench": testing.bench,
}

if __name__ == "__main__":
    # Programs of this environment come first: the Procfile names them without a folder.
    folder = Path(sys.executable).parent
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    try:
        sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
    except ServiceError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
