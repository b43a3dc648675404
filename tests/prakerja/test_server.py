"""The real server as `make run` starts it, seen from outside."""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.xdist_group("server")


class Server:
    """A process group with gunicorn in it, its log and a small client."""

    def __init__(self, folder, command, **variables):
        self.folder = folder
        self.log = folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.variables = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": "",
            "DEMO": "1",
            "PORT": str(self.port),
            "BIND": "",
        }
        self.variables |= variables
        self.command = [sys.executable, *command]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until_up()

    def wait_until_up(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                self.get("/healthz")
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        pytest.fail(f"the server did not start: {self.log.read_text()}")

    def request(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.body = answer.read()
        return answer

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def send(self, signal_number):
        os.killpg(self.process.pid, signal_number)
        self.process.wait(timeout=15)

    def is_gone(self):
        """Say whether every process that was started has ended, within 5 seconds."""
        for _ in range(50):
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.1)
        return False

    def events(self):
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def stop(server):
    with contextlib.suppress(ProcessLookupError):
        server.send(signal.SIGKILL)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("site"), ["manage.py", "serve"])
    yield server
    stop(server)


@pytest.fixture
def another_start(site):
    """The same site started once more, on another port, with the same data."""
    server = Server(site.folder, ["manage.py", "serve"])
    yield server
    stop(server)


@pytest.fixture
def without_database(site, tmp_path):
    """The site with a database that does not answer."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgres://prakerja@127.0.0.1:{closed.getsockname()[1]}/prakerja"
        server = Server(
            tmp_path,
            ["-m", "gunicorn", "prakerja.wsgi"],
            DATABASE_URL=url,
            STATIC_ROOT=str(site.folder / "static"),
        )
        yield server
        stop(server)


def static_address(site, name):
    manifest = json.loads((site.folder / "static/staticfiles.json").read_text())
    return f"/static/{manifest['paths'][name]}"


def log_in(site):
    """Log a demo person in; return the session's cookie."""
    form = site.get("/masuk/")
    csrf = re.search("csrf=([^;]+)", form.headers["Set-Cookie"])[1]
    fields = {
        "login": "siap@demo.test",
        "password": "prakerja-demo",
        "csrfmiddlewaretoken": csrf,
    }
    answer = site.request(
        "POST",
        "/masuk/",
        urlencode(fields),
        **{
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrf={csrf}",
        },
    )
    assert answer.status == 302, answer.body
    cookies = " ".join(answer.headers.get_all("Set-Cookie"))
    return "session=" + re.search("session=([^;]+)", cookies)[1]


def test_the_login_page_comes_with_its_stylesheet(site):
    page = site.get("/masuk/")
    address = re.search(rb'<link rel="stylesheet" href="([^"]+)"', page.body)[1]

    assert page.status == 200
    assert site.get(address.decode()).status == 200


def test_static_files_are_hashed_compressed_and_kept_for_good(site):
    address = static_address(site, "css/prakerja.css")

    answer = site.get(address, **{"Accept-Encoding": "gzip, br"})

    assert re.search(r"prakerja\.[0-9a-f]{12}\.css$", address)
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_admin_has_its_static_files(site):
    assert site.get(static_address(site, "admin/css/base.css")).status == 200


def test_a_page_is_compressed(site):
    answer = site.get("/", **{"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.body)


def test_a_part_of_a_video_can_be_asked_for(site):
    answer = site.get(static_address(site, "video/1.mp4"), Range="bytes=100-199")

    assert answer.status == 206
    assert len(answer.body) == 100
    assert answer.headers["Content-Range"].startswith("bytes 100-199/")
    assert answer.headers["Content-Type"] == "video/mp4"


def test_a_part_beyond_the_end_of_a_video_is_refused(site):
    answer = site.get(static_address(site, "video/1.mp4"), Range="bytes=99999999-")

    assert answer.status == 416


def test_captions_have_their_own_type(site):
    answer = site.get(static_address(site, "video/1.vtt"))

    assert answer.headers["Content-Type"].startswith("text/vtt")


def test_it_is_ready(site):
    assert site.get("/readyz").status == 200


def test_the_access_log_says_what_was_asked_and_not_by_whom(site):
    site.get(
        "/tidak-ada/8110123412341234/?nik=3273011204980001",
        **{
            "User-Agent": "Peramban-Sari",
            "Referer": "http://127.0.0.1/rahasia/",
            "X-Forwarded-For": "203.0.113.7",
            "X-Request-ID": "permintaan-77",
        },
    )
    site.get("/password-baru/3d-cx7-0a1b2c3d/", **{"X-Request-ID": "permintaan-78"})
    time.sleep(0.3)

    access = {
        event["request_id"]: event
        for event in site.events()
        if event["logger"] == "gunicorn.access"
    }
    event = access["permintaan-77"]
    assert event["path"] == "/tidak-ada/•••/"
    assert event["method"] == "GET"
    assert event["status"] == 404
    assert event["bytes"] > 0
    assert event["ms"] > 0
    assert access["permintaan-78"]["path"] == "/password-baru/•••/"
    for personal in [
        "8110123412341234", "3273011204980001", "Peramban-Sari", "rahasia",
        "203.0.113.7", "cx7-0a1b2c3d",
    ]:  # fmt: skip
        assert personal not in site.log.read_text()


def test_the_log_names_a_request_in_each_line_about_it(site):
    site.get("/tidak-ada-juga/", **{"X-Request-ID": "permintaan-79"})
    time.sleep(0.3)

    lines = [e["logger"] for e in site.events() if e["request_id"] == "permintaan-79"]
    assert lines == ["django.request", "gunicorn.access"]


def test_a_second_start_says_that_the_site_is_running(site):
    second = subprocess.run(
        site.command, check=False, cwd=ROOT, env=site.variables, capture_output=True
    )

    assert second.returncode == 0
    assert second.stdout.decode() == (
        f"The site is running already: http://127.0.0.1:{site.port}\n"
    )


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_that_was_started(another_start, signal_number):
    another_start.send(signal_number)

    assert another_start.is_gone()


def test_open_database_connections_do_not_hold_the_end_up(site, tmp_path):
    server = Server(
        tmp_path,
        ["-m", "gunicorn", "prakerja.wsgi"],
        DATABASE_URL=os.environ.get("DATABASE_URL", ""),
        STATIC_ROOT=str(site.folder / "static"),
    )
    for _ in range(8):
        server.get("/readyz")

    began = time.monotonic()
    server.send(signal.SIGTERM)

    assert server.is_gone()
    assert time.monotonic() - began < 4


def test_killed_outright_it_loses_nothing(site, another_start):
    session = log_in(another_start)

    another_start.send(signal.SIGKILL)

    assert another_start.is_gone()
    assert site.get("/dashboard/", Cookie=session).status == 200


def test_without_a_database_pages_say_to_come_back(without_database):
    for path in ["/", "/masuk/", "/dashboard/"]:
        answer = without_database.get(path, Cookie=f"session={'x' * 32}")

        assert answer.status == 503, path
        assert answer.headers["Retry-After"] == "30"
        assert "Situs sedang tidak bisa dibuka" in answer.body.decode()
        assert "Kode rujukan" in answer.body.decode()


def test_without_a_database_what_needs_none_still_works(site, without_database):
    stylesheet = static_address(site, "css/prakerja.css")

    assert without_database.get("/healthz").status == 200
    assert without_database.get(stylesheet).status == 200


def test_without_a_database_it_is_not_ready_and_says_which_part(without_database):
    answer = without_database.get("/readyz")

    assert answer.status == 503
    assert json.loads(answer.body) == {"database": False}
