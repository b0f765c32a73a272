"""How the application is put together."""

import sys
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from webapp import (
    broker,
    commands,
    database,
    errors,
    extensions,
    faults,
    logs,
    pages,
    security,
    slices,
)
from webapp.accounts import access, polls
from webapp.accounts.door import Door
from webapp.api import describing as api
from webapp.config import BadSetting, Config
from webapp.home import views as home

MAX_REQUEST_BYTES = 4 * 1024 * 1024  # WhatsApp sends webhooks of up to 3 MB


def build(config: Config | None = None) -> Flask:
    """Build the application. A setting that is missing or wrong ends the process with one line."""
    try:
        config = config or Config.from_env()
    except BadSetting as problem:
        sys.exit(f"Bellhop cannot start: {problem}")
    logs.set_up(form=config.log_format, level=config.log_level)
    faults.start(config, "web")
    app = Flask(__name__)
    app.config.from_mapping(_flask_settings(config))
    app.extensions["settings"] = config
    security.init_app(app)
    extensions.bind(app)
    with app.app_context():
        database.prepare(extensions.db.engine)
    app.url_map.converters["int"] = database.RowId
    for blueprint in slices.BLUEPRINTS:
        app.register_blueprint(blueprint)
    for part in (polls, pages, errors, access, commands, home, api):
        part.init_app(app)
    access.require_declared(app)
    _wrap(app, config)
    return app


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": database.engine_options(
            config.database_url, threads=config.web_threads
        ),
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_REQUEST_BYTES,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.public_url.startswith("https://"),
        "SESSION_COOKIE_NAME": "bellhop",
        "WTF_CSRF_TIME_LIMIT": None,
        # The session row says how long a session lives; a second clock would only surprise.
        "WTF_CSRF_SSL_STRICT": config.public_url.startswith("https://"),
        "RATELIMIT_STORAGE_URI": config.redis_url,
        "RATELIMIT_STORAGE_OPTIONS": {"connection_pool": broker.quick_line(config.redis_url)},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "COMPRESS_MIN_SIZE": 500,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
    }


def _wrap(app: Flask, config: Config) -> None:
    files = WhiteNoise(
        app.wsgi_app, root=app.static_folder, prefix="static/", max_age=0 if app.debug else 3600
    )
    # Browsers ask for these at the root, whatever a page says.
    files.add_files(f"{app.static_folder}/site")
    inner = ProxyFix(files, x_for=1, x_proto=1, x_host=0) if config.trust_proxy else files
    app.wsgi_app = Door(app, inner)  # type: ignore[method-assign]  # as Flask's own documentation does
