"""The WSGI entry point: what gunicorn and the flask command import."""

from webapp import create_app

app = create_app()
