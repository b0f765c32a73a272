"""gunicorn.conf.py for an application without a database."""

import os

bind = [f"{os.environ['HOST']}:{os.environ['PORT']}"]
worker_class = "gthread"
workers = 1
threads = 4
preload_app = True
control_socket_disable = True
