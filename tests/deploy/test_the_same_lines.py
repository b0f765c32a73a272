"""Whatever starts Bellhop starts it by the lines of the Procfile, and stops a worker gently."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools import procfile
from devtools.places import ROOT
from webapp.config import Config

LINES = {
    name: shlex.split(line.removeprefix("exec "))
    for name, line in procfile.lines(ROOT / "Procfile").items()
}
SYSTEMD = ROOT / "deploy/systemd"


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(SYSTEMD / name)
    return read


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "deploy/compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{(\w+):\?\}", r"\1", text))
    return found


@pytest.mark.parametrize("name", LINES)
def test_systemd_starts_what_the_procfile_says(name: str) -> None:
    service = unit(f"bellhop-{name}.service")["Service"]
    assert service["ExecStart"] == f"/srv/bellhop/.venv/bin/{shlex.join(LINES[name])}"


def test_the_target_of_systemd_wants_every_process() -> None:
    wanted = unit("bellhop.target")["Unit"]["Wants"].split()
    assert set(wanted) == {f"bellhop-{name}.service" for name in LINES}


def test_systemd_gives_a_worker_more_time_than_its_jobs_get() -> None:
    service = unit("bellhop-worker.service")["Service"]
    assert "REMAP_SIGTERM=SIGQUIT" in service["Environment"]
    assert int(service["TimeoutStopSec"]) >= grace() + 10


@pytest.mark.parametrize("name", LINES)
def test_compose_starts_what_the_procfile_says(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["command"] == LINES[name]


def test_compose_gives_a_worker_more_time_than_its_jobs_get(compose: dict[str, Any]) -> None:
    worker = compose["services"]["worker"]
    assert worker["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    grace = int(worker["environment"]["WORKER_GRACE_SECONDS"])
    assert int(worker["stop_grace_period"].removesuffix("s")) >= grace + 10


def test_the_settings_of_compose_are_enough_to_start(compose: dict[str, Any]) -> None:
    given = compose["services"]["web"]["environment"]
    long = {"SECRET_KEY": "s" * 40, "PUBLIC_URL": "https://desk.example"}
    assert Config.from_env({**given, **long}).database_url.endswith("@database/bellhop")


def test_the_platform_is_told_of_every_process_but_the_release() -> None:
    app = json.loads((ROOT / "app.json").read_text())
    assert {*app["formation"], "release"} == set(LINES)


def test_the_settings_of_the_platform_are_enough_to_start() -> None:
    given = {
        name: setting["value"]
        for name, setting in json.loads((ROOT / "app.json").read_text())["env"].items()
        if "value" in setting
    }
    added = {
        "SECRET_KEY": "s" * 64,
        "PUBLIC_URL": "https://desk.example",
        "DATABASE_URL": "postgres://u:p@db.example:5432/d",
        "REDIS_URL": "rediss://:p@redis.example:6380",
    }
    config = Config.from_env({**given, **added})
    assert config.trust_proxy
    assert "ssl_cert_reqs=none" in config.redis_url
    assert given["REMAP_SIGTERM"] == "SIGQUIT"
    assert config.worker_grace_seconds == 20  # Heroku kills after 30


class Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, **given: str) -> None:
        super().__init__(given)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def test_every_setting_that_is_read_stands_in_the_table_of_the_documentation() -> None:
    asked = Asked(
        SECRET_KEY="s" * 40,
        DATABASE_URL="sqlite:////tmp/x",
        REDIS_URL="rediss://h",
        SANDBOX_URL="http://127.0.0.1:1",
        SANDBOX_SMTP="127.0.0.1:1",
        SANDBOX_SECRET="s" * 40,
    )
    Config.from_env(asked)
    by_gunicorn = re.findall(r'"([A-Z_]{4,})"', (ROOT / "gunicorn.conf.py").read_text())
    table = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE)
    assert asked.names | set(by_gunicorn) <= set(re.findall(r"\w+", " ".join(table)))


def grace() -> int:
    return Config.from_env(
        {"SECRET_KEY": "s" * 40, "DATABASE_URL": "sqlite:////tmp/x", "REDIS_URL": "redis://h"}
    ).worker_grace_seconds


def test_no_file_of_the_deploy_holds_a_secret() -> None:
    for path in [*Path(ROOT / "deploy").rglob("*"), ROOT / "app.json"]:
        if path.is_file():
            assert not re.search(
                r"(?i)(password|secret)\s*[:=]\s*[\"']?[a-z0-9]{12,}", path.read_text()
            )
