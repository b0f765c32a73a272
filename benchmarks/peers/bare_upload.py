"""A Flask route that writes what is posted to a file, in parts, and nothing else."""

import tempfile

from flask import Flask, request

app = Flask(__name__)


@app.post("/")
def take() -> str:
    """Write it down."""
    with tempfile.TemporaryFile() as file:
        while part := request.stream.read(1024 * 1024):
            file.write(part)
    return "taken"
