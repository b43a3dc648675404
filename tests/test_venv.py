"""`.ci/venv`: what `make` does before anything else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "venv"
TOOLS = ["sh", "dirname", "cat", "cksum", "grep", "rm", "mkdir", "touch"]


@pytest.fixture
def checkout(tmp_path):
    """A checkout of nothing but the script and an empty lock file."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci" / "venv")
    (tmp_path / "requirements.txt").touch()
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    return tmp_path


def python(checkout, name, script):
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(checkout, **variables):
    return subprocess.run(
        [str(checkout / ".ci/venv"), "requirements.txt"],
        check=False,
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout)} | variables,
        capture_output=True,
        text=True,
    )


def test_without_a_python_it_says_in_one_line_what_is_needed(checkout):
    outcome = run(checkout)

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Python 3.12 or newer is needed. ")
    assert outcome.stderr.count("\n") == 1


def test_an_older_python_is_not_taken(checkout):
    python(checkout, "python3", "exit 1")  # the answer to "are you 3.12 or newer?"

    assert "Python 3.12 or newer is needed" in run(checkout).stderr


def test_a_named_python_that_is_too_old_is_named_in_the_answer(checkout):
    python(checkout, "python3.9", "exit 1")

    outcome = run(checkout, PYTHON="python3.9")

    assert outcome.returncode == 1
    assert "PYTHON=python3.9 is not that" in outcome.stderr


def test_a_python_that_cannot_make_a_venv_leaves_nothing_behind(checkout):
    python(checkout, "python3", '[ "$1" != -m ]')

    outcome = run(checkout)

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("python3 can't make a .venv")
    assert not (checkout / ".venv").exists()


# A Python whose `-m venv` makes a folder with itself in it, and whose pip says so.
FAKE = """
case "$*" in
  *"-m venv"*) mkdir .venv/bin; cp "$0" .venv/bin/python
    echo "command = venv $PWD/.venv" >.venv/pyvenv.cfg;;
  *"-m pip"*) echo pip "$@"; [ -z "$FAIL" ];;
  *--version*) echo Python 3.13;;
  *print*) echo "${VERSION:-3.13}";;
esac
"""


@pytest.fixture
def fake(checkout):
    (checkout / "bin" / "cp").symlink_to(shutil.which("cp"))
    python(checkout, "python3", FAKE)
    return checkout


def test_it_installs_once(fake):
    assert "Installing requirements.txt" in run(fake).stdout

    assert run(fake).stdout == ""


def test_a_changed_lock_file_is_installed_into_what_is_there(fake):
    run(fake)
    (fake / "requirements.txt").write_text("# changed\n")

    assert "Making" not in (told := run(fake).stdout)
    assert "Installing" in told


def test_what_was_interrupted_is_made_anew(fake):
    assert run(fake, FAIL="1").returncode == 1

    told = run(fake)

    assert told.returncode == 0
    assert "Making .venv" in told.stdout
    assert run(fake).stdout == ""


def test_a_deleted_interpreter_is_replaced(fake):
    run(fake)
    (fake / ".venv/bin/python").unlink()

    assert "Making .venv" in run(fake).stdout


def test_another_minor_version_is_made_anew(fake):
    run(fake)
    python(fake, "python3.12", FAKE.replace(":-3.13", ":-3.12"))

    assert "Making .venv" in run(fake, PYTHON="python3.12").stdout


def test_a_moved_checkout_gets_a_new_one(fake, tmp_path_factory):
    run(fake)
    moved = tmp_path_factory.mktemp("moved") / "checkout"
    os.rename(fake, moved)

    assert "Making .venv" in run(moved).stdout
