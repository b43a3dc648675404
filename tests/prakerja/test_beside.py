"""A command that runs beside another process: replaced when it dies, ended with it."""

import subprocess
import sys
import time

import pytest

from prakerja import beside


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch):
    monkeypatch.setattr(beside, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(beside, "PAUSE", 0)


def test_what_dies_is_started_anew(tmp_path):
    log = tmp_path / "log"
    log.touch()
    script = f"open({str(log)!r}, 'a').write('x'); raise SystemExit(1)"

    beside.keep(["-c", script], while_=lambda: log.stat().st_size < 3)

    assert log.read_text() == "xxx"


def test_what_runs_is_asked_to_end_when_the_other_is_gone(monkeypatch):
    ended = []

    class Running:
        def __init__(self, command):
            assert command[0] == sys.executable

        def poll(self):
            return None

        def terminate(self):
            ended.append("asked")

        def wait(self):
            ended.append("waited")

    monkeypatch.setattr(subprocess, "Popen", Running)
    answers = [True, True, False]

    beside.keep(["manage.py"], while_=lambda: answers.pop(0))

    assert ended == ["asked", "waited"]


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_however_its_parent_ends_it_ends(tmp_path, how):
    log = tmp_path / "log"
    script = (
        "import time, signal, sys\n"
        f"log = open({str(log)!r}, 'a')\n"
        "def end(number, frame): print('ended', file=log, flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('began', file=log, flush=True)\n"
        "time.sleep(20)\n"
    )
    parent_script = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'prakerja.beside', '-c', "
        f"{script!r}])\n"
        "time.sleep(20)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent_script]) as parent:
        wait_for(lambda: log.exists() and log.read_text() == "began\n")

        getattr(parent, how)()

    wait_for(lambda: log.read_text() == "began\nended\n")


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not come to pass in 10 seconds")
