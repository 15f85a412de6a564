"""gunicorn's configuration for imports alone (deploy/Caddyfile): bodies that are too large for the proxy to buffer.

They come as slowly as they are sent, so each has a thread, in a process that serves nothing else. It loads no model.
"""

worker_class = "gthread"
workers = 1
threads = 16
graceful_timeout = 20
control_socket_disable = True
