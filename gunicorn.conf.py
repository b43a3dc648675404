"""The application server. Its environment variables are described in .env.example."""

import datetime as dt
import gc
import os
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from gunicorn.glogging import Logger

# Read before any worker starts, so that an unsafe value stops the start with its one
# sentence instead of killing worker after worker.
try:
    from prakerja.settings import WEB_THREADS, env
except ImproperlyConfigured as refusal:
    sys.exit(f"{refusal}")

from prakerja.logs import JsonFormatter, without_personal_data


class JsonLogger(Logger):
    """gunicorn's own log and its access log, as JSON.

    The access log holds neither address nor browser nor query of whoever asked.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(JsonFormatter())

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: dt.timedelta
    ) -> None:
        event = {
            "method": environ.get("REQUEST_METHOD", ""),
            "path": without_personal_data(environ.get("PATH_INFO", "")),
            "status": resp.status_code,
            "bytes": resp.sent or resp.response_length or 0,
            "ms": round(request_time.total_seconds() * 1000, 1),
        }
        self.access_log.info("request", extra={"event": event})


bind = env.str("BIND", default=f"127.0.0.1:{env.int('PORT', default=8000)}")
workers = env.int("WEB_CONCURRENCY", default=2)
# More than one thread: an open but silent connection, as browsers make them, or a slow
# download of a video holds no worker. One thread: the fastest behind a proxy that
# buffers both ways.
threads = WEB_THREADS
keepalive = 5
timeout = 60
graceful_timeout = 10
# Whatever leaks is gone with its worker; never all workers at once.
max_requests = 10_000
max_requests_jitter = 2_000
# Workers show that they live by touching a file, which must never wait for a disk.
if os.access(memory := "/dev/shm", os.W_OK):  # noqa: S108
    worker_tmp_dir = memory
control_socket_disable = True
# No header may say where the site is mounted.
forwarder_headers = ""
# What it writes (uploads, mails) is nobody else's to read.
umask = 0o077
# Only these may say that a request came by https, and from whom.
forwarded_allow_ips = env.str("TRUSTED_PROXIES", default="127.0.0.1,::1")
logger_class = JsonLogger
accesslog = "-"


def post_worker_init(worker: Any) -> None:
    """Leave the site's own code out of garbage collections: it is there to stay.

    A full one would hold up everybody who waits for this worker.
    """
    gc.collect()
    gc.freeze()


def worker_exit(server: Any, worker: Any) -> None:
    """Close the database pool: its threads would hold the worker's end up for 5 s."""
    if pool := getattr(connection, "pool", None):
        pool.close()
