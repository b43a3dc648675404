"""examples/: the client as its README says, against a running demo; its signatures."""

import json
import re
import subprocess
import sys
import time

import pytest

from examples import platform_client
from prakerja import demo_shop
from tests.prakerja.test_server import Server
from tests.serving import ROOT
from tests.trainings.signatures import signature

README = (ROOT / "examples" / "README.md").read_text()
SECRET = platform_client.DEMO_SECRET


def test_the_secret_of_the_demo_is_the_published_one():
    assert SECRET == demo_shop.SECRET
    assert SECRET in README
    assert demo_shop.SLUG in README


def test_the_signatures_of_the_readme_are_right():
    columns = [
        [cell.strip().strip("`") for cell in line.split("|")[2:4]]
        for line in README.splitlines()
        if re.match(r"\| (`webhook-(id|timestamp|signature)`|payload) \| `", line)
    ]
    examples = [row for row in columns if row[1]]
    ids, timestamps, payloads, signatures = examples

    for number in range(2):
        assert signatures[number] == signature(
            SECRET, ids[number], timestamps[number], payloads[number].encode()
        )


def test_the_client_uses_nothing_but_the_standard_library():
    source = (ROOT / "examples" / "platform_client.py").read_text()
    imported = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)

    assert set(imported) <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("changed", "is_genuine"),
    [
        ({}, True),
        ({"webhook-timestamp": "1632798301"}, False),
        ({"webhook-timestamp": "now"}, False),
        ({"webhook-id": "other"}, False),
        ({"webhook-signature": "v1,AAAA"}, False),
    ],
)
def test_the_client_knows_a_genuine_event(changed, is_genuine):
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1632798000",
        "webhook-signature": "v1,old "
        + signature(SECRET, "evt_1", "1632798000", b"{}"),
    }

    said = platform_client.is_from_prakerja(
        SECRET, headers | changed, b"{}", now=1632798300
    )

    assert said is is_genuine


@pytest.mark.xdist_group("server")
def test_the_client_buys_and_completes_a_training_against_the_demo(tmp_path):
    site = Server(tmp_path, ["manage.py", "serve"])
    try:
        number = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", CARD_NUMBER],
            cwd=ROOT,
            env=site.variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        client = subprocess.Popen(
            [
                *(sys.executable, "-I", "examples/platform_client.py"),
                *("--site", f"http://127.0.0.1:{site.port}"),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        grouped = " ".join(number[n : n + 4] for n in range(0, 16, 4))
        client.stdin.write(f"{grouped}\n")
        client.stdin.flush()
        code = newest_code(tmp_path / "sms")
        said, _ = client.communicate(f"{code}\nBudi Santoso\n", timeout=60)
    finally:
        site.send(15)

    assert client.returncode == 0, said
    assert re.search(r"Paid\. Voucher [A-Z2-9]{12}", said)
    assert "Finished: at_office" in said


CARD_NUMBER = (
    "from participants.models import Participant;"
    "print(Participant.objects.get(user__email='siap@demo.test').card_number)"
)


def newest_code(folder):
    """Wait for the SMS that the worker of the demo sends."""
    for _ in range(300):
        for path in folder.glob("*.json"):
            text = json.loads(path.read_text())["text"]
            return text.removeprefix("Kode OTP Prakerja: ")[:6]
        time.sleep(0.1)
    return pytest.fail("no SMS came")
