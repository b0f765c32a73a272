"""Read the file on the standard input, and write what it says as lines of JSON.

``python -I extraction --name report.pdf [--start N] [--encoding E] [--limits JSON]``. The end is a
line "end" or "refused"; without either, the process died. ``--serve`` reads web pages one after
the other instead (``extraction/serve.py``).
"""

import os
import sys
from importlib import import_module

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs 5 ms
    # A folder that is run comes first in the path of modules; ours has an "html" that is not Python's.
    sys.path[:] = [os.path.dirname(here), *(place for place in sys.path if place != here)]  # noqa: PTH120 - the same
    if sys.argv[1:2] == ["--serve"]:
        import_module("extraction.serve").main(sys.argv[2:])
    else:
        import_module("extraction.reading").main(sys.argv[1:])
    # Nothing is left to do: taking libraries and their documents down costs time, and may crash.
    os._exit(0)
