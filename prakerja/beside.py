"""Keeps a command of Python's running beside the process that started this one.

    python -m prakerja.beside manage.py worker

When the command dies it is started anew; when the process that started this one is
gone, however it ended, the command ends too.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

LOOK_EVERY = 0.2  # seconds
PAUSE = 1.0  # seconds before a command that died is started anew


def main() -> None:
    parent = os.getppid()
    asked_to_end: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked_to_end.append(number))
    keep(sys.argv[1:], while_=lambda: not asked_to_end and os.getppid() == parent)


def keep(arguments: Sequence[str], *, while_: Callable[[], bool]) -> None:
    """Run Python with these arguments, again and again, as long as something holds."""
    while while_():
        command = subprocess.Popen([sys.executable, *arguments])  # noqa: S603
        while command.poll() is None:
            if not while_():
                command.terminate()
                command.wait()
                return
            time.sleep(LOOK_EVERY)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
