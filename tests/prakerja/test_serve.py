"""`manage.py serve`, up to the moment when gunicorn takes its place."""

import os
import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from participants.models import User
from prakerja import demo
from prakerja.management.commands import serve


@pytest.fixture
def started(monkeypatch, settings, tmp_path):
    """Catch what is started: "worker", then gunicorn's (command, environment)."""
    found = []
    settings.STATIC_ROOT = tmp_path / "static"
    monkeypatch.setattr(
        os,
        "execve",
        lambda path, command, variables: found.append((command, variables)),
    )
    monkeypatch.setattr(serve, "start_worker", lambda: found.append("worker"))
    # The connection is the test's own.
    monkeypatch.setattr(serve.connections, "close_all", lambda: None)
    return found


@pytest.fixture
def port(monkeypatch):
    """A port that nobody listens on, named by PORT."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    monkeypatch.setenv("PORT", str(number))
    return number


@pytest.mark.django_db
def test_it_prepares_the_site_and_hands_over_to_a_worker_and_gunicorn(
    started, port, settings, capsys
):
    call_command("serve")

    [worker, (command, variables)] = started
    assert worker == "worker"
    assert command[1:3] == ["-m", "gunicorn"]
    assert variables["BIND"] == f"127.0.0.1:{port}"
    assert Path(settings.STATIC_ROOT, "css/prakerja.css").exists()
    assert f"http://127.0.0.1:{port}" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_site_that_is_no_demo_gets_no_people(started, port, capsys):
    call_command("serve")

    assert not User.objects.exists()
    assert "@demo.test" not in capsys.readouterr().out


@pytest.mark.django_db
def test_a_demo_gets_its_people_and_says_who_may_log_in(
    started, port, settings, monkeypatch, capsys
):
    settings.DEMO = True
    monkeypatch.setattr(demo, "INVENTED_PEOPLE", 3)

    call_command("serve")

    told = capsys.readouterr().out
    assert "prakerja-demo" in told
    for login in demo.DEMO_LOGINS:
        assert login.email in told
        assert User.objects.filter(email=login.email).exists()


@pytest.mark.django_db
def test_unchanged_static_files_are_collected_once(started, port, monkeypatch):
    call_command("serve")
    collected = []
    monkeypatch.setattr(
        serve, "call_command", lambda name, **options: collected.append(name)
    )

    call_command("serve")

    assert "collectstatic" not in collected


def test_a_port_that_another_program_uses_is_named_with_a_way_out(monkeypatch, started):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(number))
        monkeypatch.setattr(serve, "is_our_site", lambda port: False)

        with pytest.raises(CommandError, match=f"Port {number} .* PORT={number + 1} "):
            call_command("serve")

    assert started == []


def test_a_silent_program_on_the_port_is_not_our_site(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))

        assert not serve.is_our_site(other.getsockname()[1])


@pytest.mark.parametrize("value", ["abc", "0", "-1", "65536", "80.5"])
def test_what_is_no_port_is_refused(monkeypatch, value):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(CommandError, match="is no port"):
        call_command("serve")


def test_a_port_that_may_not_be_used_is_refused_with_the_reason(monkeypatch):
    def forbidden(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)

    with pytest.raises(CommandError, match="Port 80: Permission denied"):
        serve.is_free(80)
