"""The one command: it starts everything, and whatever happens to it, it leaves nothing behind."""

import signal
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from devtools.launched import Launcher, still_running, wait_for

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    launcher.start().wait_for_the_address()
    yield launcher
    if launcher.process.poll() is None:
        launcher.stop(signal.SIGTERM)


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Return a launcher that the tests only look at."""
    launcher = Launcher(tmp_path_factory.mktemp("resting"))
    launcher.start().wait_for_the_address()
    yield launcher
    launcher.stop(signal.SIGTERM)


def names(family: list[psutil.Process]) -> str:
    return " ".join(part for one in family for part in one.cmdline())


def test_a_start_brings_every_process_and_a_stop_ends_them_all(launcher: Launcher) -> None:
    family = launcher.everything()
    for part in ("valkey-server", "sandbox", "gunicorn", "worker", "beat"):
        assert part in names(family)
    with urllib.request.urlopen(f"http://127.0.0.1:{launcher.port}/", timeout=30) as answer:
        assert answer.status == 200

    assert launcher.stop() == 0, launcher.output()
    assert not still_running(family)


def test_nobody_else_may_read_the_secrets_or_the_data(resting: Launcher) -> None:
    instance = resting.folder / "instance"
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    for secret in ("secret_key", "sandbox_secret", "valkey/running.json"):
        assert stat.S_IMODE((instance / secret).stat().st_mode) == 0o600


def test_no_command_line_shows_a_secret(resting: Launcher) -> None:
    instance = resting.folder / "instance"
    shown = names(resting.everything())
    for secret in ("secret_key", "sandbox_secret"):
        assert (instance / secret).read_text() not in shown
    assert "requirepass" not in shown


def test_a_second_start_on_the_same_folder_is_refused_with_a_sentence(resting: Launcher) -> None:
    second = Launcher(resting.folder)
    second.log = resting.folder / "second.log"
    second.start()
    assert second.process.wait(60) == 1
    assert "already running" in second.output()
    assert resting.process.poll() is None


def test_a_killed_launcher_takes_everything_with_it(launcher: Launcher) -> None:
    family = launcher.everything()
    launcher.process.kill()
    launcher.process.wait()
    wait_for(lambda: not still_running(family))


def test_the_start_right_after_a_kill_works_at_the_same_address(launcher: Launcher) -> None:
    family = launcher.everything()
    launcher.process.kill()
    launcher.process.wait()

    launcher.start().wait_for_the_address()
    assert "is taken" not in launcher.output()
    assert not still_running(family)


def test_the_death_of_a_service_stops_the_rest_with_a_failure(launcher: Launcher) -> None:
    family = launcher.everything()
    next(one for one in family if "valkey-server" in names([one])).kill()
    assert launcher.process.wait(120) == 1
    assert "Valkey ended by itself" in launcher.output()
    assert not still_running(family)


def test_a_taken_port_is_answered_with_the_next_free_one(resting: Launcher, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Launcher(tmp_path / "other")
    other.port = resting.port
    other.start().wait_for_the_address()
    try:
        assert f"Port {resting.port} is taken" in other.output()
    finally:
        assert other.stop(signal.SIGTERM) == 0
