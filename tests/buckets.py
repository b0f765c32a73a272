"""A server that speaks S3, for the tests of what lies in a bucket."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from devtools.processes import free_port
from tests.live import wait_for


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the environment that leads to a server on which there is a bucket, ``s3://desk``."""
    port = free_port()
    line = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = (tmp_path_factory.mktemp("s3") / "log").open("wb")
    server, url = subprocess.Popen(line, stdout=log, stderr=log), f"http://127.0.0.1:{port}"

    def made() -> bool:
        try:
            made = urllib.request.Request(f"{url}/desk", method="PUT")
            return bool(urllib.request.urlopen(made, timeout=5).status == 200)
        except OSError:
            return False

    wait_for(made)
    yield {
        "AWS_ENDPOINT": url,
        "AWS_ACCESS_KEY_ID": "desk",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    server.terminate()
    server.wait(timeout=10)
    log.close()
