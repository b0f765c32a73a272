"""Where the tests get a Chromium from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from devtools.processes import ServiceError

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# libatomic1: the driver inside Playwright is a Node that needs it. The font: a bare system has
# none, and text has no width.
APT_PACKAGES = ("chromium", "libatomic1", "fonts-dejavu-core")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return a browser of the system: CHROMIUM_PATH, one on the PATH, or an application."""
    if chosen := os.environ.get("CHROMIUM_PATH"):
        return chosen
    found = (shutil.which(name) for name in NAMES)
    applications = (path for path in MACOS if Path(path).exists())
    return next((path for path in found if path), None) or next(applications, None)


def launch_arguments() -> list[str]:
    """Return Chromium's switches; its sandbox stays on except for root, where it cannot."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if root else [])]


def ensure() -> None:
    """Make sure that there is a browser and that its driver runs.

    Raises ServiceError, which says what to install.
    """
    if find_chromium() is None and not _downloaded():
        print("No Chromium here, fetching one ...", flush=True)
        if not (_playwright("install", "--only-shell", "chromium") and _downloaded()):
            _apt_install()
    elif not _playwright("--version"):
        _apt_install()


def _downloaded() -> bool:
    """Tell whether Playwright's own browser is there and opens a page."""
    script = (
        "from playwright.sync_api import sync_playwright as s\n"
        f"with s() as p: p.chromium.launch(args={launch_arguments()!r}).close()"
    )
    tried = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, timeout=120
    )
    return tried.returncode == 0


def _playwright(*arguments: str) -> bool:
    command = [sys.executable, "-m", "playwright", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0


def _apt_install() -> None:
    """Install the browser as a package of the system; only root on a Debian or Ubuntu can."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        raise ServiceError(
            f"The browser tests need Chromium: `sudo apt install {' '.join(APT_PACKAGES)}`, "
            "or install Chrome, or set CHROMIUM_PATH."
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-q"],
        ["install", "-yq", "--no-install-recommends", *APT_PACKAGES],
    ):
        subprocess.run(["apt-get", *arguments], env=quiet, check=False)
    if find_chromium() is None or not _playwright("--version"):
        raise ServiceError(
            f"apt-get could not install {' '.join(APT_PACKAGES)}; its words are above."
        )
