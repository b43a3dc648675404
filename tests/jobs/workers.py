"""Workers for tests, without waiting for Python and Django to start for each.

    python -m tests.jobs.workers

Each line read starts `manage.py worker` in a process of its own. Its number is
answered and, when it has ended, how: the signal that killed it as a negative number,
else its exit status.
"""

import os
import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # after the set-up

    from tests.jobs import kinds  # noqa: PLC0415

    kinds.register()
    while sys.stdin.readline():
        worker = os.fork()
        if worker == 0:
            call_command("worker")
            os._exit(0)
        print(worker, flush=True)  # noqa: T201
        _, status = os.waitpid(worker, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
