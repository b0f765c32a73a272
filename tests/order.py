"""In which order the files are tested, so that no processor waits for another one's last file.

A file goes as a whole to whichever process of pytest-xdist is free next (``--dist loadfile``). What
starts processes of its own and waits for them comes first: the others work meanwhile. What takes
seconds comes last, and fills what is left at the end.
"""

import gc
from collections import Counter

import pytest

#: What takes long though it has few tests, the longest first.
LONG = (
    "tests/chaos/",
    "tests/deploy/",
    "tests/worker/",
    "tests/browser/test_looks.py",
    "tests/browser/test_the_whole_way.py",
    "tests/browser/test_trouble.py",
    "tests/contracts/test_access.py",
    "tests/contracts/test_migrations.py",
    "tests/contracts/test_odd_addresses.py",
    "tests/simulation/",
    "tests/ground/",
)


@pytest.hookimpl(trylast=True)  # within a file, what shares something stays together
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, then those of many tests."""
    files = {item.nodeid: item.nodeid.partition("::")[0] for item in items}
    tests = Counter(files.values())

    def turn(item: pytest.Item) -> tuple[int, int, str]:
        file = files[item.nodeid]
        rank = next((n for n, name in enumerate(LONG) if file.startswith(name)), len(LONG))
        return rank, -tests[file], file

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """Keep the collector's hands off all that was imported: it would look through it again and again."""
    gc.collect()
    gc.freeze()
