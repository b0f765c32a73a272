"""The settings: read once, refused by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from webapp.config import BadSetting, Config

ROOT = Path(__file__).parent.parent.parent
SECRET = "0123456789abcdef" * 4
LEAST = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "sqlite:////var/lib/bellhop/desk.db",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
WHATSAPP = {
    "WHATSAPP_ACCESS_TOKEN": "token",
    "WHATSAPP_PHONE_NUMBER_ID": "1",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "2",
    "WHATSAPP_APP_SECRET": "secret",
    "WHATSAPP_VERIFY_TOKEN": "word",
}
SANDBOX = {
    "SANDBOX_URL": "http://127.0.0.1:5080",
    "SANDBOX_SMTP": "127.0.0.1:5025",
    "SANDBOX_SECRET": SECRET,
}


def read(**more):
    return Config.from_env({**LEAST, **more})


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("postgres://u:p@db.example:5432/desk", "postgresql+psycopg://u:p@db.example:5432/desk"),
        ("postgresql://u:p@db.example/desk", "postgresql+psycopg://u:p@db.example/desk"),
        (
            "postgresql+psycopg://u@h/d?sslmode=require",
            "postgresql+psycopg://u@h/d?sslmode=require",
        ),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_every_spelling_of_a_database_is_understood(given, understood):
    assert read(DATABASE_URL=given).database_url == understood


@pytest.mark.parametrize(
    ("given", "more", "understood"),
    [
        ("redis://:pw@h:6379/0", {}, "redis://:pw@h:6379/0"),
        ("rediss://:pw@h:6380/0", {}, "rediss://:pw@h:6380/0?ssl_cert_reqs=required"),
        ("rediss://h/0?ssl_cert_reqs=CERT_NONE", {}, "rediss://h/0?ssl_cert_reqs=none"),
        ("rediss://h/0", {"REDIS_TLS_VERIFY": "none"}, "rediss://h/0?ssl_cert_reqs=none"),
    ],
)
def test_a_redis_with_tls_gets_the_form_that_celery_and_redis_py_accept(given, more, understood):
    assert read(REDIS_URL=given, **more).redis_url == understood


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "sqlite:///relative.db"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "http://h"),
        ("REDIS_URL", "rediss://h/0?ssl_cert_reqs=sometimes"),
        ("PUBLIC_URL", "desk.example"),
        ("RETRY_SECONDS", "a,b"),
        ("RETRY_SECONDS", "60,,240"),
        ("PHONE_REGION", "India"),
        ("TRUST_PROXY", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("API_RATE", "often"),
        ("API_WRITE_RATE", "0 per minute"),
        ("WEB_THREADS", "0"),
        ("WORKER_CONCURRENCY", "many"),
        ("SANDBOX_URL", "ftp://x"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(name, value):
    with pytest.raises(BadSetting, match=name.replace("REDIS_URL", "REDIS_")):
        Config.from_env({**LEAST, **SANDBOX, name: value})


@pytest.mark.parametrize("missing", sorted(WHATSAPP))
def test_half_an_account_is_refused_by_the_name_of_what_is_missing(missing):
    half = {name: value for name, value in WHATSAPP.items() if name != missing}

    with pytest.raises(BadSetting, match=missing):
        read(**half)


def test_without_any_provider_the_sandbox_carries_everything():
    config = read(**SANDBOX)

    assert config.whatsapp.base_url == config.twilio.base_url == config.razorpay.base_url
    assert (config.mail.host, config.mail.port) == ("127.0.0.1", 5025)


def test_a_real_provider_takes_the_place_of_the_sandbox_for_its_channel_alone():
    config = read(**SANDBOX, **WHATSAPP)

    assert config.whatsapp.base_url == "https://graph.facebook.com"
    assert config.twilio.base_url == SANDBOX["SANDBOX_URL"]


def test_without_providers_and_sandbox_no_channel_is_set_up():
    config = read()

    assert (config.whatsapp, config.twilio, config.mail, config.razorpay) == (None,) * 4


def test_a_mail_server_is_read_from_one_address():
    config = read(
        SMTP_URL="smtp://me:p%40ss@mail.example?starttls=1", MAIL_FROM="desk@mail.example"
    )

    assert (config.mail.port, config.mail.password, config.mail.tls) == (587, "p@ss", "starttls")


@pytest.mark.parametrize(
    "what", [["flask", "--app", "wsgi", "routes"], ["celery", "-A", "worker.beat", "beat"]]
)
def test_a_missing_setting_ends_the_start_with_one_line_that_names_it(what, tmp_path):
    command = [str(Path(sys.executable).parent / what[0]), *what[1:]]
    environment = {**LEAST, "SECRET_KEY": "", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}

    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )

    assert ended.returncode == 1
    assert "SECRET_KEY is not set" in ended.stderr
    assert "Traceback" not in ended.stderr
